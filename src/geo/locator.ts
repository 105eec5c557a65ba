/**
 * Where addresses are, out of one or more databases in order of precedence. Bulk work goes by columns: each database
 * says which of its records answers for each address, the tuple of records is numbered, and one place is made for each
 * distinct tuple, so the cost of decoding and merging is that of the distinct places, not of the addresses.
 */

import { type IpAddress, type Ipv6, ipv4, isIpv4 } from '../core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import type { GeoDatabase } from './database.ts'
import type { MmdbReader } from './mmdb.ts'
import { NO_RECORD } from './mmdb-tree.ts'
import { mergePlaces, placeFromRecord } from './record.ts'

export interface Locator {
  /** Names of the databases, first precedence first. */
  readonly databases: readonly string[]
  /** The place of one address; null when no database knows it. @throws InterplotError ERR_GEO_DATABASE */
  locate(address: IpAddress): Place | null
  /** Places of ascending IPv4 addresses. `places` is shared by all batches of this locator and only grows. */
  locateSorted(addresses: Uint32Array): LocatedBatch
  locateIpv6(addresses: readonly Ipv6[]): LocatedBatch
}

/** More distinct records than any database has; a pair of numbers below it is a safe integer. */
const RECORD_LIMIT = 2 ** 26

/** `::ffff:192.0.2.1` stands for the IPv4 address in it (RFC 4291 section 2.5.5.2); few databases say so themselves. */
const unmapped = (address: IpAddress): IpAddress =>
  !isIpv4(address) && address >> 32n === 0xffffn ? ipv4(Number(address & 0xffff_ffffn)) : address

/** Numbers the distinct records of a database from 1; 0 means that nothing is known. */
class RecordNumbers {
  readonly #numbers = new Map<number, number>()
  readonly #places: (Place | null)[] = [null]
  readonly reader: MmdbReader

  constructor(reader: MmdbReader) {
    this.reader = reader
  }

  numberOf(record: number): number {
    if (record === NO_RECORD) return 0
    let known = this.#numbers.get(record)
    if (known === undefined) {
      const place = placeFromRecord(this.reader.read(record))
      known = place === null ? 0 : this.#places.push(place) - 1
      this.#numbers.set(record, known)
    }
    return known
  }

  placeOf(number: number): Place | null {
    return this.#places[number] ?? null
  }
}

/** The places of one family, numbered as their tuples of records appear. */
class FamilyPlaces {
  readonly databases: readonly RecordNumbers[]
  /** Tuples as a chain of pairs (number so far, record number), each numbered by its own map. */
  readonly #chain: readonly Map<number, number>[]
  readonly #chainLength: number[]
  readonly #indexOfTuple: number[] = [NO_PLACE]
  readonly #intern: (place: Place) => number

  constructor(readers: readonly MmdbReader[], intern: (place: Place) => number) {
    this.databases = readers.map((reader) => new RecordNumbers(reader))
    this.#chain = readers.map(() => new Map())
    this.#chainLength = readers.map(() => 1)
    this.#intern = intern
  }

  /** Index of the place for the records that each database gave, in order. */
  indexOf(records: readonly number[]): number {
    let tuple = 0
    for (let i = 0; i < records.length; i += 1) {
      const key = tuple * RECORD_LIMIT + this.databases[i]!.numberOf(records[i]!)
      if (key === 0) continue
      let next = this.#chain[i]!.get(key)
      if (next === undefined) {
        next = this.#chainLength[i]!
        this.#chainLength[i] = next + 1
        this.#chain[i]!.set(key, next)
      }
      tuple = next
    }
    const last = this.#indexOfTuple[tuple]
    return last ?? this.#make(tuple, records)
  }

  #make(tuple: number, records: readonly number[]): number {
    const found = records.flatMap((record, i) => {
      const database = this.databases[i]!
      return database.placeOf(database.numberOf(record)) ?? []
    })
    const place = found.length === 1 ? found[0]! : mergePlaces(found)
    const index = place === null ? NO_PLACE : this.#intern(place)
    this.#indexOfTuple[tuple] = index
    return index
  }
}

const readersOf = (databases: readonly GeoDatabase[], family: 4 | 6): MmdbReader[] =>
  databases.flatMap((database) => database.reader(family) ?? [])

/** A locator over databases, the first taking precedence. Files open when a family is first asked for. */
export const makeLocator = (databases: readonly GeoDatabase[]): Locator => {
  const places: Place[] = []
  const indexByText = new Map<string, number>()
  const intern = (place: Place): number => {
    const text = JSON.stringify(place)
    let index = indexByText.get(text)
    if (index === undefined) {
      index = places.push(place) - 1
      indexByText.set(text, index)
    }
    return index
  }
  const families = new Map<4 | 6, FamilyPlaces>()
  const familyOf = (family: 4 | 6): FamilyPlaces => {
    let found = families.get(family)
    if (found === undefined) {
      found = new FamilyPlaces(readersOf(databases, family), intern)
      families.set(family, found)
    }
    return found
  }
  const indexOf = (written: IpAddress): number => {
    const address = unmapped(written)
    const family = familyOf(isIpv4(address) ? 4 : 6)
    return family.indexOf(family.databases.map(({ reader }) => reader.find(address)))
  }
  return {
    databases: databases.map(({ name }) => name),
    locate(address) {
      const index = indexOf(address)
      return index === NO_PLACE ? null : places[index]!
    },
    locateSorted(addresses) {
      const family = familyOf(4)
      const columns = family.databases.map(({ reader }) => {
        const records = new Int32Array(addresses.length)
        reader.findSorted(addresses, records)
        return records
      })
      const placeIndex = new Int32Array(addresses.length)
      const records = columns.map(() => NO_RECORD)
      let index = NO_PLACE
      for (let i = 0; i < addresses.length; i += 1) {
        let changed = i === 0
        for (let c = 0; c < columns.length; c += 1) {
          const record = columns[c]![i]!
          if (record !== records[c]) {
            records[c] = record
            changed = true
          }
        }
        if (changed) index = family.indexOf(records)
        placeIndex[i] = index
      }
      return { addresses, placeIndex, places }
    },
    locateIpv6: (addresses) => ({ addresses, placeIndex: Int32Array.from(addresses, indexOf), places }),
  }
}
