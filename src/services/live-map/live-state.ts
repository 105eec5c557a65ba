/**
 * What the live map shows now, and what changed since it was last asked. Bounded: so many connections are listed, and a newcomer
 * takes the room of one that has been quiet; the source's totals count them all.
 */

import type { LiveBanEvent } from './live-values.ts'
import type {
  LiveBan,
  LiveBanTotals,
  LiveChanges,
  LiveConnection,
  LiveCounts,
  LiveHome,
  LivePlace,
  LiveSnapshot,
  LiveTotals,
} from './protocol.ts'

export const CONNECTIONS_MAX = 5_000
export const BANS_MAX = 200
/** One that was heard of within this time keeps its room: pages would do nothing but exchange lines otherwise. */
const QUIET_US = 5_000_000

export type LiveTitle = Pick<LiveSnapshot, 'title' | 'sources' | 'attributions' | 'sinceUs'>

const countsOf = (c: LiveConnection): LiveCounts => [c.id, c.packetsOut, c.bytesOut, c.packetsIn, c.bytesIn, c.lastUs]

const isSamePlace = (a: LivePlace | null, b: LivePlace | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.latitude === b.latitude &&
    a.longitude === b.longitude &&
    a.city === b.city &&
    a.countryCode === b.countryCode &&
    a.asn === b.asn &&
    a.organization === b.organization)

/** Nothing but counts differs. */
const isSame = (a: LiveConnection, b: LiveConnection): boolean =>
  a.name === b.name &&
  isSamePlace(a.place, b.place) &&
  a.state === b.state &&
  a.rttUs === b.rttUs &&
  a.process === b.process &&
  a.service === b.service &&
  a.initiator === b.initiator &&
  a.firstUs === b.firstUs

export class LiveState {
  readonly #title: LiveTitle
  readonly #most: number
  #home: LiveHome | null
  /** The one that was heard of last is last. */
  readonly #connections = new Map<number, LiveConnection>()
  readonly #bans: LiveBan[] = []
  #banCount = 0
  #totals: LiveTotals | null = null
  #banTotals: LiveBanTotals | null = null
  /** Since the last `take`: listed ones as a whole, listed ones by counts, and those gone. */
  readonly #whole = new Set<number>()
  readonly #counted = new Set<number>()
  readonly #ended = new Set<number>()
  readonly #unlisted = new Set<number>()
  #newBans: LiveBan[] = []
  #homeChanged = false
  #totalsChanged = false
  #banTotalsChanged = false

  constructor(title: LiveTitle, home: LiveHome | null, most = CONNECTIONS_MAX) {
    this.#title = title
    this.#home = home
    this.#most = most
  }

  connections(changed: readonly LiveConnection[], ended: readonly number[], totals: LiveTotals): void {
    for (const connection of changed) this.#put(connection)
    for (const id of ended) {
      if (!this.#connections.delete(id)) continue
      this.#forget(id)
      this.#ended.add(id)
    }
    this.#totals = totals
    this.#totalsChanged = true
  }

  #put(connection: LiveConnection): void {
    const { id } = connection
    const known = this.#connections.get(id)
    if (known === undefined && !this.#makeRoom(connection)) return
    if (known === undefined || !isSame(known, connection)) this.#whole.add(id)
    else this.#counted.add(id)
    this.#ended.delete(id)
    this.#unlisted.delete(id)
    this.#connections.delete(id)
    this.#connections.set(id, connection)
  }

  #makeRoom({ lastUs }: LiveConnection): boolean {
    if (this.#connections.size < this.#most) return true
    const oldest: LiveConnection | undefined = this.#connections.values().next().value
    if (oldest === undefined || oldest.lastUs > lastUs - QUIET_US) return false
    this.#connections.delete(oldest.id)
    this.#forget(oldest.id)
    this.#unlisted.add(oldest.id)
    return true
  }

  #forget(id: number): void {
    this.#whole.delete(id)
    this.#counted.delete(id)
  }

  bans(events: readonly LiveBanEvent[], totals: LiveBanTotals): void {
    for (const event of events) {
      this.#banCount += 1
      const ban = { ...event, id: this.#banCount }
      this.#bans.push(ban)
      this.#newBans.push(ban)
    }
    if (this.#bans.length > BANS_MAX) this.#bans.splice(0, this.#bans.length - BANS_MAX)
    if (this.#newBans.length > BANS_MAX) this.#newBans = this.#newBans.slice(-BANS_MAX)
    this.#banTotals = totals
    this.#banTotalsChanged = true
  }

  setHome(home: LiveHome | null): void {
    this.#home = home
    this.#homeChanged = true
  }

  snapshot(nowUs: number): LiveSnapshot {
    return {
      ...this.#title,
      nowUs,
      home: this.#home,
      connections: [...this.#connections.values()],
      totals: this.#totals,
      bans: [...this.#bans],
      banTotals: this.#banTotals,
    }
  }

  /** What changed since the last time; null when nothing did. */
  take(nowUs: number): LiveChanges | null {
    const listed = (ids: Iterable<number>): LiveConnection[] =>
      [...ids].flatMap((id) => this.#connections.get(id) ?? [])
    const connections = listed(this.#whole)
    const counts = listed(this.#counted)
      .filter(({ id }) => !this.#whole.has(id))
      .map(countsOf)
    const changes: LiveChanges = {
      nowUs,
      ...(this.#homeChanged ? { home: this.#home } : {}),
      ...(connections.length > 0 ? { connections } : {}),
      ...(counts.length > 0 ? { counts } : {}),
      ...(this.#ended.size > 0 ? { ended: [...this.#ended] } : {}),
      ...(this.#unlisted.size > 0 ? { unlisted: [...this.#unlisted] } : {}),
      ...(this.#totalsChanged && this.#totals !== null ? { totals: this.#totals } : {}),
      ...(this.#newBans.length > 0 ? { bans: this.#newBans } : {}),
      ...(this.#banTotalsChanged && this.#banTotals !== null ? { banTotals: this.#banTotals } : {}),
    }
    for (const each of [this.#whole, this.#counted, this.#ended, this.#unlisted]) each.clear()
    this.#newBans = []
    this.#homeChanged = false
    this.#totalsChanged = false
    this.#banTotalsChanged = false
    return Object.keys(changes).length === 1 ? null : changes
  }
}
