/** One place of the map, with all connections and bans that are there. */

import { mercatorX, mercatorY } from '../../../render/html/web-mercator.ts'
import type { LiveBan, LiveConnection, LivePlace } from '../protocol.ts'

/** A connection of the list. */
export interface Row {
  connection: LiveConnection
  /** Bytes a second, lately. */
  rate: number
  /** Time without a byte. */
  silentUs: number
  spot: Spot | null
}

export interface Spot {
  readonly key: string
  readonly latitude: number
  readonly longitude: number
  /** 0 … 1 of the world. */
  readonly x: number
  readonly y: number
  /** Of the first that was there. */
  readonly place: LivePlace
  readonly rows: Set<Row>
  readonly bans: Set<LiveBan>
  /** When something new came, milliseconds of the page; −Infinity: with the snapshot. */
  flashedAtMs: number
  /** When the last left; null while somebody is there. */
  leftAtMs: number | null
  /** The colour that it leaves with. */
  lastCategory: number
  /** How bright the lights of each category are, 0 … 1: they come and go softly. */
  readonly lights: Map<number, number>
}

/** A hundredth of a degree is a kilometre: databases are no more exact. */
export const spotKey = (latitude: number, longitude: number): string => `${latitude.toFixed(2)},${longitude.toFixed(2)}`

export const makeSpot = (place: LivePlace, latitude: number, longitude: number): Spot => ({
  key: spotKey(latitude, longitude),
  latitude,
  longitude,
  x: mercatorX(longitude),
  y: mercatorY(latitude),
  place,
  rows: new Set(),
  bans: new Set(),
  flashedAtMs: Number.NEGATIVE_INFINITY,
  leftAtMs: null,
  lastCategory: 0,
  lights: new Map(),
})
