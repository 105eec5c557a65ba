/**
 * What the live map streams to its pages: server-sent events (WHATWG HTML, section 9.2) of the names below, each with one of
 * these types as JSON. Plain data: the page reads the same types. Times are microseconds since the Unix epoch.
 */

import type { Initiator } from '../../core/connection.ts'

export interface LiveHome {
  readonly latitude: number
  readonly longitude: number
  /** "Berlin, Germany", "from --home". */
  readonly label: string
}

/** Fields that nobody knows are null, never 0. What has no coordinates is listed and not on the map. */
export interface LivePlace {
  readonly latitude: number | null
  readonly longitude: number | null
  readonly city: string | null
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
  readonly country: string | null
  readonly asn: number | null
  readonly organization: string | null
  readonly accuracyKm: number | null
}

export interface LiveConnection {
  /** As in core/connection.ts: never used again within a run. */
  readonly id: number
  /** IANA number. */
  readonly protocol: number
  /** `https`, `ssh`; null where the port says nothing. */
  readonly service: string | null
  readonly local: string
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
  readonly name: string | null
  readonly process: string | null
  readonly initiator: Initiator
  /** `established`; null for what is not TCP. */
  readonly state: string | null
  readonly packetsOut: number
  readonly bytesOut: number
  readonly packetsIn: number
  readonly bytesIn: number
  readonly rttUs: number | null
  readonly firstUs: number
  readonly lastUs: number
  readonly place: LivePlace | null
}

/** What changes all the time: id, packets out, bytes out, packets in, bytes in, last seen. */
export type LiveCounts = readonly [
  id: number,
  packetsOut: number,
  bytesOut: number,
  packetsIn: number,
  bytesIn: number,
  lastUs: number,
]

export interface LiveTotals {
  readonly packets: number
  readonly bytes: number
  readonly packetsPerSecond: number
  readonly bitsPerSecond: number
  /** Connections that the source holds now: more than a page lists, maybe. */
  readonly flows: number
  /** Of those, how many have no place. */
  readonly unlocated: number
  /** Forgotten by the source, for want of room. */
  readonly evicted: number
  /** Packets that the kernel could not hand over. */
  readonly dropped: number
}

export interface LiveBan {
  /** Counts from 1; the map gives it out. */
  readonly id: number
  readonly act: 'ban' | 'unban' | 'attempt'
  /** `192.0.2.7`, `192.0.2.0/24`. */
  readonly address: string
  readonly jail: string
  /** The server that it happened on; null where nothing says. */
  readonly host: string | null
  readonly timeUs: number | null
  readonly place: LivePlace | null
}

export interface LiveBanTotals {
  readonly bans: number
  readonly unbans: number
  readonly attempts: number
  /** Events whose address has no place. */
  readonly unlocated: number
}

/** Event `snapshot`: everything, first and after every new start of a page's stream. */
export interface LiveSnapshot {
  readonly title: string
  /** What is watched, in words: `eth0`, `fail2ban.log`. */
  readonly sources: readonly string[]
  readonly attributions: readonly string[]
  readonly sinceUs: number
  readonly nowUs: number
  readonly home: LiveHome | null
  readonly connections: readonly LiveConnection[]
  /** Null until the source has said them. */
  readonly totals: LiveTotals | null
  /** The latest, oldest first. */
  readonly bans: readonly LiveBan[]
  readonly banTotals: LiveBanTotals | null
}

/** Event `changes`: what is different since the last one. Fields that are absent did not change. */
export interface LiveChanges {
  readonly nowUs: number
  readonly home?: LiveHome | null
  /** New ones, and those of which more than counts changed. */
  readonly connections?: readonly LiveConnection[]
  readonly counts?: readonly LiveCounts[]
  readonly ended?: readonly number[]
  /** No longer listed, for want of room; they go on. */
  readonly unlisted?: readonly number[]
  readonly totals?: LiveTotals
  readonly bans?: readonly LiveBan[]
  readonly banTotals?: LiveBanTotals
}

/** The program is there: sent when nothing else was for so long. */
export const BEAT_EVENT = 'beat'
export const BEAT_MS = 5_000

/** Is it on the map? */
export const isOnMap = (place: LivePlace | null): place is LivePlace & { latitude: number; longitude: number } =>
  place !== null && place.latitude !== null && place.longitude !== null
