/**
 * Capture filters, as pcap-filter(7) describes them: `not` binds closest; `and` and `or` bind the same and are taken from the left,
 * so `a or b and c` is `(a or b) and c`.
 */

import type { Direction, FilterCondition } from './filter-condition.ts'
import { ETHER_TYPES, PROTOCOL_FAMILIES, PROTOCOL_NUMBERS } from './filter-names.ts'
import { beginsIdentity, parseIdentity, type Qualifiers } from './identity-parser.ts'
import { type TokenReader, tokenReader } from './token-reader.ts'
import { parseComparison, parseNumber } from './value-parser.ts'

const PROTOCOL_WORDS: ReadonlySet<string> = new Set([
  'ether',
  'link',
  ...ETHER_TYPES.keys(),
  ...PROTOCOL_FAMILIES.keys(),
])
const TYPE_WORDS = ['host', 'net', 'port', 'portrange', 'proto'] as const
const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ['src', 'source'],
  ['dst', 'destination'],
])
const MAX_VLAN = 4095
const MAX_SESSION = 65535

/** What is known of the names before; null where a name without qualifiers cannot stand. */
interface Inherited {
  qualifiers: Qualifiers | null
}

const parseDirection = (reader: TokenReader): Direction | null => {
  const first = reader.accept('src', 'dst')
  if (first === null) return null
  const second =
    DIRECTIONS.has(reader.following.text) && reader.following.text !== first.text
      ? reader.accept('or', 'and', '||', '&&')
      : null
  if (second === null) return DIRECTIONS.get(first.text) ?? null
  reader.accept('src', 'dst')
  return second.text === 'or' || second.text === '||' ? 'either' : 'both'
}

/** Names with the same qualifiers: one, or several in parentheses. */
const parseNames = (reader: TokenReader, qualifiers: Qualifiers): FilterCondition => {
  if (reader.accept('not', '!')) return { kind: 'not', of: reader.nested(() => parseNames(reader, qualifiers)) }
  if (!reader.accept('(')) return parseIdentity(reader, qualifiers)
  let left = reader.nested(() => parseNames(reader, qualifiers))
  for (;;) {
    const word = reader.accept('and', '&&', 'or', '||')
    if (word === null) break
    const kind = word.text === 'and' || word.text === '&&' ? 'and' : 'or'
    left = { kind, left, right: reader.nested(() => parseNames(reader, qualifiers)) }
  }
  if (!reader.accept(')')) throw reader.error('")" is expected here')
  return left
}

/** `ip`, `tcp`, … by itself. */
const protocolTest = (word: string, column: number): FilterCondition | null => {
  const etherType = ETHER_TYPES.get(word)
  if (etherType !== undefined) return { kind: 'ether-type', column, etherType }
  const family = PROTOCOL_FAMILIES.get(word)
  const protocol = PROTOCOL_NUMBERS.get(word)
  return family === undefined || protocol === undefined ? null : { kind: 'ip-protocol', column, family, protocol }
}

const BROADCAST = new Uint8Array(6).fill(255)

const parseCast = (reader: TokenReader, protocol: string | null, column: number): FilterCondition | null => {
  const word = reader.accept('broadcast', 'multicast')?.text
  if (word === undefined) return null
  if (protocol === null || protocol === 'ether') {
    return word === 'multicast'
      ? { kind: 'multicast', of: 'ether', column }
      : { kind: 'mac', direction: 'destination', address: BROADCAST, column }
  }
  if (protocol === 'ip6' && word === 'multicast') return { kind: 'multicast', of: 'ip6', column }
  if (protocol !== 'ip') throw reader.error(`"${protocol}" has no ${word}`, column)
  return word === 'multicast' ? { kind: 'multicast', of: 'ip', column } : { kind: 'ip-broadcast', column }
}

