/** Tables of traces, a hop a row as the view TRACE of a results file has them: rows of one ID, in order of HOP, become a path. */

import { parseIp } from '../../../core/ip.ts'
import { printableText } from '../../../core/printable-text.ts'
import type { MapPath, PathPoint } from '../../../render/map-data.ts'
import { cellNumber, cellText } from './cell-values.ts'
import type { TableRow } from './table-columns.ts'

/** Null where the hop has no place. */
type Hops = Map<number, PathPoint | null>

/** No TTL is larger (RFC 791). */
const HOP_MAX = 255
/** Numbers and UUIDs tell nobody where a trace leads. */
const MEANINGLESS = /^(?:\d+|[\da-f]{8}-[\da-f-]{27})$/i

const hopPoint = (row: TableRow, hop: number, latitude: number, longitude: number, rttUs: number | null): PathPoint => {
  const [address, city, country] = [row.cell('address'), row.cell('city'), row.cell('country')].map(cellText)
  return {
    ...{ longitude, latitude, label: String(hop) },
    ...(address == null ? {} : { address: printableText(address) }),
    ...(city == null ? {} : { city: printableText(city) }),
    ...(country == null ? {} : { country: printableText(country) }),
    ...(rttUs === null ? {} : { rttUs }),
  }
}

const nameOf = (id: string, points: readonly PathPoint[]): string => {
  const last = points.at(-1)?.address
  return last !== undefined && MEANINGLESS.test(id) && parseIp(last) !== null ? last : printableText(id)
}

export class TraceRows {
  readonly #traces = new Map<string, Hops>()
  /** Rows whose ID and HOP an earlier one had. */
  repeated = 0

  get isEmpty(): boolean {
    return this.#traces.size === 0
  }

  /** @param point null where the row has no coordinates. @returns why the row is none, or null. */
  add(row: TableRow, place: { latitude: number; longitude: number } | null, rttUs: number | null): string | null {
    const id = cellText(row.cell('trace'))
    const hop = cellNumber(row.cell('hop'))
    if (id === null) return 'a hop without the ID of its trace'
    if (hop === null || !Number.isInteger(hop) || hop < 0 || hop > HOP_MAX) {
      return `"${printableText(String(row.cell('hop')), 20)}" is no HOP`
    }
    let hops = this.#traces.get(id)
    if (hops === undefined) {
      hops = new Map()
      this.#traces.set(id, hops)
    }
    if (hops.has(hop)) {
      this.repeated += 1
      return null
    }
    hops.set(hop, place === null ? null : hopPoint(row, hop, place.latitude, place.longitude, rttUs))
    return null
  }

  /** In the order in which their first rows came; traces of which no hop has a place are none. */
  take(): MapPath[] {
    return [...this.#traces].flatMap(([id, hops]): MapPath[] => {
      const points = [...hops.entries()].sort(([one], [other]) => one - other).flatMap(([, point]) => point ?? [])
      return points.length === 0 ? [] : [{ name: nameOf(id, points), points }]
    })
  }
}
