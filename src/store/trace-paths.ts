/**
 * Traces hop by hop with the places of their hops, for lines on a map: silent and placeless hops are there too, so that a
 * line can say where it only bridges. Tens of thousands at once: hops are read in the order of their key without any
 * grouping by SQLite, and each address and each place is looked up once.
 */

import type Database from 'better-sqlite3'
import type { IpAddress } from '../core/ip.ts'
import type { PlaceState } from '../core/place.ts'
import { type AddressValue, addressFrom, addressValue } from './address-value.ts'
import type { Selection } from './selection.ts'

/** Of a trace, its time is when it began. */
export interface TraceSelection extends Pick<Selection, 'run' | 'sinceUs' | 'untilUs'> {
  /** Whole UUIDs. */
  ids?: readonly string[]
}

export interface HopPlace {
  latitude: number | null
  longitude: number | null
  city: string | null
  country: string | null
  countryCode: string | null
  asn: number | null
  asOrganization: string | null
  state: PlaceState | null
  provider: string
}

/** One TTL of a trace. */
export interface PathHop {
  ttl: number
  /** Where several routers answered, the most frequent; null when nobody did. */
  address: IpAddress | null
  /** Null when nothing is known; its coordinates may be missing. */
  place: HopPlace | null
  /** The least round trip to that router, null when none was measured. */
  rttUs: number | null
  /** The answer came sooner than it could have from that place (`impossible_places`). */
  isTooFar: boolean
}

export interface TracePath {
  id: string
  runId: number
  /** Where the run says that it probed from, as the person wrote it. */
  vantage: string | null
  target: IpAddress
  targetName: string | null
  startedUs: number
  reached: boolean
  /** Every TTL that was asked, ascending. */
  hops: PathHop[]
}

interface HeaderRow {
  id: number
  uuid: string
  runId: number
  vantage: string | null
  target: AddressValue
  targetName: string | null
  startedUs: number
  reached: number
}

type HopTuple = [trace: number, ttl: number, address: AddressValue | null, rttUs: number | null]

interface Answerer {
  address: IpAddress
  answers: number
  rttUs: number | null
}

const termsOf = ({ run, sinceUs, untilUs, ids }: TraceSelection): [term: string, value: unknown][] => {
  const terms: [string, unknown][] = [
    ['t.run = ?', run],
    ['t.started_us >= ?', sinceUs],
    ['t.started_us < ?', untilUs],
    ['t.uuid IN (SELECT value FROM json_each(?))', ids === undefined ? undefined : JSON.stringify(ids)],
  ]
  return terms.filter(([, value]) => value !== undefined)
}

/** Places of addresses, each asked of the file once. */
const makePlaceReader = (database: Database.Database): ((address: IpAddress) => HopPlace | null) => {
  const placeOf = database.prepare<[unknown], number | null>('SELECT place FROM locations WHERE address = ?').pluck()
  const facts = database.prepare<[number], HopPlace>(
    `SELECT latitude, longitude, city, country, country_code AS countryCode, asn, as_organization AS asOrganization,
       state, provider FROM places WHERE id = ?`,
  )
  const places = new Map<number, HopPlace | null>()
  const known = new Map<IpAddress, HopPlace | null>()
  return (address) => {
    const before = known.get(address)
    if (before !== undefined) return before
    const id = placeOf.get(addressValue(address)) ?? null
    let place: HopPlace | null = null
    if (id !== null) {
      place = places.get(id) ?? facts.get(id) ?? null
      places.set(id, place)
    }
    known.set(address, place)
    return place
  }
}

/** Which addresses of a run answered too soon for their place. */
const makeTooFarReader = (database: Database.Database): ((run: number) => ReadonlySet<IpAddress>) => {
  const ofRun = database.prepare<[number], AddressValue>('SELECT address FROM impossible_places WHERE run = ?').pluck()
  const known = new Map<number, Set<IpAddress>>()
  return (run) => {
    let found = known.get(run)
    if (found === undefined) {
      found = new Set(ofRun.all(run).map(addressFrom))
      known.set(run, found)
    }
    return found
  }
}

/** The most frequent; of several the one with the lowest address, so that it is the same each time. */
const mostFrequent = (answerers: readonly Answerer[]): Answerer | null => {
  let best: Answerer | null = null
  for (const each of answerers) {
    const better =
      best === null || each.answers > best.answers || (each.answers === best.answers && each.address < best.address)
    if (better) best = each
  }
  return best
}

const addAnswer = (answerers: Answerer[], value: AddressValue | null, rttUs: number | null): void => {
  if (value === null) return
  const address = addressFrom(value)
  const known = answerers.find((each) => each.address === address)
  if (known === undefined) {
    answerers.push({ address, answers: 1, rttUs })
    return
  }
  known.answers += 1
  if (rttUs !== null && (known.rttUs === null || rttUs < known.rttUs)) known.rttUs = rttUs
}

/** Every trace of a selection, oldest first, also those without a single place. */
export const readTracePaths = (database: Database.Database, selection: TraceSelection = {}): TracePath[] => {
  const terms = termsOf(selection)
  const where = terms.length === 0 ? '' : `WHERE ${terms.map(([term]) => term).join(' AND ')}`
  const values = terms.map(([, value]) => value)
  const headers = database
    .prepare<unknown[], HeaderRow>(
      `SELECT t.id, t.uuid, t.run AS runId, r.vantage, t.target, t.target_name AS targetName, t.started_us AS startedUs,
         t.reached FROM trace_headers t JOIN runs r ON r.id = t.run ${where} ORDER BY t.id`,
    )
    .all(...values)
  const paths = new Map<number, TracePath>()
  for (const { id, uuid, target, reached, ...header } of headers) {
    paths.set(id, { ...header, id: uuid, target: addressFrom(target), reached: reached === 1, hops: [] })
  }
  const placeOf = makePlaceReader(database)
  const tooFarOf = makeTooFarReader(database)
  const close = (trace: number, ttl: number, answerers: readonly Answerer[]): void => {
    const path = paths.get(trace)
    if (path === undefined) return
    const router = mostFrequent(answerers)
    path.hops.push({
      ttl,
      address: router?.address ?? null,
      place: router === null ? null : placeOf(router.address),
      rttUs: router?.rttUs ?? null,
      isTooFar: router !== null && tooFarOf(path.runId).has(router.address),
    })
  }
  const rows = database
    .prepare<unknown[], HopTuple>(
      terms.length === 0
        ? 'SELECT trace, ttl, address, rtt_us FROM hops ORDER BY trace, ttl'
        : `SELECT h.trace, h.ttl, h.address, h.rtt_us FROM trace_headers t CROSS JOIN hops h ON h.trace = t.id ${where}
           ORDER BY h.trace, h.ttl`,
    )
    .raw() as unknown as Database.Statement<unknown[], HopTuple>
  let [trace, ttl] = [-1, -1]
  let answerers: Answerer[] = []
  // What is looked up meanwhile reads only, which the driver allows beside an open iterator.
  for (const [nextTrace, nextTtl, address, rttUs] of rows.iterate(...values)) {
    if (nextTrace !== trace || nextTtl !== ttl) {
      if (ttl >= 0) close(trace, ttl, answerers)
      ;[trace, ttl, answerers] = [nextTrace, nextTtl, []]
    }
    addAnswer(answerers, address, rttUs)
  }
  if (ttl >= 0) close(trace, ttl, answerers)
  return [...paths.values()]
}
