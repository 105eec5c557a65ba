/** Places of addresses: each distinct place is one row, however many addresses share it. */

import type Database from 'better-sqlite3'
import { ipv6Bytes } from '../core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../core/located-batch.ts'
import { hasCoordinates, type Place } from '../core/place.ts'

const ROWS_PER_STATEMENT = 128
const ROWS_PER_TRANSACTION = 100_000

type Value = number | string | null

export interface PutCounts {
  /** Addresses with coordinates. */
  located: number
  /** Addresses looked up of which the provider knows no coordinates, and perhaps nothing. */
  unlocated: number
}

/** A place's columns in table order, without id. */
const columnsOf = (provider: string, place: Place): Value[] => {
  const drawable = hasCoordinates(place)
  return [
    provider,
    drawable ? place.latitude : null,
    drawable ? place.longitude : null,
    place.accuracyKm ?? null,
    place.countryCode ?? null,
    place.country ?? null,
    place.region ?? null,
    place.city ?? null,
    place.asn ?? null,
    place.asOrganization ?? null,
    place.state ?? null,
    place.continentCode ?? null,
    place.postalCode ?? null,
    place.timeZone ?? null,
    place.geonameId ?? null,
  ]
}

const PLACE_COLUMN_NAMES = [
  ...['provider', 'latitude', 'longitude', 'accuracy_km', 'country_code', 'country', 'region', 'city'],
  ...['asn', 'as_organization', 'state', 'continent_code', 'postal_code', 'time_zone', 'geoname_id'],
]
const PLACE_COLUMNS = PLACE_COLUMN_NAMES.join(', ')

/** Gives each distinct place its one row. */
interface Interner {
  /** The row's id, made if need be. */
  idFor(provider: string, place: Place): number
  /** Ids found so far for a list of places, by index. */
  idsOf(places: readonly Place[]): number[]
  /** For when rows made since did not come to be. */
  forget(): void
}

const makeInterner = (database: Database.Database): Interner => {
  const insertPlace = database.prepare(
    `INSERT INTO places (${PLACE_COLUMNS}) VALUES (${PLACE_COLUMN_NAMES.map(() => '?').join(', ')})`,
  )
  /** Columns as text → id; read from the file when first needed. */
  let idByText: Map<string, number> | null = null
  let idsByPlaces = new WeakMap<readonly Place[], number[]>()
  const readAll = (): Map<string, number> => {
    const all = new Map<string, number>()
    const rows = database.prepare(`SELECT id, ${PLACE_COLUMNS} FROM places`).raw().iterate()
    for (const row of rows as IterableIterator<[number, ...Value[]]>) {
      const [id, ...columns] = row
      all.set(JSON.stringify(columns), id)
    }
    return all
  }
  return {
    idFor(provider, place) {
      idByText ??= readAll()
      const columns = columnsOf(provider, place)
      const text = JSON.stringify(columns)
      let id = idByText.get(text)
      if (id === undefined) {
        id = Number(insertPlace.run(columns).lastInsertRowid)
        idByText.set(text, id)
      }
      return id
    },
    idsOf(places) {
      const ids = idsByPlaces.get(places) ?? []
      idsByPlaces.set(places, ids)
      return ids
    },
    forget() {
      idByText = null
      idsByPlaces = new WeakMap()
    },
  }
}

export interface PlaceWriter {
  /** Stores the places of a batch; an address that has one gets the new one. Committed when it returns. */
  put(provider: string, batch: LocatedBatch): PutCounts
}

export const makePlaceWriter = (database: Database.Database): PlaceWriter => {
  const insertLocations = (rows: number): Database.Statement =>
    database.prepare(
      `INSERT OR REPLACE INTO locations (address, place) VALUES ${new Array(rows).fill('(?, ?)').join(', ')}`,
    )
  const insertMany = insertLocations(ROWS_PER_STATEMENT)
  const insertOne = insertLocations(1)

  const interner = makeInterner(database)

  const putRows = database.transaction((provider: string, batch: LocatedBatch, from: number, to: number): number => {
    const ids = interner.idsOf(batch.places)
    let located = 0
    const values = new Array<number | Uint8Array | null>(ROWS_PER_STATEMENT * 2).fill(null)
    let filled = 0
    for (let i = from; i < to; i += 1) {
      const address = batch.addresses[i]!
      const index = batch.placeIndex[i]!
      values[filled] = typeof address === 'number' ? address : ipv6Bytes(address)
      if (index === NO_PLACE) {
        values[filled + 1] = null
      } else {
        const place = batch.places[index]!
        ids[index] ??= interner.idFor(provider, place)
        values[filled + 1] = ids[index]!
        if (hasCoordinates(place)) located += 1
      }
      filled += 2
      if (filled === values.length) {
        insertMany.run(values)
        filled = 0
      }
    }
    for (let i = 0; i < filled; i += 2) insertOne.run(values[i]!, values[i + 1])
    return located
  })

  return {
    put(provider, batch) {
      const count = batch.addresses.length
      let located = 0
      // Every id comes from the interner, so looking each up once more in `places` is left out: a third of the time.
      database.pragma('foreign_keys = OFF')
      try {
        for (let from = 0; from < count; from += ROWS_PER_TRANSACTION) {
          located += putRows.immediate(provider, batch, from, Math.min(count, from + ROWS_PER_TRANSACTION))
        }
      } catch (cause) {
        // What was interned in a transaction that did not happen has no row.
        interner.forget()
        throw cause
      } finally {
        database.pragma('foreign_keys = ON')
      }
      return { located, unlocated: count - located }
    },
  }
}
