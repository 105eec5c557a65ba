/**
 * GeoJSON (RFC 7946) as rows: points, lines as paths, and what our own backend writes as what it was: a line with its number of
 * `hops`, whose hops follow as points, is one path; lines that were cut at ±180° (section 3.1.9) are put together again.
 */

import { printableText } from '../../../core/printable-text.ts'
import type { MapPath, PathPoint } from '../../../render/map-data.ts'
import { cellNumber, cellText } from './cell-values.ts'
import type { JsonRow } from './json-row.ts'
import type { PointRows } from './point-rows.ts'

type JsonObject = Readonly<Record<string, unknown>>

const DEPTH_MAX = 16
const GEOMETRIES = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon']

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** By its type and the member that the type asks for: other objects have a `type`, too. */
export const isGeojson = (value: JsonObject): boolean => {
  const { type } = value
  if (type === 'FeatureCollection') return Array.isArray(value['features'])
  if (type === 'GeometryCollection') return Array.isArray(value['geometries'])
  if (type === 'Feature') return Object.hasOwn(value, 'geometry')
  return typeof type === 'string' && GEOMETRIES.includes(type) && Array.isArray(value['coordinates'])
}

const toPoint = (position: unknown): PathPoint | null => {
  if (!Array.isArray(position)) return null
  const [longitude, latitude]: unknown[] = position
  if (typeof longitude !== 'number' || typeof latitude !== 'number') return null
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { longitude, latitude } : null
}

/** Null when a position is none, or there are fewer than two. */
const toLine = (positions: unknown): PathPoint[] | null => {
  if (!Array.isArray(positions) || positions.length < 2) return null
  const points = positions.map(toPoint)
  return points.every((point) => point !== null) ? points : null
}

const isCutBetween = (end: PathPoint, begin: PathPoint): boolean =>
  Math.abs(end.longitude) === 180 && begin.longitude === -end.longitude && begin.latitude === end.latitude

/** Parts of one line that end and begin at ±180° are one again, without the points at the cut. */
const joinCut = (parts: readonly PathPoint[][]): PathPoint[][] => {
  const lines: PathPoint[][] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && isCutBetween(last.at(-1)!, part[0]!)) {
      last.pop()
      last.push(...part.slice(1))
    } else lines.push([...part])
  }
  return lines
}

export class GeojsonRows {
  readonly #table: PointRows
  readonly #row: JsonRow
  /** Hops that are yet to come, of how many, and where they go. */
  #hopsLeft = 0
  #hopCount = 0
  #hops: PathPoint[] = []

  constructor(table: PointRows, row: JsonRow) {
    this.#table = table
    this.#row = row
  }

  add(value: JsonObject, line: number, properties: JsonObject = {}, depth = 0): void {
    const { type } = value
    if (depth > DEPTH_MAX) this.#table.refuse(line, `geometries more than ${DEPTH_MAX} deep`)
    else if (type === 'FeatureCollection') this.#addAll(value['features'], line, properties, depth)
    else if (type === 'GeometryCollection') this.#addAll(value['geometries'], line, properties, depth)
    else if (type === 'Feature') this.#addFeature(value, line, depth)
    else this.#addGeometry(value, line, properties)
  }

  #addAll(values: unknown, line: number, properties: JsonObject, depth: number): void {
    for (const each of values as unknown[]) {
      if (isObject(each) && isGeojson(each)) this.add(each, line, properties, depth + 1)
      else this.#table.refuse(line, 'not GeoJSON')
    }
  }

  #addFeature({ geometry, properties }: JsonObject, line: number, depth: number): void {
    const known = isObject(properties) ? properties : {}
    if (geometry === null) this.#addPoint(null, line, known)
    else if (isObject(geometry) && isGeojson(geometry)) this.add(geometry, line, known, depth + 1)
    else this.#table.refuse(line, 'a feature whose geometry is none')
  }

  #addGeometry({ type, coordinates }: JsonObject, line: number, properties: JsonObject): void {
    if (type === 'Point') this.#addPoint(coordinates, line, properties)
    else if (type === 'MultiPoint') {
      for (const each of coordinates as unknown[]) this.#addPoint(each, line, properties)
    } else if (type === 'LineString') this.#addLines([coordinates], line, properties)
    else if (type === 'MultiLineString') this.#addLines(coordinates as unknown[], line, properties)
    else this.#table.refuse(line, `a ${String(type)} is neither point nor line`)
  }

  /** @param position null for a feature that has none (section 3.2). */
  #addPoint(position: unknown, line: number, properties: JsonObject): void {
    if (this.#hopsLeft > 0 && properties['count'] === undefined) {
      const point = toPoint(position)
      // The hops say more than the line, and stand for it.
      if (this.#hopsLeft === this.#hopCount) this.#hops.length = 0
      if (point !== null) this.#hops.push(this.#hopOf(point, properties))
      this.#hopsLeft -= 1
      return
    }
    if (properties['hop'] !== undefined && properties['count'] === undefined) {
      const point = toPoint(position)
      if (point === null) this.#table.refuse(line, 'a hop that is not on Earth')
      else this.#addPath([this.#hopOf(point, properties)], properties)
      return
    }
    const [longitude, latitude]: unknown[] = Array.isArray(position) ? position : []
    this.#row.set(properties)
    // What is no position is not on Earth; a feature without any has no place.
    const absent = position === null ? null : Number.NaN
    this.#row.put('longitude', longitude ?? absent).put('latitude', latitude ?? absent)
    this.#table.see(this.#row)
    this.#table.add(this.#row, line)
  }

  #hopOf(point: PathPoint, properties: JsonObject): PathPoint {
    const text = (name: string): string | null => {
      const found = cellText(properties[name])
      return found === null ? null : printableText(found)
    }
    const [label, address, city, country] = ['hop', 'address', 'city', 'country'].map(text)
    const rttUs = cellNumber(properties['rttUs'])
    return {
      ...point,
      ...(label == null ? {} : { label }),
      ...(address == null ? {} : { address }),
      ...(city == null ? {} : { city }),
      ...(country == null ? {} : { country }),
      ...(rttUs === null || Number.isNaN(rttUs) ? {} : { rttUs }),
    }
  }

  #addLines(lines: readonly unknown[], line: number, properties: JsonObject): void {
    const parts = lines.map(toLine)
    if (parts.length === 0 || !parts.every((part) => part !== null)) {
      this.#table.refuse(line, 'a line of fewer than two positions on Earth')
      return
    }
    const hops = cellNumber(properties['hops'])
    const isOurs = hops !== null && Number.isInteger(hops) && hops > 1
    const joined = joinCut(parts)
    for (const points of joined) this.#addPath(points, properties)
    this.#hopsLeft = isOurs ? hops : 0
    this.#hopCount = this.#hopsLeft
    this.#hops = joined.at(-1)!
  }

  #addPath(points: PathPoint[], properties: JsonObject): void {
    const name = cellText(properties['path'] ?? properties['name'])
    const path: MapPath = { points, ...(name === null ? {} : { name: printableText(name) }) }
    this.#table.addPath(path, this.#row.set(properties))
  }
}
