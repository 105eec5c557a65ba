/** What the page knows: the last snapshot with every change since. Knows no clock and no document. */

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
} from '../protocol.ts'
import { isOnMap } from '../protocol.ts'
import { makeSpot, type Row, type Spot, spotKey } from './spot.ts'

/** Bans that the page keeps. */
const BANS_MAX = 200
/** What was silent for so long has no rate. */
const SILENT_US = 5_000_000
/** A rate is a mean over the past, which counts the less the longer it is ago: after this time by 1/e. */
const MEAN_US = 3_000_000
/** The program has said nothing for so long: rates go down by the page's own clock. */
const QUIET_MS = 1_500
/** What left is shown for so long. */
export const FADE_MS = 4_000

export class LiveModel {
  readonly rows = new Map<number, Row>()
  readonly spots = new Map<string, Spot>()
  /** Oldest first. */
  bans: LiveBan[] = []
  /** Those that came since `takeNewBans`. */
  #newBans: LiveBan[] = []
  totals: LiveTotals | null = null
  banTotals: LiveBanTotals | null = null
  home: LiveHome | null = null
  nowUs = 0
  onMap = 0
  /** A snapshot holds what the next changes bring, too. */
  #lastBan = 0
  /** Of the page: when rates last went down. */
  #agedAtMs = 0

  reset(snapshot: LiveSnapshot): void {
    this.rows.clear()
    this.spots.clear()
    this.bans = []
    this.#newBans = []
    this.#lastBan = 0
    this.onMap = 0
    this.nowUs = snapshot.nowUs
    this.home = snapshot.home
    this.totals = snapshot.totals
    this.banTotals = snapshot.banTotals
    for (const connection of snapshot.connections) this.#put(connection, Number.NEGATIVE_INFINITY)
    for (const ban of snapshot.bans) this.#addBan(ban, Number.NEGATIVE_INFINITY)
  }

  /** @param nowMs of the page. */
  apply(changes: LiveChanges, nowMs: number): void {
    this.#age(changes.nowUs - this.nowUs)
    this.#agedAtMs = nowMs
    this.nowUs = changes.nowUs
    if (changes.home !== undefined) this.home = changes.home
    for (const connection of changes.connections ?? []) this.#put(connection, nowMs)
    for (const counts of changes.counts ?? []) this.#count(counts)
    for (const id of changes.ended ?? []) this.#remove(id, nowMs)
    for (const id of changes.unlisted ?? []) this.#remove(id, Number.NEGATIVE_INFINITY)
    for (const ban of changes.bans ?? []) {
      if (ban.id <= this.#lastBan) continue
      this.#addBan(ban, nowMs)
      this.#newBans.push(ban)
    }
    if (this.#newBans.length > BANS_MAX) this.#newBans = this.#newBans.slice(-BANS_MAX)
    this.totals = changes.totals ?? this.totals
    this.banTotals = changes.banTotals ?? this.banTotals
  }

  /** Forgets places that everybody left. @returns whether something still fades. */
  sweep(nowMs: number): boolean {
    if (nowMs - this.#agedAtMs > QUIET_MS) {
      this.#age((nowMs - this.#agedAtMs) * 1000)
      this.#agedAtMs = nowMs
    }
    let fading = false
    for (const [key, spot] of this.spots) {
      if (spot.leftAtMs === null) continue
      if (nowMs - spot.leftAtMs > FADE_MS) this.spots.delete(key)
      else fading = true
    }
    return fading
  }

  takeNewBans(): readonly LiveBan[] {
    const bans = this.#newBans
    this.#newBans = []
    return bans
  }

  #spotOf(place: LivePlace | null): Spot | null {
    if (!isOnMap(place)) return null
    const key = spotKey(place.latitude, place.longitude)
    const known = this.spots.get(key)
    if (known !== undefined) {
      known.leftAtMs = null
      return known
    }
    const spot = makeSpot(place, place.latitude, place.longitude)
    this.spots.set(key, spot)
    return spot
  }

  #put(connection: LiveConnection, nowMs: number): void {
    const known = this.rows.get(connection.id)
    if (known === undefined) {
      const spot = this.#spotOf(connection.place)
      const row: Row = { connection, rate: 0, silentUs: 0, spot }
      this.rows.set(connection.id, row)
      if (spot === null) return
      this.onMap += 1
      spot.rows.add(row)
      spot.flashedAtMs = Math.max(spot.flashedAtMs, nowMs)
      return
    }
    this.#measure(known, connection.bytesIn + connection.bytesOut)
    known.connection = connection
    const spot = this.#spotOf(connection.place)
    if (spot === known.spot) return
    this.#leave(known, nowMs)
    known.spot = spot
    if (spot === null) return
    this.onMap += 1
    spot.rows.add(known)
  }

  #count([id, packetsOut, bytesOut, packetsIn, bytesIn, lastUs]: LiveCounts): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    this.#measure(row, bytesIn + bytesOut)
    row.connection = { ...row.connection, packetsOut, bytesOut, packetsIn, bytesIn, lastUs }
  }

  #measure(row: Row, bytes: number): void {
    const { bytesIn, bytesOut } = row.connection
    row.rate += (Math.max(0, bytes - bytesIn - bytesOut) * 1e6) / MEAN_US
    row.silentUs = 0
  }

  /** All rates go down as time goes by. */
  #age(us: number): void {
    const factor = Math.exp(-Math.max(0, us) / MEAN_US)
    for (const row of this.rows.values()) {
      row.silentUs += us
      row.rate = row.silentUs > SILENT_US ? 0 : row.rate * factor
    }
  }

  #remove(id: number, nowMs: number): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    this.rows.delete(id)
    this.#leave(row, nowMs)
  }

  #leave(row: Row, nowMs: number): void {
    if (row.spot === null) return
    this.onMap -= 1
    row.spot.rows.delete(row)
    this.#emptied(row.spot, nowMs)
  }

  #emptied(spot: Spot, nowMs: number): void {
    if (spot.rows.size === 0 && spot.bans.size === 0) spot.leftAtMs = nowMs
  }

  #addBan(ban: LiveBan, nowMs: number): void {
    this.bans.push(ban)
    this.#lastBan = ban.id
    this.#spotOf(ban.place)?.bans.add(ban)
    if (this.bans.length <= BANS_MAX) return
    const gone = this.bans.shift()!
    const spot = isOnMap(gone.place) ? this.spots.get(spotKey(gone.place.latitude, gone.place.longitude)) : undefined
    if (spot?.bans.delete(gone) === true) this.#emptied(spot, nowMs)
  }
}