/** What begins with qualifiers: a protocol, a direction, a type. */
const parseQualified = (reader: TokenReader, inherited: Inherited): FilterCondition => {
  const { column } = reader.current
  const word = PROTOCOL_WORDS.has(reader.current.text) ? reader.accept(reader.current.text)?.text : undefined
  const protocol = word === undefined ? null : word === 'link' ? 'ether' : word
  const cast = parseCast(reader, protocol, column)
  if (cast !== null) return cast
  const direction = parseDirection(reader)
  const typeWord = reader.accept(...TYPE_WORDS)?.text
  const type = TYPE_WORDS.find((each) => each === typeWord)
  if (type === undefined && direction === null) {
    const alone = protocol === null ? null : protocolTest(protocol, column)
    if (alone === null) throw reader.error('this is no test that we know')
    return alone
  }
  if (type === 'proto' && direction !== null) throw reader.error('a protocol has no direction', column)
  inherited.qualifiers = { protocol, direction: direction ?? 'either', type: type ?? 'host' }
  return parseNames(reader, inherited.qualifiers)
}

/** A number of up to `most` behind `vlan` or `pppoes`, if there is one. */
const parseTag = (reader: TokenReader, most: number): number | null => {
  const token = reader.current
  const id = parseNumber(reader)
  if (id !== null && id > most) throw reader.error(`it ends at ${most}`, token)
  return id
}

/** Tests of a single word and perhaps a number. */
const parseKeyword = (reader: TokenReader): FilterCondition | null => {
  const { column, text } = reader.current
  if (!reader.accept('vlan', 'pppoes', 'less', 'greater', 'inbound', 'outbound')) return null
  if (text === 'vlan') return { kind: 'vlan', column, id: parseTag(reader, MAX_VLAN) }
  if (text === 'pppoes') return { kind: 'pppoe-session', column, id: parseTag(reader, MAX_SESSION) }
  if (text === 'outbound') return { kind: 'outbound', column }
  if (text === 'inbound') return { kind: 'not', of: { kind: 'outbound', column } }
  const value = parseNumber(reader)
  if (value === null) throw reader.error('a length is expected here')
  const comparison = text === 'less' ? '<=' : '>='
  return { kind: 'compare', column, comparison, left: { kind: 'length' }, right: { kind: 'number', value } }
}

const parseTerm = (reader: TokenReader, inherited: Inherited): FilterCondition => {
  if (reader.accept('not', '!')) return { kind: 'not', of: reader.nested(() => parseTerm(reader, inherited)) }
  const { column, kind } = reader.current
  const compared = parseComparison(reader)
  if (compared !== null) {
    inherited.qualifiers = null
    return { kind: 'compare', column, ...compared }
  }
  if (inherited.qualifiers !== null && beginsIdentity(reader, inherited.qualifiers)) {
    return parseIdentity(reader, inherited.qualifiers)
  }
  if (reader.accept('(')) {
    const inner = reader.nested(() => parseAll(reader, inherited))
    if (!reader.accept(')')) throw reader.error('"and", "or" or ")" is expected here')
    inherited.qualifiers = null
    return inner
  }
  inherited.qualifiers = null
  const keyword = parseKeyword(reader)
  if (keyword !== null) return keyword
  if (kind === 'ipv4' || kind === 'ipv6') {
    inherited.qualifiers = { protocol: null, direction: 'either', type: 'host' }
    return parseIdentity(reader, inherited.qualifiers)
  }
  if (kind === 'number') throw reader.error('write what the number is, like: port 22')
  return parseQualified(reader, inherited)
}

const parseAll = (reader: TokenReader, inherited: Inherited): FilterCondition => {
  let left = parseTerm(reader, inherited)
  for (;;) {
    const word = reader.accept('and', '&&', 'or', '||')
    if (word === null) return left
    left = { kind: word.text === 'and' || word.text === '&&' ? 'and' : 'or', left, right: parseTerm(reader, inherited) }
  }
}

/** @throws InterplotError ERR_USAGE that points at what is not understood. */
export const parseFilter = (text: string): FilterCondition => {
  if (text.trim() === '') return { kind: 'everything' }
  const reader = tokenReader(text)
  const condition = parseAll(reader, { qualifiers: null })
  if (reader.acceptKind('end') === null) throw reader.error('"and" or "or" is expected here')
  return condition
}
