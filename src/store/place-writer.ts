/** Places of addresses: each distinct place is one row, however many addresses share it. */

import type Database from 'better-sqlite3'
import { ipv6Bytes } from '../core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../core/located-batch.ts'
import { hasCoordinates, type Place } from '../core/place.ts'

const ROWS_PER_STATEMENT = 64
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
  ]
}

const PLACE_COLUMNS =
  'provider, latitude, longitude, accuracy_km, country_code, country, region, city, asn, as_organization'

export interface PlaceWriter {
  /** Stores the places of a batch; an address that has one gets the new one. Committed when it returns. */
  put(provider: string, batch: LocatedBatch): PutCounts
}

export const makePlaceWriter = (database: Database.Database): PlaceWriter => {
  const insertPlace = database.prepare(
    `INSERT INTO places (${PLACE_COLUMNS}) VALUES (${new Array(10).fill('?').join(', ')})`,
  )
  const insertLocations = (rows: number): Database.Statement =>
    database.prepare(
      `INSERT OR REPLACE INTO locations (address, place) VALUES ${new Array(rows).fill('(?, ?)').join(', ')}`,
    )
  const insertMany = insertLocations(ROWS_PER_STATEMENT)
  const insertOne = insertLocations(1)

  /** Columns as text → id; read from the file when first needed, forgotten when a transaction fails. */
  let idByText: Map<string, number> | null = null
  let idsByPlaces = new WeakMap<readonly Place[], number[]>()
  const known = (): Map<string, number> => {
    if (idByText === null) {
      idByText = new Map()
      const rows = database.prepare(`SELECT id, ${PLACE_COLUMNS} FROM places`).raw().iterate()
      for (const row of rows as IterableIterator<[number, ...Value[]]>) {
        const [id, ...columns] = row
        idByText.set(JSON.stringify(columns), id)
      }
    }
    return idByText
  }
  const intern = (provider: string, place: Place): number => {
    const columns = columnsOf(provider, place)
    const text = JSON.stringify(columns)
    let id = known().get(text)
    if (id === undefined) {
      id = Number(insertPlace.run(columns).lastInsertRowid)
      known().set(text, id)
    }
    return id
  }

  const putRows = database.transaction((provider: string, batch: LocatedBatch, from: number, to: number): number => {
    const ids = idsByPlaces.get(batch.places) ?? []
    idsByPlaces.set(batch.places, ids)
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
        ids[index] ??= intern(provider, place)
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
      try {
        for (let from = 0; from < count; from += ROWS_PER_TRANSACTION) {
          located += putRows.immediate(provider, batch, from, Math.min(count, from + ROWS_PER_TRANSACTION))
        }
      } catch (cause) {
        // What was interned in a transaction that did not happen has no row.
        idByText = null
        idsByPlaces = new WeakMap()
        throw cause
      }
      return { located, unlocated: count - located }
    },
  }
}
