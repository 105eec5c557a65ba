/**
 * The capture filter as a kernel program, so that foreign packets cost nothing; capture-filter.ts decides the same in
 * plain code. The program sees packets that begin with their IP header: the receive socket is of the SOCK_DGRAM
 * kind, whose filter runs after the kernel has taken off the Ethernet header and any VLAN tag, so the same program serves
 * Ethernet, tunnels and loopback.
 *
 * Passed: IPv4 to one of `destinations`, ICMP always when wanted, TCP and UDP to our ports, and their later fragments, which have
 * no ports to look at: whoever reads them can only count them. IPv6 the same, with what has an extension header let through:
 * a program without loops cannot walk a chain of them. Offsets: RFC 791 section 3.1, RFC 8200 section 3, RFC 9293, RFC 768.
 */

import { InterplotError } from '../core/errors.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_EXTENSIONS, IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { BPF, type BpfAssembler, type BpfInstruction, bpfAssembler } from './bpf-assembler.ts'
import { protocolNumber6 } from './capture-filter.ts'
import type { CaptureFilter } from './contract.ts'

const FRAGMENT_OFFSET_BITS = 0x1fff
/** From the start of a TCP or UDP header. */
const DESTINATION_PORT_AT = 2
const MAX_PORT = 65535
/** More are let through as one span of addresses; whoever reads them looks again. */
const MAX_DESTINATIONS = 64
/** IPv6 addresses take more instructions each; more are let through as one span up to the
 * first word in which they differ. */
const MAX_DESTINATIONS6 = 16
const ADDRESS_WORDS = 4
const WORD_BITS = 32

/** @throws InterplotError ERR_INTERNAL for a filter that can pass nothing. */
const check = ({ destinations, destinations6, protocols, ports }: CaptureFilter): void => {
  if ((destinations6 ?? destinations).length === 0)
    throw new InterplotError('ERR_INTERNAL', 'a capture filter without destinations')
  if (protocols.length === 0) throw new InterplotError('ERR_INTERNAL', 'a capture filter without protocols')
  if (ports !== undefined && (ports.first < 0 || ports.last > MAX_PORT || ports.first > ports.last)) {
    throw new InterplotError('ERR_INTERNAL', `a capture filter for the ports ${ports.first} to ${ports.last}`)
  }
}

const wordOf = (address: bigint, word: number): number =>
  Number((address >> BigInt((ADDRESS_WORDS - 1 - word) * WORD_BITS)) & 0xffff_ffffn)

/** Jumps to `ours` or to `drop`, or goes on behind it for ours. */
const emitDestinations6 = (program: BpfAssembler, destinations: readonly bigint[]): void => {
  const few = destinations.length <= MAX_DESTINATIONS6
  for (const [index, destination] of (few ? destinations : []).entries()) {
    for (let word = 0; word < ADDRESS_WORDS; word += 1) {
      program.emit(BPF.loadWord, IPV6_OFFSET.destination + word * 4)
      const next = index === destinations.length - 1 ? 'drop' : `address ${index + 1}`
      program.jump(BPF.jumpEqual, wordOf(destination, word), { onFalse: next })
    }
    program.jump(BPF.jumpGreaterOrEqual, 0, { onTrue: 'ours' })
    program.label(`address ${index + 1}`)
  }
  if (few) return
  for (let word = 0; word < ADDRESS_WORDS; word += 1) {
    const values = destinations.map((destination) => wordOf(destination, word))
    const [least, most] = [Math.min(...values), Math.max(...values)]
    program.emit(BPF.loadWord, IPV6_OFFSET.destination + word * 4)
    program.jump(BPF.jumpGreaterOrEqual, least, { onFalse: 'drop' })
    program.jump(BPF.jumpGreater, most, { onTrue: 'drop' })
    if (least !== most) break
  }
}

/** The port is in the accumulator. */
const dropOtherPorts = (program: BpfAssembler, { first, last }: NonNullable<CaptureFilter['ports']>): void => {
  program.jump(BPF.jumpGreaterOrEqual, first, { onFalse: 'drop' })
  program.jump(BPF.jumpGreater, last, { onTrue: 'drop' })
}

const endProgram = (program: BpfAssembler, snapBytes: number): BpfInstruction[] => {
  program.label('keep')
  program.emit(BPF.return, snapBytes)
  program.label('drop')
  program.emit(BPF.return, 0)
  return program.assemble()
}

/** The kernel program for packets that begin with an IPv6 header. */
const captureProgram6 = (filter: CaptureFilter, destinations: readonly bigint[], snapBytes: number) => {
  const { protocols, ports } = filter
  const program = bpfAssembler()
  emitDestinations6(program, destinations)
  program.label('ours')
  program.emit(BPF.loadByte, IPV6_OFFSET.nextHeader)
  for (const extension of IPV6_EXTENSIONS) program.jump(BPF.jumpEqual, extension, { onTrue: 'keep' })
  for (const protocol of protocols) {
    const hasPorts = protocol !== 'icmp' && ports !== undefined
    program.jump(BPF.jumpEqual, protocolNumber6(protocol), { onTrue: hasPorts ? 'ports' : 'keep' })
  }
  program.jump(BPF.jumpGreaterOrEqual, 0, { onTrue: 'drop' })
  program.label('ports')
  if (ports !== undefined) {
    program.emit(BPF.loadHalf, IPV6_HEADER_BYTES + DESTINATION_PORT_AT)
    dropOtherPorts(program, ports)
  }
  return endProgram(program, snapBytes)
}

/** The kernel program; it keeps the first `snapBytes` of what passes. */
export const captureProgram = (filter: CaptureFilter, snapBytes: number): BpfInstruction[] => {
  check(filter)
  const { destinations, destinations6, protocols, ports } = filter
  if (destinations6 !== undefined) return captureProgram6(filter, destinations6, snapBytes)
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
    dropOtherPorts(program, ports)
  }
  return endProgram(program, snapBytes)
}
