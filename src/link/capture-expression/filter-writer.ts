/** What the parts of the filter compiler share: the program so far, names for places in it, and how packets begin from here on. */

import type { InterplotError } from '../../core/errors.ts'
import { BPF, type BpfAssembler } from '../bpf-assembler.ts'
import { filterError } from './filter-tokens.ts'
import type { PacketLayout } from './packet-form.ts'

/** Where a test goes on: labels that stand behind it. */
export interface Ways {
  onTrue: string
  onFalse: string
}

export interface FilterWriter {
  readonly program: BpfAssembler
  readonly text: string
  /** `vlan` and `pppoes` change it for everything to their right, as in libpcap. */
  layout: PacketLayout
  freshLabel(): string
}

export const filterWriter = (program: BpfAssembler, text: string, layout: PacketLayout): FilterWriter => {
  let labels = 0
  return {
    program,
    text,
    layout,
    freshLabel() {
      labels += 1
      return `place ${labels}`
    },
  }
}

export const LOADS = { 1: BPF.loadByte, 2: BPF.loadHalf, 4: BPF.loadWord } as const
export const INDEXED_LOADS = { 1: BPF.loadByteIndexed, 2: BPF.loadHalfIndexed, 4: BPF.loadWordIndexed } as const

/** Loads and compares, under a mask of 32 bits. */
export const testField = (
  { program }: FilterWriter,
  loadBytes: 1 | 2 | 4,
  at: number,
  value: number,
  ways: Ways,
  mask = 0xffff_ffff,
): void => {
  program.emit(LOADS[loadBytes], at)
  if (mask !== 0xffff_ffff) program.emit(BPF.and, mask)
  program.jump(BPF.jumpEqual, value, ways)
}

export const ETHER_TYPE_OF = { ip: 0x0800, arp: 0x0806, rarp: 0x8035, ip6: 0x86dd } as const

/** RFC 1332, RFC 5072: numbers of PPP; others are taken as they are, as libpcap does. */
const PPP_NUMBERS: ReadonlyMap<number, number> = new Map([
  [ETHER_TYPE_OF.ip, 0x21],
  [ETHER_TYPE_OF.ip6, 0x57],
])
/** Address families: of every system the same for IPv4; of Linux, NetBSD and OpenBSD, FreeBSD, and Darwin for IPv6. */
const FAMILIES: ReadonlyMap<number, readonly number[]> = new Map([
  [ETHER_TYPE_OF.ip, [2]],
  [ETHER_TYPE_OF.ip6, [10, 24, 28, 30]],
])
const VERSION_BITS = 0xf0
const VERSIONS: ReadonlyMap<number, number> = new Map([
  [ETHER_TYPE_OF.ip, 0x40],
  [ETHER_TYPE_OF.ip6, 0x60],
])

/** In the byte order of who wrote it, which the packet does not tell. */
const testFamilies = ({ program, layout }: FilterWriter, families: readonly number[], ways: Ways): void => {
  program.emit(BPF.loadWord, layout.typeAt)
  for (const family of families) {
    program.jump(BPF.jumpEqual, family, { onTrue: ways.onTrue })
    program.jump(BPF.jumpEqual, (family << 24) >>> 0, { onTrue: ways.onTrue })
  }
  program.goto(ways.onFalse)
}

/** Whether the packet is of a network protocol, by its EtherType. */
export const testEtherType = (writer: FilterWriter, etherType: number, ways: Ways): void => {
  const { told, typeAt } = writer.layout
  const version = VERSIONS.get(etherType)
  const families = FAMILIES.get(etherType)
  if (told === 'ether-type') testField(writer, 2, typeAt, etherType, ways)
  else if (told === 'ppp') testField(writer, 2, typeAt, PPP_NUMBERS.get(etherType) ?? etherType, ways)
  else if (told === 'version' && version !== undefined) testField(writer, 1, typeAt, version, ways, VERSION_BITS)
  else if (told === 'family' && families !== undefined) testFamilies(writer, families, ways)
  else {
    const only = told === 'ipv4' ? ETHER_TYPE_OF.ip : told === 'ipv6' ? ETHER_TYPE_OF.ip6 : null
    writer.program.goto(etherType === only ? ways.onTrue : ways.onFalse)
  }
}

/** ERR_USAGE, for what such packets do not have. */
export const refusedTest = ({ text }: FilterWriter, column: number, wrong: string, advice?: string): InterplotError =>
  filterError(text, column, wrong, advice)

/** IPv4's protocol, IPv6's next header, also behind a fragment header, as libpcap has it. */
const PROTOCOL_AT = 9
const NEXT_HEADER_AT = 6
const BEHIND_IPV6 = 40
const FRAGMENT_HEADER = 44

export const testIpv4Protocol = (writer: FilterWriter, protocol: number, ways: Ways): void => {
  const isIp = writer.freshLabel()
  testEtherType(writer, ETHER_TYPE_OF.ip, { ...ways, onTrue: isIp })
  writer.program.label(isIp)
  testField(writer, 1, writer.layout.networkAt + PROTOCOL_AT, protocol, ways)
}

export const testIpv6Protocol = (writer: FilterWriter, protocol: number, ways: Ways): void => {
  const { program, layout } = writer
  const [isIp, isFragment] = [writer.freshLabel(), writer.freshLabel()]
  testEtherType(writer, ETHER_TYPE_OF.ip6, { ...ways, onTrue: isIp })
  program.label(isIp)
  program.emit(BPF.loadByte, layout.networkAt + NEXT_HEADER_AT)
  program.jump(BPF.jumpEqual, protocol, { onTrue: ways.onTrue })
  program.jump(BPF.jumpEqual, FRAGMENT_HEADER, { ...ways, onTrue: isFragment })
  program.label(isFragment)
  testField(writer, 1, layout.networkAt + BEHIND_IPV6, protocol, ways)
}

const FRAGMENT_AT = 6
const FRAGMENT_OFFSET_BITS = 0x1fff

/** Goes to `onFalse` for a later fragment of IPv4, which has no header of the transport; else on. */
export const passFirstFragments = ({ program, layout }: FilterWriter, onFalse: string): void => {
  program.emit(BPF.loadHalf, layout.networkAt + FRAGMENT_AT)
  program.jump(BPF.jumpBitsSet, FRAGMENT_OFFSET_BITS, { onTrue: onFalse })
}
