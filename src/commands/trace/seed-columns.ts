/** The columns in which traces were exported before there was interplot: `CITY,ID,HOP,LONGITUDE,LATITUDE,IP,DATE_CREATED`, a hop a row. */

import { isoTime } from '../../core/clock.ts'
import { formatIp } from '../../core/ip.ts'
import type { Value } from '../../core/reply-field.ts'
import type { AddressFacts, ShownTrace } from './shown-trace.ts'

export const SEED_COLUMNS = ['CITY', 'ID', 'HOP', 'LONGITUDE', 'LATITUDE', 'IP', 'DATE_CREATED'] as const

/** A row for each address of a TTL, and one without an address where nobody answered, as in the view TRACE. */
export const seedRows = ({ id, startedUs, hops }: ShownTrace, facts: AddressFacts): Value[][] => {
  const answered = new Set(hops.flatMap(({ ttl, address }) => (address === null ? [] : ttl)))
  const seen = new Set<string>()
  return hops.flatMap(({ ttl, address }) => {
    const key = `${ttl} ${address}`
    if (seen.has(key) || (address === null && answered.has(ttl))) return []
    seen.add(key)
    const place = address === null ? null : facts.place(address)
    const ip = address === null ? null : formatIp(address)
    return [[place?.city ?? null, id, ttl, place?.longitude ?? null, place?.latitude ?? null, ip, isoTime(startedUs)]]
  })
}
