/** Round trip times beside places: what a latency check asks for, and what it found. */

import type Database from 'better-sqlite3'
import { type IpAddress, type Ipv6, ipv4, ipv6FromBytes } from '../core/ip.ts'
import type { LocatedBatch } from '../core/located-batch.ts'
import type { Place, PlaceState } from '../core/place.ts'
import { addressValue } from './address-value.ts'
import type { ColumnReader } from './column-reader.ts'
import { locationColumns } from './location-queries.ts'

/** Addresses of a run that have coordinates and an RTT, each with the least. */
export interface TimedPlaces extends LocatedBatch {
  readonly rttUs: Uint32Array
}

export interface RunVantage {
  runId: number
  /** As the person wrote it. */
  vantage: string | null
}

export interface ImpossiblePlace {
  address: IpAddress
  distanceKm: number
  rttUs: number
  limitKm: number
}

/** In a quarter of a second light in fibre goes around half the Earth and back: longer RTTs say nothing of places. */
const RTT_BITS = 18
const RTT_STEPS = 2 ** RTT_BITS

const TIMED = `(
  SELECT address, rtt_us FROM observations WHERE run = :run AND rtt_us < ${RTT_STEPS}
  UNION ALL
  SELECT h.address, h.rtt_us FROM trace_headers t JOIN hops h ON h.trace = t.id
  WHERE t.run = :run AND h.rtt_us < ${RTT_STEPS} AND h.address IS NOT NULL
)`

/** Where each run says that it probed from. */
export const runVantages = (database: Database.Database): RunVantage[] =>
  database.prepare<[], RunVantage>('SELECT id AS runId, vantage FROM runs ORDER BY id').all()

/** Ids of the runs in which round trip times were measured; looks at every observation. */
export const timedRuns = (database: Database.Database): number[] =>
  database
    .prepare<[], number>(
      `SELECT id FROM runs WHERE id IN (
         SELECT run FROM observations WHERE rtt_us IS NOT NULL
         UNION SELECT t.run FROM trace_headers t JOIN hops h ON h.trace = t.id WHERE h.rtt_us IS NOT NULL
       ) ORDER BY id`,
    )
    .pluck()
    .all()

interface PlaceRow {
  id: number
  latitude: number
  longitude: number
  accuracyKm: number | null
  state: PlaceState | null
}

/** Places with coordinates, and by their ids where in the list they are (−1: not there). */
const drawablePlaces = (database: Database.Database): [places: Place[], indexOfId: Int32Array] => {
  const rows = database
    .prepare<[], PlaceRow>(
      `SELECT id, latitude, longitude, accuracy_km AS accuracyKm, state FROM places
       WHERE latitude IS NOT NULL AND longitude IS NOT NULL ORDER BY id`,
    )
    .all()
  const indexOfId = new Int32Array((rows.at(-1)?.id ?? 0) + 1).fill(-1)
  for (const [index, { id }] of rows.entries()) indexOfId[id] = index
  const places = rows.map(
    ({ latitude, longitude, accuracyKm, state }): Place => ({
      latitude,
      longitude,
      ...(accuracyKm === null ? {} : { accuracyKm }),
      ...(state === null ? {} : { state }),
    }),
  )
  return [places, indexOfId]
}

/** The least RTT of each address, ascending by address. */
const leastRtts = (columns: ColumnReader, runId: number): Float64Array => {
  const [addresses, rtts] = columns.readPair('address', 'rtt_us', `${TIMED} WHERE typeof(address) = 'integer'`, {
    run: runId,
  })
  // Address and RTT in one number, exact below 2^53: sorted, the first of an address is its least.
  const keys = Float64Array.from(addresses, (address, i) => address * RTT_STEPS + rtts[i]!).sort()
  let kept = 0
  let last = -1
  for (const key of keys) {
    const address = Math.floor(key / RTT_STEPS)
    if (address === last) continue
    last = address
    keys[kept] = key
    kept += 1
  }
  return keys.subarray(0, kept)
}

const timedIpv6 = (
  database: Database.Database,
  runId: number,
  [places, indexOfId]: ReturnType<typeof drawablePlaces>,
): TimedPlaces => {
  const rows = database
    .prepare(
      `SELECT x.address, min(x.rtt_us), l.place FROM ${TIMED} x JOIN locations l ON l.address = x.address
       WHERE typeof(x.address) = 'blob' AND l.place IS NOT NULL GROUP BY x.address`,
    )
    .raw()
    .all({ run: runId }) as [Uint8Array, number, number][]
  const found = rows.filter(([, , place]) => (indexOfId[place] ?? -1) >= 0)
  return {
    addresses: found.map(([address]): Ipv6 => ipv6FromBytes(address)),
    placeIndex: Int32Array.from(found, ([, , place]) => indexOfId[place]!),
    rttUs: Uint32Array.from(found, ([, rttUs]) => rttUs),
    places,
  }
}

/** IPv4 first, then IPv6. */
export const timedPlaces = (database: Database.Database, columns: ColumnReader, runId: number): TimedPlaces[] => {
  const drawable = drawablePlaces(database)
  const [places, indexOfId] = drawable
  const timed = leastRtts(columns, runId)
  const addresses = new Uint32Array(timed.length)
  const rttUs = new Uint32Array(timed.length)
  const placeIndex = new Int32Array(timed.length)
  const [keys, placeIds] = timed.length === 0 ? [new Uint32Array(), new Uint32Array()] : locationColumns(columns)
  let kept = 0
  let k = 0
  for (const each of timed) {
    const address = Math.floor(each / RTT_STEPS)
    while (k < keys.length && keys[k]! < address) k += 1
    const index = keys[k] === address ? (indexOfId[placeIds[k]!] ?? -1) : -1
    if (index < 0) continue
    addresses[kept] = ipv4(address)
    rttUs[kept] = each % RTT_STEPS
    placeIndex[kept] = index
    kept += 1
  }
  const ipv4Places: TimedPlaces = {
    addresses: addresses.subarray(0, kept),
    rttUs: rttUs.subarray(0, kept),
    placeIndex: placeIndex.subarray(0, kept),
    places,
  }
  return [ipv4Places, timedIpv6(database, runId, drawable)]
}

/** What was found of the run before is replaced. */
export const putImpossiblePlaces = (
  database: Database.Database,
  runId: number,
  found: Iterable<ImpossiblePlace>,
): void => {
  database
    .transaction(() => {
      database.prepare('DELETE FROM impossible_places WHERE run = ?').run(runId)
      const insert = database.prepare(
        'INSERT INTO impossible_places (run, address, distance_km, rtt_us, limit_km) VALUES (?, ?, ?, ?, ?)',
      )
      for (const { address, distanceKm, rttUs, limitKm } of found) {
        insert.run(runId, addressValue(address), Math.round(distanceKm), rttUs, Math.round(limitKm))
      }
    })
    .immediate()
}
