/**
 * Tracked connections as text: lines of /proc/net/nf_conntrack and of `conntrack -L` and `-E`, with or without `-o extended,id,timestamp`. A line tells the original direction,
 * then what replies look like, each with src=, dst=, ports and, where they are counted, packets= and bytes=.
 */

import type { TcpState } from '../../core/connection.ts'
import { type IpAddress, parseIp } from '../../core/ip.ts'
import {
  CONNTRACK_TCP_STATES,
  type ConntrackCount,
  type ConntrackEntry,
  type ConntrackTuple,
} from '../../link/conntrack-message.ts'
import { IP_PROTOCOL } from '../../wire/ipv4.ts'

const LINE_MAX = 1000
const TCP_STATES: ReadonlyMap<string, TcpState> = new Map(CONNTRACK_TCP_STATES)
/** `[1763750400.123456]`, of `-o timestamp`. */
const TIME = /^\[\d+\.\d+\]$/
const EVENT = /^\[(NEW|UPDATE|DESTROY)\]$/

export interface ConntrackLine {
  /** Of `conntrack -E`; null in a table. */
  event: 'new' | 'update' | 'destroy' | null
  entry: ConntrackEntry
}

interface Direction {
  tuple: ConntrackTuple
  count: ConntrackCount | null
}

type Fields = ReadonlyMap<string, string>

const whole = (text: string | undefined, most: number): number | null => {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : -1
  return value >= 0 && value <= most ? value : null
}

const addressIn = (fields: Fields, name: string): IpAddress | null => parseIp(fields.get(name) ?? '')

const directionOf = (fields: Fields): Direction | null => {
  const source = addressIn(fields, 'src')
  const destination = addressIn(fields, 'dst')
  if (source === null || destination === null || typeof source !== typeof destination) return null
  const sourcePort = whole(fields.get('sport') ?? '0', 65535)
  const destinationPort = whole(fields.get('dport') ?? '0', 65535)
  if (sourcePort === null || destinationPort === null) return null
  const packets = whole(fields.get('packets'), Number.MAX_SAFE_INTEGER)
  const bytes = whole(fields.get('bytes'), Number.MAX_SAFE_INTEGER)
  const count = packets === null || bytes === null ? null : { packets, bytes }
  return { tuple: { source, sourcePort, destination, destinationPort }, count }
}

/** Fields from one `src=` to the next; what stands before the first is in none. */
const directionsOf = (words: readonly string[]): Map<string, string>[] => {
  const directions: Map<string, string>[] = []
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 0) continue
    const name = word.slice(0, at)
    if (name === 'src') directions.push(new Map())
    directions.at(-1)?.set(name, word.slice(at + 1))
  }
  return directions
}

/** Name of the protocol and its number, `tcp 6`, behind `ipv4 2` where that is said. */
const protocolOf = (words: readonly string[]): { protocol: number; state: string | undefined } | null => {
  const at = words[0] === 'ipv4' || words[0] === 'ipv6' ? 2 : 0
  const protocol = whole(words[at + 1], 255)
  // Behind it the seconds that are left, which events that end something do not have.
  const afterTime = words.slice(at + 2).find((word) => !/^\d+$/.test(word))
  return protocol === null ? null : { protocol, state: afterTime }
}

/** Null for a line that is none of these. */
export const readConntrackLine = (line: string): ConntrackLine | null => {
  if (line.length > LINE_MAX) return null
  const words = line.split(/\s+/).filter((word) => word !== '' && !TIME.test(word))
  const [, event] = EVENT.exec(words[0] ?? '') ?? []
  if (event !== undefined) words.shift()
  const named = protocolOf(words)
  const directions = directionsOf(words)
  if (named === null || directions.length !== 2) return null
  const original = directionOf(directions[0]!)
  const reply = directionOf(directions[1]!)
  if (original === null || reply === null) return null
  const { protocol, state } = named
  const [last = ''] = words.slice(-1)
  const entry: ConntrackEntry = {
    // An identifier of ICMP has the same name, and is never the last word of a line that says how often the entry is used.
    kernelId: last.startsWith('id=') && directions[1]!.has('use') ? whole(last.slice(3), 2 ** 32 - 1) : null,
    protocol,
    original: original.tuple,
    reply: reply.tuple,
    tcpState: protocol === IP_PROTOCOL.tcp ? (TCP_STATES.get(state ?? '') ?? 'unknown') : null,
    originalCount: original.count,
    replyCount: reply.count,
    startUs: null,
  }
  return { event: event === undefined ? null : (event.toLowerCase() as ConntrackLine['event']), entry }
}
