/**
 * Capture filters as classic BPF. Each test is written out by itself, in the order of the text, and jumps to where it goes on. What
 * a packet has to have to be looked at closer is asked first, as libpcap does it: a load outside the packet rejects it whatever stands around the test.
 */

import { BPF } from '../bpf-assembler.ts'
import type { Direction, FilterCondition, FilterTest } from './filter-condition.ts'
import {
  ETHER_TYPE_OF,
  type FilterWriter,
  LOADS,
  passFirstFragments,
  refusedTest,
  testEtherType,
  testField,
  testIpv4Protocol,
  testIpv6Protocol,
  type Ways,
} from './filter-writer.ts'
import { ANCILLARY_OFFSET, behindTag, withinSession } from './packet-form.ts'
import { testComparison } from './value-compiler.ts'

type TestOf<Kind extends FilterTest['kind']> = Extract<FilterTest, { kind: Kind }>
/** A test of the field at one of the two ends of a packet. */
type EndTest = (at: number, ways: Ways) => void

/** Offsets in the headers of each protocol that says addresses. */
const IPV4_ENDS = { ip: [12, 16], arp: [14, 24], rarp: [14, 24] } as const
const IPV6_ENDS = [8, 24] as const
const MAC_ENDS = [6, 0] as const
const PORT_ENDS = [0, 2] as const
const IPV6_DESTINATION_AT = 24
const IPV4_DESTINATION_AT = 16
const BEHIND_IPV6 = 40
const NEXT_HEADER_AT = 6
const PROTOCOL_AT = 9
const VLAN_TYPES = [0x8100, 0x88a8, 0x9100]
const VLAN_ID_BITS = 0x0fff
const PPPOE_SESSION_TYPE = 0x8864
const PACKET_OUTGOING = 4
const GIVE_ADDRESS = 'Give the address, like: dst host 192.0.2.255'
/** 224.0.0.0/4 and more, as libpcap has it; ff00::/8. */
const FIRST_MULTICAST = 224
const IPV6_MULTICAST = 255

const testEnds = (
  writer: FilterWriter,
  direction: Direction,
  [source, destination]: readonly [number, number],
  test: EndTest,
  ways: Ways,
): void => {
  if (direction === 'either' || direction === 'both') {
    const second = writer.freshLabel()
    test(source, direction === 'either' ? { ...ways, onFalse: second } : { ...ways, onTrue: second })
    writer.program.label(second)
  }
  test(direction === 'source' ? source : destination, ways)
}

/** Tests one after the other until one holds. */
const testAny = (writer: FilterWriter, tests: readonly ((ways: Ways) => void)[], { onTrue, onFalse }: Ways): void => {
  for (const [index, test] of tests.entries()) {
    const next = index === tests.length - 1 ? onFalse : writer.freshLabel()
    test({ onTrue, onFalse: next })
    if (next !== onFalse) writer.program.label(next)
  }
}

const testIpv4 = (writer: FilterWriter, { within, direction, address, mask }: TestOf<'ipv4'>, ways: Ways): void =>
  testAny(
    writer,
    within.map((protocol) => (its: Ways) => {
      const holds = writer.freshLabel()
      testEtherType(writer, ETHER_TYPE_OF[protocol], { ...its, onTrue: holds })
      writer.program.label(holds)
      const { networkAt } = writer.layout
      const test: EndTest = (at, end) => testField(writer, 4, networkAt + at, address >>> 0, end, mask >>> 0)
      testEnds(writer, direction, IPV4_ENDS[protocol], test, its)
    }),
    ways,
  )

const testIpv6 = (writer: FilterWriter, { direction, address, mask }: TestOf<'ipv6'>, ways: Ways): void => {
  const { program } = writer
  const isIp = writer.freshLabel()
  testEtherType(writer, ETHER_TYPE_OF.ip6, { ...ways, onTrue: isIp })
  program.label(isIp)
  const { networkAt } = writer.layout
  const wordOf = (value: bigint, word: number): number => Number((value >> BigInt(96 - word * 32)) & 0xffff_ffffn)
  const test: EndTest = (at, end) => {
    for (let word = 0; word < 4; word += 1) {
      const wordMask = wordOf(mask, word)
      if (wordMask === 0) break
      const next = writer.freshLabel()
      testField(writer, 4, networkAt + at + word * 4, wordOf(address, word), { ...end, onTrue: next }, wordMask)
      program.label(next)
    }
    program.goto(end.onTrue)
  }
  testEnds(writer, direction, IPV6_ENDS, test, ways)
}

