/**
 * What people write for targets, as arguments and in files: `192.0.2.0/24`, `192.0.2.1-192.0.2.9`, `192.0.2.1`, a host
 * name. Files are zmap's: one item a line, `#` starts a comment, blank lines are fine. IPv6 items are kept apart,
 * because lists in the wild hold both families: there is nothing to scan in 2^64 addresses at random, but a trace has its target.
 */

import { InterplotError } from '../core/errors.ts'
import { type Ipv6, ipv4, parseIpv4, parseIpv6 } from '../core/ip.ts'
import type { AddressRange } from './cidr-set.ts'
import type { AddressRange6 } from './target-set6.ts'

export type TargetItem =
  | { kind: 'range'; range: AddressRange }
  | { kind: 'ipv6'; range: AddressRange6 }
  | { kind: 'host'; name: string }
  | { kind: 'invalid'; reason: string }

const HOST_NAME = /^(?=.{1,253}\.?$)(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/

const parsePrefix = (base: string, bitsText: string): TargetItem => {
  const address = parseIpv4(base)
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1
  if (address === null) return { kind: 'invalid', reason: `"${base}" is not an IPv4 address` }
  if (bits < 0 || bits > 32) return { kind: 'invalid', reason: `a prefix length is 0 to 32, not "${bitsText}"` }
  const size = 2 ** (32 - bits)
  const first = Math.floor(address / size) * size
  return { kind: 'range', range: { first: ipv4(first), last: ipv4(first + size - 1) } }
}

const parsePrefix6 = (base: string, bitsText: string): AddressRange6 | null => {
  const address = parseIpv6(base)
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1
  if (address === null || bits < 0 || bits > 128) return null
  const hostMask = (1n << BigInt(128 - bits)) - 1n
  return { first: (address & ~hostMask) as Ipv6, last: (address | hostMask) as Ipv6 }
}

/** Reads one item. Host bits below a prefix are ignored, as zmap does: 10.1.2.3/8 is 10.0.0.0/8. */
export const parseTargetItem = (text: string): TargetItem => {
  const slash = text.indexOf('/')
  const base = slash < 0 ? text : text.slice(0, slash)
  if (base.includes(':')) {
    const range = parsePrefix6(base, slash < 0 ? '128' : text.slice(slash + 1))
    return range === null
      ? { kind: 'invalid', reason: `"${text}" is not an IPv6 address or prefix` }
      : { kind: 'ipv6', range }
  }
  if (slash >= 0) return parsePrefix(base, text.slice(slash + 1))
  const address = parseIpv4(text)
  if (address !== null) return { kind: 'range', range: { first: address, last: address } }
  const [from, to, ...rest] = text.split('-')
  const first = parseIpv4(from!.trim())
  if (first !== null && to !== undefined && rest.length === 0) {
    const last = parseIpv4(to.trim())
    if (last === null) return { kind: 'invalid', reason: `"${to}" is not an IPv4 address` }
    if (last < first) return { kind: 'invalid', reason: `the range "${text}" ends before it begins` }
    return { kind: 'range', range: { first, last } }
  }
  if (/^[\d.]+$/.test(text)) return { kind: 'invalid', reason: `"${text}" is not an IPv4 address` }
  if (HOST_NAME.test(text)) return { kind: 'host', name: text }
  return { kind: 'invalid', reason: `"${text}" is neither an address, a prefix, a range nor a host name` }
}

export interface TargetList {
  ranges: AddressRange[]
  hostNames: string[]
  /** IPv6 items: what a scan passes over, and what an IPv6 trace must not reach in a blocklist. */
  ranges6: AddressRange6[]
  /** Lines that could not be read and were passed over, because that was asked for. */
  invalid: { line: number; reason: string }[]
}

const emptyList = (): TargetList => ({ ranges: [], hostNames: [], ranges6: [], invalid: [] })

/** Items given as arguments. @throws InterplotError ERR_TARGET for the first that is none. */
export const parseTargetArguments = (items: readonly string[]): TargetList => {
  const list = emptyList()
  for (const text of items) {
    const reason = addItem(list, text.trim())
    if (reason === null) continue
    throw new InterplotError('ERR_TARGET', reason, {
      advice: 'Targets look like 192.0.2.0/24, 192.0.2.1-192.0.2.9, 192.0.2.1 or example.com.',
    })
  }
  return list
}

/**
 * The text of an allowlist, blocklist or target file.
 * @param origin the file's name, for messages.
 * @param lenient true to pass over lines that can't be read.
 * @throws InterplotError ERR_INPUT_FILE with the line number of the first line that can't be read.
 */
export const parseTargetFile = (text: string, origin: string, lenient = false): TargetList => {
  const list = emptyList()
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const comment = line.indexOf('#')
    const item = (comment < 0 ? line : line.slice(0, comment)).trim()
    const reason = item === '' ? null : addItem(list, item)
    if (reason === null) continue
    if (!lenient) {
      throw new InterplotError('ERR_INPUT_FILE', `${origin}:${index + 1}: ${reason}`, {
        advice: 'Mend the line or put # before it; a scan passes over all such lines with --ignore-blocklist-errors.',
      })
    }
    list.invalid.push({ line: index + 1, reason })
  }
  return list
}

/** @returns why the item is none, or null. */
const addItem = (list: TargetList, text: string): string | null => {
  const item = parseTargetItem(text)
  if (item.kind === 'invalid') return item.reason
  if (item.kind === 'range') list.ranges.push(item.range)
  else if (item.kind === 'ipv6') list.ranges6.push(item.range)
  else list.hostNames.push(item.name)
  return null
}

/** `80,443,8000-8010` or `*` → sorted distinct ports. @throws InterplotError ERR_USAGE. */
export const parsePorts = (text: string): Uint16Array => {
  const ports = new Set<number>()
  const wrong = (part: string): never => {
    throw new InterplotError('ERR_USAGE', `"${part}" is not a port or a range of ports`, {
      advice: 'Write them like 80,443,8000-8010, or * for all.',
    })
  }
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '*') {
      for (let port = 0; port <= 65535; port += 1) ports.add(port)
      continue
    }
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
    if (match === null) return wrong(part)
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (first > last || last > 65535) return wrong(part)
    for (let port = first; port <= last; port += 1) ports.add(port)
  }
  return Uint16Array.from([...ports].sort((a, b) => a - b))
}
