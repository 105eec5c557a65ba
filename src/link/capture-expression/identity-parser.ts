/**
 * What a capture filter names: hosts, networks, ports, protocols. Qualifiers before a name say what it is; where a name has none, those of the name before it count
 * (`port 22 or 80`). Source: pcap-filter(7).
 */

import { parseIpv4, parseIpv6 } from '../../core/ip.ts'
import type { Direction, FilterTest } from './filter-condition.ts'
import { ETHER_TYPES, PORT_NAMES, PROTOCOL_NUMBERS } from './filter-names.ts'
import type { FilterToken } from './filter-tokens.ts'
import type { TokenReader } from './token-reader.ts'
import { parseNumber } from './value-parser.ts'

export interface Qualifiers {
  /** `tcp`, `ether`, …; null when none was said. */
  protocol: string | null
  direction: Direction
  type: 'host' | 'net' | 'port' | 'portrange' | 'proto'
}

const ALL_BITS = 0xffff_ffff
const ALL_BITS6 = (1n << 128n) - 1n
const MAX_PORT = 65535
/** TCP, UDP, SCTP. */
const TRANSPORTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['tcp', [6]],
  ['udp', [17]],
  ['sctp', [132]],
])
const ALL_TRANSPORTS = [...TRANSPORTS.values()].flat()

/** Whether a name begins here, given what the names before it were. */
export const beginsIdentity = ({ current, following }: TokenReader, { type }: Qualifiers): boolean => {
  if (current.kind === 'word') {
    if (type === 'port' || type === 'portrange') return PORT_NAMES.has(current.text)
    return type === 'proto' && following.text !== '[' && PROTOCOL_NUMBERS.has(current.text)
  }
  return current.kind === 'number' || current.kind === 'ipv4' || current.kind === 'ipv6' || current.kind === 'mac'
}

const prefixMask = (bits: number): number => (bits === 0 ? 0 : (ALL_BITS << (32 - bits)) >>> 0)

const parsePrefixLength = (reader: TokenReader, most: number): number | null => {
  if (!reader.accept('/')) return null
  const at = reader.current
  const bits = parseNumber(reader)
  if (bits === null || bits > most) throw reader.error(`a prefix length of 0 to ${most} is expected here`, at)
  return bits
}

const placesOf = (reader: TokenReader, protocol: string | null, token: FilterToken): ('ip' | 'arp' | 'rarp')[] => {
  if (protocol === null) return ['ip', 'arp', 'rarp']
  if (protocol === 'ip' || protocol === 'arp' || protocol === 'rarp') return [protocol]
  if (protocol === 'ether') throw reader.error('a hardware address is expected here', token)
  throw reader.error(`"${protocol}" says nothing about hosts: write "${protocol} and host …"`, token)
}

const parseIpv6Name = (
  reader: TokenReader,
  token: FilterToken,
  { protocol, direction, type }: Qualifiers,
): FilterTest => {
  const address = parseIpv6(token.text)
  if (address === null) throw reader.error('this is no IPv6 address', token)
  if (protocol !== null && protocol !== 'ip6') throw reader.error(`"${protocol}" has no IPv6 addresses`, token)
  const bits = type === 'net' ? (parsePrefixLength(reader, 128) ?? 128) : 128
  const mask = ALL_BITS6 & (ALL_BITS6 << BigInt(128 - bits))
  if ((address & ~mask) !== 0n) throw reader.error('the address has bits outside its prefix', token)
  return { kind: 'ipv6', column: token.column, direction, address, mask }
}

/** `10`, `10.1`, `10.1.2` or `10.1.2.3`, and how many bits are said. */
const shortened = (text: string): { address: number; bits: number } | null => {
  const parts = text.split('.').map(Number)
  if (parts.length > 4 || parts.some((part) => !(part <= 255))) return null
  const address = [0, 1, 2, 3].reduce((value, index) => value * 256 + (parts[index] ?? 0), 0)
  return { address, bits: parts.length * 8 }
}

const parseNetMask = (reader: TokenReader, bits: number): number => {
  const length = parsePrefixLength(reader, 32)
  if (length !== null) return prefixMask(length)
  if (!reader.accept('mask')) return prefixMask(bits)
  const token = reader.current
  const mask = reader.acceptKind('ipv4', 'number') === null ? null : shortened(token.text)
  if (mask === null) throw reader.error('a mask is expected here', token)
  return mask.address
}