const testMac = (writer: FilterWriter, { direction, address, column }: TestOf<'mac'>, ways: Ways): void => {
  const { linkAt, hasHardwareAddresses } = writer.layout
  if (!hasHardwareAddresses) throw refusedTest(writer, column, 'these packets have no hardware addresses')
  const view = new DataView(address.buffer, address.byteOffset)
  const test: EndTest = (at, end) => {
    const rest = writer.freshLabel()
    testField(writer, 4, linkAt + at + 2, view.getUint32(2), { ...end, onTrue: rest })
    writer.program.label(rest)
    testField(writer, 2, linkAt + at, view.getUint16(0), end)
  }
  testEnds(writer, direction, MAC_ENDS, test, ways)
}

const testPorts = (writer: FilterWriter, { transports, direction, first, last }: TestOf<'ports'>, ways: Ways): void => {
  const { program } = writer
  const isRange = first !== last
  const compare = (end: Ways): void => {
    if (isRange) program.jump(BPF.jumpGreaterOrEqual, first, { onFalse: end.onFalse })
    if (isRange) program.jump(BPF.jumpGreater, last, { onTrue: end.onFalse, onFalse: end.onTrue })
    else program.jump(BPF.jumpEqual, first, end)
  }
  const passTransports = (at: number): void => {
    const holds = writer.freshLabel()
    program.emit(BPF.loadByte, writer.layout.networkAt + at)
    for (const transport of transports) program.jump(BPF.jumpEqual, transport, { onTrue: holds })
    program.goto(ways.onFalse)
    program.label(holds)
  }
  const [isIpv6, isNot, isIpv4] = [writer.freshLabel(), writer.freshLabel(), writer.freshLabel()]
  const { networkAt } = writer.layout
  testEtherType(writer, ETHER_TYPE_OF.ip6, { onTrue: isIpv6, onFalse: isNot })
  program.label(isIpv6)
  passTransports(NEXT_HEADER_AT)
  const test6: EndTest = (at, end) => {
    program.emit(BPF.loadHalf, networkAt + BEHIND_IPV6 + at)
    compare(end)
  }
  testEnds(writer, direction, PORT_ENDS, test6, ways)
  program.label(isNot)
  testEtherType(writer, ETHER_TYPE_OF.ip, { onTrue: isIpv4, onFalse: ways.onFalse })
  program.label(isIpv4)
  passTransports(PROTOCOL_AT)
  passFirstFragments(writer, ways.onFalse)
  program.emit(BPF.loadIndexHeaderLength, networkAt)
  const test4: EndTest = (at, end) => {
    program.emit(BPF.loadHalfIndexed, networkAt + at)
    compare(end)
  }
  testEnds(writer, direction, PORT_ENDS, test4, ways)
}

const testVlan = (writer: FilterWriter, { id, column }: TestOf<'vlan'>, ways: Ways): void => {
  const { program, layout } = writer
  if (layout.vlan === null) throw refusedTest(writer, column, 'these packets have no VLAN tags')
  const holds = writer.freshLabel()
  const onTrue = id === null ? ways.onTrue : holds
  if (layout.vlan === 'kernel') testField(writer, 4, ANCILLARY_OFFSET.vlanTagPresent, 1, { ...ways, onTrue })
  else {
    program.emit(BPF.loadHalf, layout.typeAt)
    for (const type of VLAN_TYPES) program.jump(BPF.jumpEqual, type, { onTrue })
    program.goto(ways.onFalse)
  }
  program.label(holds)
  if (id !== null) {
    const [loadBytes, at] =
      layout.vlan === 'kernel' ? ([4, ANCILLARY_OFFSET.vlanTag] as const) : ([2, layout.networkAt] as const)
    testField(writer, loadBytes, at, id, ways, VLAN_ID_BITS)
  }
  writer.layout = behindTag(layout)
}

