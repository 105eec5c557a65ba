/**
 * Values of capture filters: numbers, `len`, bytes of a packet, and what is worked out of them. Operators bind as in C. tcpdump gives `%` and `^`
 * no rank, so that what they take in depends on what follows; beside other operators they need parentheses here.
 */

import type { Comparison, FilterValue, Operation } from './filter-condition.ts'
import { BYTE_NAMES } from './filter-names.ts'
import type { TokenReader } from './token-reader.ts'

/** From what binds least. */
const RANKS: readonly (readonly Operation[])[] = [['|'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/']]
const UNRANKED: readonly Operation[] = ['%', '^']
const COMPARISONS = ['=', '==', '!=', '<', '<=', '>', '>=']
/** Protocols whose bytes can be asked for. */
const LOADED = new Set('ether link ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp pim vrrp'.split(' '))

/** Null, where a value has been begun and is none: `(` may begin a condition, too. */
type Parsed = FilterValue | null

const operationOf = (reader: TokenReader, operations: readonly Operation[]): Operation | null =>
  reader.current.kind === 'symbol' ? (operations.find((each) => each === reader.current.text) ?? null) : null

const parseLoad = (reader: TokenReader): Parsed => {
  const { text, column } = reader.current
  if (!LOADED.has(text) || reader.following.text !== '[') return null
  reader.accept(text)
  reader.accept('[')
  const index = reader.nested(() => parseValue(reader))
  if (index === null) throw reader.error('an offset is expected here')
  let loadBytes: 1 | 2 | 4 = 1
  if (reader.accept(':')) {
    const size = reader.acceptKind('number')
    if (size?.text !== '1' && size?.text !== '2' && size?.text !== '4')
      throw reader.error('a size is 1, 2 or 4', column)
    loadBytes = size.text === '1' ? 1 : size.text === '2' ? 2 : 4
  }
  if (!reader.accept(']')) throw reader.error('"]" is expected here')
  return { kind: 'load', protocol: text === 'link' ? 'ether' : text, index, loadBytes, column }
}

/** @throws InterplotError ERR_USAGE for more than 32 bits. */
export const parseNumber = (reader: TokenReader): number | null => {
  const token = reader.acceptKind('number')
  if (token === null) return null
  const isOctal = /^0\d/.test(token.text)
  const value = isOctal ? Number.parseInt(token.text, 8) : Number(token.text)
  if (!(value <= 0xffff_ffff)) throw reader.error('a number has 32 bits', token)
  return value
}

const parseFactor = (reader: TokenReader): Parsed => {
  const number = parseNumber(reader)
  if (number !== null) return { kind: 'number', value: number }
  if (reader.accept('len')) return { kind: 'length' }
  const named = reader.current.kind === 'word' ? BYTE_NAMES.get(reader.current.text) : undefined
  if (named !== undefined) {
    reader.accept(reader.current.text)
    return { kind: 'number', value: named }
  }
  if (reader.accept('-')) {
    const of = reader.nested(() => parseFactor(reader))
    return of === null ? null : { kind: 'negative', of }
  }
  if (reader.accept('(')) {
    const inner = reader.nested(() => parseValue(reader))
    return inner !== null && reader.accept(')') ? inner : null
  }
  return parseLoad(reader)
}

const parseRank = (reader: TokenReader, rank: number): Parsed => {
  const operations = RANKS[rank]
  if (operations === undefined) return parseFactor(reader)
  let left = parseRank(reader, rank + 1)
  for (;;) {
    const operation = left === null ? null : operationOf(reader, operations)
    if (operation === null || left === null) return left
    const { column } = reader.current
    reader.accept(operation)
    const right = parseRank(reader, rank + 1)
    if (right === null) return null
    left = { kind: 'operation', operation, left, right, column }
  }
}

const parseValue = (reader: TokenReader): Parsed => {
  const left = parseRank(reader, 0)
  const operation = left === null ? null : operationOf(reader, UNRANKED)
  if (left === null || operation === null) return left
  const { column } = reader.current
  reader.accept(operation)
  const right = parseFactor(reader)
  if (right === null) return null
  const next = operationOf(reader, [...RANKS.flat(), ...UNRANKED])
  if (left.kind === 'operation' || next !== null) {
    throw reader.error(`"${operation}" beside other operators needs parentheses`, column)
  }
  return { kind: 'operation', operation, left, right, column }
}

/** `value comparison value`, or null when that is not what stands here. */
export const parseComparison = (
  reader: TokenReader,
): { comparison: Comparison; left: FilterValue; right: FilterValue } | null =>
  reader.attempt(() => {
    const left = parseValue(reader)
    if (left === null || !COMPARISONS.includes(reader.current.text)) return null
    const text = reader.accept(...COMPARISONS)?.text
    const right = parseValue(reader)
    if (right === null) throw reader.error('a value is expected here')
    return { comparison: text === '==' ? '=' : (text as Comparison), left, right }
  })