const parseIpv4Name = (
  reader: TokenReader,
  token: FilterToken,
  { protocol, direction, type }: Qualifiers,
): FilterTest => {
  const within = placesOf(reader, protocol, token)
  if (type === 'host') {
    const address = parseIpv4(token.text)
    if (address === null) throw reader.error('a whole address is expected here; for a part of one write "net"', token)
    return { kind: 'ipv4', column: token.column, within, direction, address, mask: ALL_BITS }
  }
  const net = shortened(token.text)
  if (net === null) throw reader.error('this is no IPv4 network', token)
  const mask = parseNetMask(reader, net.bits)
  if ((net.address & ~mask) !== 0) throw reader.error('the address has bits outside its mask', token)
  return { kind: 'ipv4', column: token.column, within, direction, address: net.address, mask }
}

const parseMacName = (
  reader: TokenReader,
  token: FilterToken,
  { protocol, direction, type }: Qualifiers,
): FilterTest => {
  if (protocol !== 'ether' || type !== 'host') throw reader.error('write "ether host" before a hardware address', token)
  const address = Uint8Array.from(token.text.split(/[:-]/), (part) => Number.parseInt(part, 16))
  return { kind: 'mac', column: token.column, direction, address }
}

const parsePort = (reader: TokenReader): number => {
  const token = reader.current
  const named = token.kind === 'word' ? PORT_NAMES.get(token.text) : undefined
  if (named !== undefined) reader.accept(token.text)
  const port = named ?? parseNumber(reader)
  if (port === null) throw reader.error('a port is expected here, as a number: few names are known', token)
  if (port > MAX_PORT) throw reader.error('ports end at 65535', token)
  return port
}

const parsePorts = (reader: TokenReader, { protocol, direction, type }: Qualifiers): FilterTest => {
  const token = reader.current
  const transports = protocol === null ? ALL_TRANSPORTS : TRANSPORTS.get(protocol)
  if (transports === undefined) throw reader.error(`"${protocol}" has no ports`, token)
  const from = parsePort(reader)
  let to = from
  if (type === 'portrange') {
    if (!reader.accept('-')) throw reader.error('a range like 6000-6008 is expected here', token)
    to = parsePort(reader)
  }
  const [first, last] = from < to ? [from, to] : [to, from]
  return { kind: 'ports', column: token.column, transports, direction, first, last }
}

/** Whose header of 802.2 would have to be looked at. */
const NOT_PLAIN_TYPES: ReadonlySet<number> = new Set([0x809b, 0x80f3, 0x8137])

const parseEtherType = (reader: TokenReader, token: FilterToken): FilterTest => {
  const named = token.kind === 'word' ? ETHER_TYPES.get(token.text) : undefined
  if (named !== undefined) reader.accept(token.text)
  const etherType = named ?? parseNumber(reader)
  if (etherType === null) throw reader.error('an EtherType is expected here, as a number', token)
  if (etherType <= 1500 || etherType > 0xffff || NOT_PLAIN_TYPES.has(etherType)) {
    throw reader.error('frames of 802.2 are not looked into', token)
  }
  return { kind: 'ether-type', column: token.column, etherType }
}

const parseProtocol = (reader: TokenReader, { protocol: of }: Qualifiers): FilterTest => {
  const token = reader.current
  if (of === 'ether') return parseEtherType(reader, token)
  if (of !== null && of !== 'ip' && of !== 'ip6') throw reader.error(`"${of}" carries no other protocols`, token)
  const named = token.kind === 'word' ? PROTOCOL_NUMBERS.get(token.text) : undefined
  if (named !== undefined) reader.accept(token.text)
  const protocol = named ?? parseNumber(reader)
  if (protocol === null || protocol > 255) throw reader.error('a protocol of 0 to 255 is expected here', token)
  return { kind: 'ip-protocol', column: token.column, family: of ?? 'both', protocol }
}

/** One name. @throws InterplotError ERR_USAGE */
export const parseIdentity = (reader: TokenReader, qualifiers: Qualifiers): FilterTest => {
  const { type } = qualifiers
  if (type === 'port' || type === 'portrange') return parsePorts(reader, qualifiers)
  if (type === 'proto') return parseProtocol(reader, qualifiers)
  const token = reader.current
  if (reader.acceptKind('mac')) return parseMacName(reader, token, qualifiers)
  if (reader.acceptKind('ipv6')) return parseIpv6Name(reader, token, qualifiers)
  if (reader.acceptKind('ipv4', 'number')) return parseIpv4Name(reader, token, qualifiers)
  throw token.kind === 'word'
    ? reader.error('names of hosts are not looked up: give the address', token)
    : reader.error('an address is expected here', token)
}
