/**
 * A database flattened for bulk lookups: networks in order, places numbered and made once. Built from a MaxMind DB's tree
 * in one walk.
 */

import type { Place } from '../core/place.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { ALIAS_PLACE, PLACES_MAX } from './answer.ts'
import { type Ipv4Ranges, makeIpv4RangesBuilder } from './ipv4-ranges.ts'
import { type Ipv6Ranges, makeIpv6RangesBuilder } from './ipv6-ranges.ts'
import { brokenDatabase, type MmdbReader } from './mmdb.ts'
import { NO_RECORD } from './mmdb-tree.ts'
import { ALIAS } from './mmdb-walk.ts'
import { type PlaceColumns, placeColumns } from './place-columns.ts'
import { placeFromRecord } from './record.ts'

export interface PlaceIndex {
  readonly ipv4: Ipv4Ranges
  /** Null for a database of IPv4 only. */
  readonly ipv6: Ipv6Ranges | null
  readonly places: PlaceColumns
}

const PROGRESS_EVERY = 2 ** 18

/** What a database may take of the memory. */
export interface PlaceLimits {
  places: number
  /** No Map of V8 has room for more. */
  records: number
  /** Of all distinct places: what their JSON comes to, and PLACE_COST for each. */
  weight: number
}
const LIMITS: PlaceLimits = { places: PLACES_MAX, records: 2 ** 24 - 1, weight: 2 ** 30 }
/** What a place weighs besides its text. */
const PLACE_COST = 256

/** Numbers places from 1 as they appear; equal places share a number. */
const makePlaceNumbers = (
  reader: MmdbReader,
  limits: PlaceLimits,
): { numberOf: (record: number) => number; places: Place[] } => {
  const places: Place[] = []
  const numberByText = new Map<string, number>()
  const numberByRecord = new Map<number, number>([[NO_RECORD, 0]])
  let weight = 0
  const refuse = (most: number, what: string): never => {
    throw brokenDatabase(reader.path, `it has more than ${most} ${what}`)
  }
  const make = (record: number): number => {
    const place = placeFromRecord(reader.read(record))
    if (place === null) return 0
    const text = JSON.stringify(place)
    const known = numberByText.get(text)
    if (known !== undefined) return known
    weight += text.length + PLACE_COST
    if (places.length === limits.places) refuse(limits.places, 'distinct places')
    if (weight > limits.weight) refuse(limits.weight, 'bytes of places')
    const number = places.push(place)
    numberByText.set(text, number)
    return number
  }
  const numberOf = (record: number): number => {
    const known = numberByRecord.get(record)
    if (known !== undefined) return known
    if (numberByRecord.size === limits.records) refuse(limits.records, 'records')
    const number = make(record)
    numberByRecord.set(record, number)
    return number
  }
  return { numberOf, places }
}

/** @throws InterplotError ERR_GEO_DATABASE for a tree or a record that is not what it should be. */
export const buildPlaceIndex = (
  reader: MmdbReader,
  progress: ProgressSink = silentProgress,
  limits: PlaceLimits = LIMITS,
): PlaceIndex => {
  const { nodeCount, ipVersion } = reader.metadata
  const { numberOf, places } = makePlaceNumbers(reader, limits)
  let done = 0
  const advance = (): void => {
    done += 1
    if (done % PROGRESS_EVERY === 0) progress({ done, total: nodeCount + 1, unit: 'networks' })
  }
  const ipv4 = makeIpv4RangesBuilder()
  reader.walkIpv4((first, bits, record) => {
    ipv4.add(first, bits, numberOf(record))
    advance()
  })
  const ipv6 = ipVersion === 6 ? makeIpv6RangesBuilder(nodeCount + 2) : null
  if (ipv6 !== null) {
    reader.walkIpv6((words, bits, record) => {
      ipv6.add(words, bits, record === ALIAS ? ALIAS_PLACE : numberOf(record))
      advance()
    })
  }
  return { ipv4: ipv4.build(), ipv6: ipv6?.build() ?? null, places: placeColumns(places) }
}
