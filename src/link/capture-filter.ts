/**
 * The capture filter, said twice: as a kernel program, so that foreign packets cost nothing, and as a predicate for links
 * that receive without a kernel filter. Both take a packet that begins with its IPv4 header: the receive socket is one of
 * the SOCK_DGRAM kind, whose filter runs after the kernel has taken off the Ethernet header and any VLAN tag, so the
 * same program serves Ethernet, tunnels and loopback.
 *
 * Passed: IPv4 to `destination`, whole packets and first fragments (later ones have no ports to check and cannot be
 * validated), ICMP always when wanted, TCP and UDP to our ports. Offsets: RFC 791 section 3.1, RFC 9293, RFC 768.
 */

import { InterplotError } from '../core/errors.ts'
import { BPF, type BpfInstruction, bpfAssembler } from './bpf-assembler.ts'
import type { CaptureFilter, IpProtocol } from './contract.ts'

const FRAGMENT_AT = 6
const FRAGMENT_OFFSET_BITS = 0x1fff
const PROTOCOL_AT = 9
const DESTINATION_AT = 16
/** From the start of a TCP or UDP header. */
const DESTINATION_PORT_AT = 2
const MIN_HEADER_BYTES = 20
const MAX_PORT = 65535

export const PROTOCOL_NUMBER: Readonly<Record<IpProtocol, number>> = { icmp: 1, tcp: 6, udp: 17 }

/** @throws InterplotError ERR_INTERNAL for a filter that can pass nothing. */
const check = ({ protocols, ports }: CaptureFilter): void => {
  if (protocols.length === 0) throw new InterplotError('ERR_INTERNAL', 'a capture filter without protocols')
  if (ports !== undefined && (ports.first < 0 || ports.last > MAX_PORT || ports.first > ports.last)) {
    throw new InterplotError('ERR_INTERNAL', `a capture filter for the ports ${ports.first} to ${ports.last}`)
  }
}

/** The kernel program; it keeps the first `snapBytes` of what passes. */
export const captureProgram = (filter: CaptureFilter, snapBytes: number): BpfInstruction[] => {
  check(filter)
  const { destination, protocols, ports } = filter
  const program = bpfAssembler()
  program.emit(BPF.loadWord, DESTINATION_AT)
  program.jump(BPF.jumpEqual, destination, { onFalse: 'drop' })
  program.emit(BPF.loadHalf, FRAGMENT_AT)
  program.jump(BPF.jumpBitsSet, FRAGMENT_OFFSET_BITS, { onTrue: 'drop' })
  program.emit(BPF.loadByte, PROTOCOL_AT)
  for (const protocol of protocols) {
    const hasPorts = protocol !== 'icmp' && ports !== undefined
    program.jump(BPF.jumpEqual, PROTOCOL_NUMBER[protocol], { onTrue: hasPorts ? 'ports' : 'keep' })
  }
  program.jump(BPF.jumpGreaterOrEqual, 0, { onTrue: 'drop' })
  program.label('ports')
  if (ports !== undefined) {
    program.emit(BPF.loadIndexHeaderLength, 0)
    program.emit(BPF.loadHalfIndexed, DESTINATION_PORT_AT)
    program.jump(BPF.jumpGreaterOrEqual, ports.first, { onFalse: 'drop' })
    program.jump(BPF.jumpGreater, ports.last, { onTrue: 'drop' })
  }
  program.label('keep')
  program.emit(BPF.return, snapBytes)
  program.label('drop')
  program.emit(BPF.return, 0)
  return program.assemble()
}

/**
 * The same decision in JavaScript, for one packet of `length` bytes at `bytes[offset]`.
 * @returns a predicate; packets too short for what the filter reads do not pass.
 */
export const capturePredicate = (
  filter: CaptureFilter,
): ((bytes: Uint8Array, offset: number, length: number) => boolean) => {
  check(filter)
  const { destination, ports } = filter
  const wanted = new Set(filter.protocols.map((protocol) => PROTOCOL_NUMBER[protocol]))
  return (bytes, offset, length) => {
    if (length < MIN_HEADER_BYTES) return false
    const at = (index: number): number => bytes[offset + index]!
    const half = (index: number): number => (at(index) << 8) | at(index + 1)
    const to = half(DESTINATION_AT) * 65536 + half(DESTINATION_AT + 2)
    const protocol = at(PROTOCOL_AT)
    if (to !== destination || (half(FRAGMENT_AT) & FRAGMENT_OFFSET_BITS) !== 0 || !wanted.has(protocol)) return false
    if (ports === undefined || protocol === PROTOCOL_NUMBER.icmp) return true
    const portAt = (at(0) & 15) * 4 + DESTINATION_PORT_AT
    if (length < portAt + 2) return false
    const port = half(portAt)
    return port >= ports.first && port <= ports.last
  }
}
