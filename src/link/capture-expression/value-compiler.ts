/**
 * Byte expressions of capture filters. What they load from is checked first: `tcp[13]` holds for no packet that is not the first fragment of TCP
 * over IPv4 (IPv6 has no fixed place for it). Then they are worked out, with the machine's scratch words as a stack.
 * libpcap forgets that check for what stands to the right of an arithmetic operator; we do not.
 */

import { BPF } from '../bpf-assembler.ts'
import type { Comparison, FilterTest, FilterValue, Operation } from './filter-condition.ts'
import { PROTOCOL_NUMBERS } from './filter-names.ts'
import {
  ETHER_TYPE_OF,
  type FilterWriter,
  INDEXED_LOADS,
  LOADS,
  passFirstFragments,
  refusedTest,
  testEtherType,
  testField,
  testIpv4Protocol,
  type Ways,
} from './filter-writer.ts'

const SCRATCH_WORDS = 16
const MAX_SHIFT = 31
const BEHIND_IPV6 = 40
const NEXT_HEADER_AT = 6
const ICMP6 = 58

const OPERATIONS: Readonly<Record<Operation, number>> = {
  '+': BPF.add,
  '-': BPF.subtract,
  '*': BPF.multiply,
  '/': BPF.divide,
  '%': BPF.remainder,
  '&': BPF.and,
  '|': BPF.or,
  '^': BPF.exclusiveOr,
  '<<': BPF.shiftLeft,
  '>>': BPF.shiftRight,
}

/** What a comparison is to the machine; `swapped` goes the other way. */
const COMPARISONS: Readonly<Record<Comparison, { code: number; swapped: boolean }>> = {
  '=': { code: BPF.jumpEqual, swapped: false },
  '!=': { code: BPF.jumpEqual, swapped: true },
  '>': { code: BPF.jumpGreater, swapped: false },
  '<=': { code: BPF.jumpGreater, swapped: true },
  '>=': { code: BPF.jumpGreaterOrEqual, swapped: false },
  '<': { code: BPF.jumpGreaterOrEqual, swapped: true },
}

type Load = Extract<FilterValue, { kind: 'load' }>

/** In the order in which they are written. */
const loadsOf = (value: FilterValue): Load[] => {
  if (value.kind === 'load') return [...loadsOf(value.index), value]
  if (value.kind === 'operation') return [...loadsOf(value.left), ...loadsOf(value.right)]
  return value.kind === 'negative' ? loadsOf(value.of) : []
}

const isNetworkProtocol = (protocol: string): protocol is keyof typeof ETHER_TYPE_OF => protocol in ETHER_TYPE_OF

/** Goes on for a packet that has such a header. */
const checkProtocol = (writer: FilterWriter, protocol: string, onFalse: string): void => {
  const { program } = writer
  if (protocol === 'ether') return
  const passed = writer.freshLabel()
  const ways = { onTrue: passed, onFalse }
  if (isNetworkProtocol(protocol)) testEtherType(writer, ETHER_TYPE_OF[protocol], ways)
  else if (protocol === 'icmp6') {
    const isIp = writer.freshLabel()
    testEtherType(writer, ETHER_TYPE_OF.ip6, { onTrue: isIp, onFalse })
    program.label(isIp)
    testField(writer, 1, writer.layout.networkAt + NEXT_HEADER_AT, ICMP6, ways)
  } else testIpv4Protocol(writer, PROTOCOL_NUMBERS.get(protocol)!, ways)
  program.label(passed)
  if (!isNetworkProtocol(protocol) && protocol !== 'icmp6') passFirstFragments(writer, onFalse)
}

/** Where offsets of a protocol count from; for transports over IPv4 less the length of its header. */
const baseOf = ({ layout }: FilterWriter, protocol: string): number => {
  if (protocol === 'ether') return layout.linkAt
  return layout.networkAt + (protocol === 'icmp6' ? BEHIND_IPV6 : 0)
}

const followsIpv4 = (protocol: string): boolean =>
  protocol !== 'ether' && protocol !== 'icmp6' && !isNetworkProtocol(protocol)