const testSession = (writer: FilterWriter, { id }: TestOf<'pppoe-session'>, ways: Ways): void => {
  const { program, layout } = writer
  const holds = writer.freshLabel()
  testEtherType(writer, PPPOE_SESSION_TYPE, { ...ways, onTrue: id === null ? ways.onTrue : holds })
  program.label(holds)
  if (id !== null) testField(writer, 4, layout.networkAt, id, ways, 0xffff)
  writer.layout = withinSession(layout)
}

const testMulticast = (writer: FilterWriter, { of, column }: TestOf<'multicast'>, ways: Ways): void => {
  const { program, layout } = writer
  if (of === 'ether') {
    if (!layout.hasHardwareAddresses) throw refusedTest(writer, column, 'these packets have no hardware addresses')
    program.emit(BPF.loadByte, layout.linkAt)
    program.jump(BPF.jumpBitsSet, 1, ways)
    return
  }
  const isIp = writer.freshLabel()
  testEtherType(writer, ETHER_TYPE_OF[of], { ...ways, onTrue: isIp })
  program.label(isIp)
  program.emit(BPF.loadByte, layout.networkAt + (of === 'ip' ? IPV4_DESTINATION_AT : IPV6_DESTINATION_AT))
  if (of === 'ip') program.jump(BPF.jumpGreaterOrEqual, FIRST_MULTICAST, ways)
  else program.jump(BPF.jumpEqual, IPV6_MULTICAST, ways)
}

const testOutbound = (writer: FilterWriter, { column }: TestOf<'outbound'>, ways: Ways): void => {
  const { outbound } = writer.layout
  if (outbound === null) throw refusedTest(writer, column, 'these packets do not tell which way they went')
  writer.program.emit(LOADS[outbound.loadBytes], outbound.at)
  writer.program.jump(BPF.jumpEqual, PACKET_OUTGOING, ways)
}

const testIpProtocol = (writer: FilterWriter, { family, protocol }: TestOf<'ip-protocol'>, ways: Ways): void => {
  const [v4, v6] = [testIpv4Protocol, testIpv6Protocol].map((test) => (its: Ways) => test(writer, protocol, its))
  testAny(writer, family === 'ip' ? [v4!] : family === 'ip6' ? [v6!] : [v4!, v6!], ways)
}

const writeTest = (writer: FilterWriter, test: FilterTest, ways: Ways): void => {
  if (test.kind === 'ether-type') testEtherType(writer, test.etherType, ways)
  else if (test.kind === 'ip-protocol') testIpProtocol(writer, test, ways)
  else if (test.kind === 'ipv4') testIpv4(writer, test, ways)
  else if (test.kind === 'ipv6') testIpv6(writer, test, ways)
  else if (test.kind === 'mac') testMac(writer, test, ways)
  else if (test.kind === 'ports') testPorts(writer, test, ways)
  else if (test.kind === 'vlan') testVlan(writer, test, ways)
  else if (test.kind === 'pppoe-session') testSession(writer, test, ways)
  else if (test.kind === 'multicast') testMulticast(writer, test, ways)
  else if (test.kind === 'outbound') testOutbound(writer, test, ways)
  else if (test.kind === 'compare') testComparison(writer, test, ways)
  else throw refusedTest(writer, test.column, 'which address is broadcast depends on a netmask', GIVE_ADDRESS)
}

/** Writes the condition; every way out of it is one of the two labels. */
export const writeCondition = (writer: FilterWriter, condition: FilterCondition, ways: Ways): void => {
  if (condition.kind === 'everything') writer.program.goto(ways.onTrue)
  else if (condition.kind === 'not') {
    writeCondition(writer, condition.of, { onTrue: ways.onFalse, onFalse: ways.onTrue })
  } else if ('left' in condition && condition.kind !== 'compare') {
    const right = writer.freshLabel()
    const its = condition.kind === 'and' ? { ...ways, onTrue: right } : { ...ways, onFalse: right }
    writeCondition(writer, condition.left, its)
    writer.program.label(right)
    writeCondition(writer, condition.right, ways)
  } else writeTest(writer, condition, ways)
}
