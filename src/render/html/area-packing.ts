/** Countries of a page: their outlines, and how much each frame adds to them. */

import type { Basemap, CountryShape } from '../basemap.ts'
import { allocatedByShape, countByCountry } from '../country-counts.ts'
import type { MapData, MapPoints } from '../map-data.ts'
import { packOutline } from './outline-packing.ts'
import type { PageAreas } from './page-format.ts'

/** The points that appear in each frame: all of them where there are no frames. */
const pointsByFrame = ({ points, frames }: MapData): MapPoints[] => {
  const { frame } = points
  if (frames === undefined || frame === undefined) return [points]
  const rows = Array.from({ length: frames.count }, (): number[] => [])
  for (let i = 0; i < frame.length; i += 1) rows[frame[i]!]?.push(i)
  return rows.map((own) => {
    const part = (column: Float64Array): Float64Array => Float64Array.from(own, (row) => column[row]!)
    const { details } = points
    return {
      latitude: part(points.latitude),
      longitude: part(points.longitude),
      weight: part(points.weight),
      ...(details === undefined
        ? {}
        : { details: { ...details, countryCode: own.map((row) => details.countryCode[row] ?? null) } }),
    }
  })
}

const stepOf = (data: MapData, points: MapPoints, shapes: readonly CountryShape[]): number[] => {
  const counts = countByCountry(data, points, shapes)
  return shapes.flatMap(({ code }, i) => {
    const count = counts.get(code)
    return count === undefined ? [] : [i, count]
  })
}

export const packAreas = (data: MapData, basemap: Basemap): { areas: PageAreas; bytes: Uint8Array } => {
  const shapes = basemap.countries()
  const outlines = shapes.map(({ shape }) => packOutline(shape, true))
  const allocated = allocatedByShape(data)
  return {
    bytes: Buffer.concat(outlines),
    areas: {
      codes: shapes.map(({ code }) => code),
      lengths: outlines.map(({ length }) => length),
      ...(allocated === null ? {} : { allocated: shapes.map(({ code }) => allocated.get(code) ?? 0) }),
      steps: pointsByFrame(data).map((points) => stepOf(data, points, shapes)),
    },
  }
}