const evaluateLoad = (writer: FilterWriter, { protocol, index, loadBytes, column }: Load, depth: number): void => {
  const { program } = writer
  const base = baseOf(writer, protocol)
  const constant = constantOf(writer, index)
  if (constant !== null) {
    // Negative numbers are those of the kernel's own loads; what is a little before a header can be meant.
    const at = base + (constant | 0)
    if (at < 0 || (protocol !== 'ether' && at > 0x7fff_ffff))
      throw refusedTest(writer, column, 'this is before the packet')
    if (followsIpv4(protocol)) {
      program.emit(BPF.loadIndexHeaderLength, writer.layout.networkAt)
      program.emit(INDEXED_LOADS[loadBytes], at)
    } else program.emit(LOADS[loadBytes], at)
    return
  }
  evaluate(writer, index, depth)
  if (followsIpv4(protocol)) {
    program.emit(BPF.loadIndexHeaderLength, writer.layout.networkAt)
    program.emit(BPF.add | BPF.byIndex, 0)
  }
  program.emit(BPF.toIndex, 0)
  program.emit(INDEXED_LOADS[loadBytes], base)
}

const compute = (operation: Operation, left: number, right: number): number => {
  if (operation === '+') return left + right
  if (operation === '-') return left - right
  if (operation === '*') return Math.imul(left, right)
  if (operation === '/') return Math.floor(left / right)
  if (operation === '%') return left % right
  if (operation === '&') return left & right
  if (operation === '|') return left | right
  if (operation === '^') return left ^ right
  return operation === '<<' ? left << right : left >>> right
}

/** The value as a number of 32 bits without a packet, or null when it takes one. */
const constantOf = (writer: FilterWriter, value: FilterValue): number | null => {
  if (value.kind === 'number') return value.value
  if (value.kind === 'negative') {
    const of = constantOf(writer, value.of)
    return of === null ? null : -of >>> 0
  }
  if (value.kind !== 'operation') return null
  const { operation, column } = value
  const right = constantOf(writer, value.right)
  if (right === 0 && (operation === '/' || operation === '%'))
    throw refusedTest(writer, column, 'nothing can be divided by 0')
  if (right !== null && right > MAX_SHIFT && (operation === '<<' || operation === '>>')) {
    throw refusedTest(writer, column, 'a number has 32 bits')
  }
  const left = constantOf(writer, value.left)
  return left === null || right === null ? null : compute(operation, left, right) >>> 0
}

/** Works out both, the left into A, the right into X. */
const evaluateBoth = (
  writer: FilterWriter,
  left: FilterValue,
  right: FilterValue,
  depth: number,
  column: number,
): void => {
  const { program } = writer
  if (depth >= SCRATCH_WORDS) throw refusedTest(writer, column, 'this is nested too deeply')
  evaluate(writer, left, depth)
  program.emit(BPF.store, depth)
  evaluate(writer, right, depth + 1)
  program.emit(BPF.toIndex, 0)
  program.emit(BPF.loadScratch, depth)
}

/** Works the value out into A. */
const evaluate = (writer: FilterWriter, value: FilterValue, depth: number): void => {
  const { program } = writer
  const constant = constantOf(writer, value)
  if (constant !== null) program.emit(BPF.loadValue, constant)
  else if (value.kind === 'length') program.emit(BPF.loadLength, 0)
  else if (value.kind === 'load') evaluateLoad(writer, value, depth)
  else if (value.kind === 'negative') {
    evaluate(writer, value.of, depth)
    program.emit(BPF.negate, 0)
  } else if (value.kind === 'operation') {
    const right = constantOf(writer, value.right)
    if (right === null) {
      evaluateBoth(writer, value.left, value.right, depth, value.column)
      program.emit(OPERATIONS[value.operation] | BPF.byIndex, 0)
    } else {
      evaluate(writer, value.left, depth)
      program.emit(OPERATIONS[value.operation], right)
    }
  }
}

export const testComparison = (
  writer: FilterWriter,
  { comparison, left, right, column }: Extract<FilterTest, { kind: 'compare' }>,
  ways: Ways,
): void => {
  for (const protocol of new Set([...loadsOf(left), ...loadsOf(right)].map((load) => load.protocol))) {
    checkProtocol(writer, protocol, ways.onFalse)
  }
  const { code, swapped } = COMPARISONS[comparison]
  const taken = swapped ? { onTrue: ways.onFalse, onFalse: ways.onTrue } : ways
  const constant = constantOf(writer, right)
  if (constant === null) {
    evaluateBoth(writer, left, right, 0, column)
    writer.program.jump(code | BPF.byIndex, 0, taken)
  } else {
    evaluate(writer, left, 0)
    writer.program.jump(code, constant, taken)
  }
}
