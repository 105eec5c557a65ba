/**
 * The capture filter as a kernel program, so that foreign packets cost nothing; capture-filter.ts decides the same in
 * plain code. The program sees packets that begin with their IPv4 header: the receive socket is of the SOCK_DGRAM
 * kind, whose filter runs after the kernel has taken off the Ethernet header and any VLAN tag, so the same program serves
 * Ethernet, tunnels and loopback.
 *
 * Passed: IPv4 to one of `destinations`, ICMP always when wanted, TCP and UDP to our ports, and their later fragments, which have
 * no ports to look at: whoever reads them can only count them. Offsets: RFC 791 section 3.1, RFC 9293, RFC 768.
 */

import { InterplotError } from '../core/errors.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { BPF, type BpfInstruction, bpfAssembler } from './bpf-assembler.ts'
import type { CaptureFilter } from './contract.ts'

const FRAGMENT_OFFSET_BITS = 0x1fff
/** From the start of a TCP or UDP header. */
const DESTINATION_PORT_AT = 2
const MAX_PORT = 65535
/** More are let through as one span of addresses; whoever reads them looks again. */
const MAX_DESTINATIONS = 64

/** @throws InterplotError ERR_INTERNAL for a filter that can pass nothing. */
const check = ({ destinations, protocols, ports }: CaptureFilter): void => {
  if (destinations.length === 0) throw new InterplotError('ERR_INTERNAL', 'a capture filter without destinations')
  if (protocols.length === 0) throw new InterplotError('ERR_INTERNAL', 'a capture filter without protocols')
  if (ports !== undefined && (ports.first < 0 || ports.last > MAX_PORT || ports.first > ports.last)) {
    throw new InterplotError('ERR_INTERNAL', `a capture filter for the ports ${ports.first} to ${ports.last}`)
  }
}

/** The kernel program; it keeps the first `snapBytes` of what passes. */
export const captureProgram = (filter: CaptureFilter, snapBytes: number): BpfInstruction[] => {
  check(filter)
  const { destinations, protocols, ports } = filter
  const program = bpfAssembler()
  program.emit(BPF.loadWord, IPV4_OFFSET.destination)
  if (destinations.length <= MAX_DESTINATIONS) {
    for (const destination of destinations) program.jump(BPF.jumpEqual, destination, { onTrue: 'ours' })
    program.jump(BPF.jumpGreaterOrEqual, 0, { onTrue: 'drop' })
  } else {
    program.jump(BPF.jumpGreaterOrEqual, Math.min(...destinations), { onFalse: 'drop' })
    program.jump(BPF.jumpGreater, Math.max(...destinations), { onTrue: 'drop' })
  }
  program.label('ours')
  program.emit(BPF.loadByte, IPV4_OFFSET.protocol)
  for (const protocol of protocols) {
    const hasPorts = protocol !== 'icmp' && ports !== undefined
    program.jump(BPF.jumpEqual, IP_PROTOCOL[protocol], { onTrue: hasPorts ? 'ports' : 'keep' })
  }
  program.jump(BPF.jumpGreaterOrEqual, 0, { onTrue: 'drop' })
  program.label('ports')
  if (ports !== undefined) {
    program.emit(BPF.loadHalf, IPV4_OFFSET.flagsFragment)
    program.jump(BPF.jumpBitsSet, FRAGMENT_OFFSET_BITS, { onTrue: 'keep' })
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
