/**
 * Rows of hops under the names that traces had before there was interplot: the table TRACE of `traces.sqlite` and its exports. Rows of one ID are a
 * trace. Several rows of one HOP (a load balancer, a hop asked again, a row written twice) are attempts. What a row says of a place is taken
 * where both coordinates are numbers on Earth; "unknown" is none.
 */

import { type IpAddress, parseIp } from '../../../core/ip.ts'
import { hasCoordinates, type Place } from '../../../core/place.ts'
import { printableText } from '../../../core/printable-text.ts'
import type { TraceHop } from '../../../core/trace.ts'
import { makeAttempts } from './attempts.ts'
import { type ImportedTrace, isUuid, uuidOf } from './contract.ts'
import { silentHop, ttlOf } from './json-fields.ts'
import type { LocalTime } from './local-time.ts'

/** Cells by column name, in capitals; everything as text. */
export type SeedRow = ReadonlyMap<string, string>

export const SEED_MARKS: readonly string[] = ['ID', 'HOP', 'IP', 'DATE_CREATED']

export interface SeedReader {
  /** @returns why the row was refused, or null. */
  add(row: SeedRow): string | null
  /** All traces, in the order of their first rows; of one in which nobody answers its ID, since nothing says whom it was for. */
  traces(): (ImportedTrace | { silent: string })[]
  /** Dates without a zone. */
  zoneless(): number
}

interface Draft {
  id: string
  startedUs: number
  hops: TraceHop[]
  attempts: (ttl: number) => number
  places: Map<IpAddress, Place>
}

const LONGEST_ID = 200
/** Rows without an address of the seed's making. */
const NOBODY = new Set(['', '*', '???', 'unknown', 'none', 'null', 'nan'])

const known = (text: string | undefined): string | undefined =>
  text === undefined || NOBODY.has(text.trim().toLowerCase()) ? undefined : printableText(text.trim())

const placeOf = (row: SeedRow): Place | null => {
  const [latitude, longitude] = [row.get('LATITUDE'), row.get('LONGITUDE')].map((text) =>
    known(text) === undefined ? Number.NaN : Number(text),
  )
  const place = { latitude: latitude!, longitude: longitude! }
  // Nobody's place is 0°, 0°: it was written where nothing was known.
  if (!hasCoordinates(place) || (latitude === 0 && longitude === 0)) return null
  const [city, country, isp] = ['CITY', 'COUNTRY', 'ISP'].map((name) => known(row.get(name)))
  return {
    ...place,
    ...(city === undefined ? {} : { city }),
    ...(country === undefined ? {} : /^[A-Z]{2}$/.test(country) ? { countryCode: country } : { country }),
    ...(isp === undefined ? {} : { asOrganization: isp }),
  }
}

/** The seed did not keep whom a trace was for: the last hop that is known stands in for it. */
const finished = ({ id, startedUs, hops, places }: Draft): ImportedTrace | { silent: string } => {
  const sorted = hops.sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt)
  const last = sorted.findLast(({ address }) => address !== null)?.address
  if (last === undefined || last === null) return { silent: id }
  return { trace: { id, target: last, startedUs, reached: false, hops: sorted }, places }
}

export const makeSeedReader = (readTime: (text: string) => LocalTime | null): SeedReader => {
  const drafts = new Map<string, Draft>()
  let zoneless = 0
  return {
    add(row) {
      const id = (row.get('ID') ?? '').trim()
      if (id === '' || id.length > LONGEST_ID) return 'no ID'
      const ttl = ttlOf(/^\s*\d{1,3}(?:\.0+)?\s*$/.test(row.get('HOP') ?? '') ? Number(row.get('HOP')) : Number.NaN)
      if (ttl === undefined) return 'HOP is no number from 1 to 255'
      const written = known(row.get('IP'))
      const address = written === undefined ? null : parseIp(written)
      if (written !== undefined && address === null) return 'IP is no address'
      const time = readTime(row.get('DATE_CREATED') ?? '')
      if (time === null) return 'DATE_CREATED is no date'
      if (time.zoneless) zoneless += 1
      const draft: Draft = drafts.get(id) ?? {
        id: isUuid(id) ? id : uuidOf('seed', id, time.timeUs),
        startedUs: time.timeUs,
        hops: [],
        attempts: makeAttempts(),
        places: new Map(),
      }
      drafts.set(id, draft)
      // Each hop was written when it was found.
      draft.startedUs = Math.min(draft.startedUs, time.timeUs)
      draft.hops.push({ ...silentHop(ttl, draft.attempts(ttl)), address })
      const place = address === null ? null : placeOf(row)
      if (address !== null && place !== null) draft.places.set(address, place)
      return null
    },
    traces: () => [...drafts.values()].map(finished),
    zoneless: () => zoneless,
  }
}
