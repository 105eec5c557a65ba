/** Points out of tables that hold coordinates: what `interplot geolocate` prints, or anybody's CSV or ndjson. */

import type { Readable } from 'node:stream'
import { splitCsv } from '../core/csv-record.ts'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { linesOf } from '../core/text-lines.ts'

export interface PointTable {
  latitude: Float64Array
  longitude: Float64Array
  weight: Float64Array
  /** What the rows say their places come from, each once: see place-table.ts. */
  sources: readonly string[]
  /** Rows without coordinates. */
  unlocated: number
  /** Rows that could not be read, and the first few of them in words. */
  problemCount: number
  problems: readonly string[]
}

const LATITUDE_NAMES = ['latitude', 'lat']
const LONGITUDE_NAMES = ['longitude', 'lon', 'lng', 'long']
const WEIGHT_NAMES = ['weight', 'count']
const SOURCE_NAMES = ['source']
const PROBLEMS_KEPT = 10
/** Different sources in one table that are kept: more than that is no list of databases. */
const SOURCES_KEPT = 32

/** As text or numbers; undefined where the row has none; null for a row that is none. */
type Row = readonly [latitude: unknown, longitude: unknown, weight: unknown, source: unknown] | null

const noCoordinates = (name: string, firstLine: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `${name} has no columns latitude and longitude: ${firstLine.slice(0, 80)}`, {
    advice: 'For a list of addresses, find their places first: interplot geolocate.',
  })

const csvReader = (name: string, header: string): ((line: string) => Row) => {
  const fields = (splitCsv(header) ?? []).map((field) => field.trim().toLowerCase())
  const find = (names: readonly string[]): number => fields.findIndex((field) => names.includes(field))
  const [latitude, longitude] = [find(LATITUDE_NAMES), find(LONGITUDE_NAMES)]
  const [weight, source] = [find(WEIGHT_NAMES), find(SOURCE_NAMES)]
  if (latitude < 0 || longitude < 0) throw noCoordinates(name, header)
  return (line) => {
    const values = splitCsv(line)
    return values === null ? null : [values[latitude], values[longitude], values[weight], values[source]]
  }
}

const readJson = (line: string): Row => {
  // Our own JSON array has its objects one a line: brackets and commas around them.
  const text = line
    .replace(/^\[/, '')
    .replace(/[\],]\s*$/, '')
    .trim()
  if (text === '') return [undefined, undefined, undefined, undefined]
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const entries = new Map(Object.entries(value))
  const find = (names: readonly string[]): unknown => entries.get(names.find((name) => entries.has(name)) ?? '')
  return [find(LATITUDE_NAMES), find(LONGITUDE_NAMES), find(WEIGHT_NAMES), find(SOURCE_NAMES)]
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''

/** Growable columns. */
class Columns {
  latitude = new Float64Array(1024)
  longitude = new Float64Array(1024)
  weight = new Float64Array(1024)
  count = 0

  add(latitude: number, longitude: number, weight: number): void {
    if (this.count === this.latitude.length) {
      for (const name of ['latitude', 'longitude', 'weight'] as const) {
        const grown = new Float64Array(this.count * 2)
        grown.set(this[name])
        this[name] = grown
      }
    }
    this.latitude[this.count] = latitude
    this.longitude[this.count] = longitude
    this.weight[this.count] = weight
    this.count += 1
  }
}

/**
 * Reads all rows. @param name what to call the input in messages.
 * @throws InterplotError ERR_INPUT_FILE when it can't be read, is no text, or has no coordinates in its header.
 */
export const readPoints = async (input: Readable, name: string): Promise<PointTable> => {
  const columns = new Columns()
  const problems: string[] = []
  const sources = new Set<string>()
  let problemCount = 0
  let unlocated = 0
  const refuse = (number: number, reason: string): void => {
    problemCount += 1
    if (problems.length < PROBLEMS_KEPT) problems.push(`${name}:${number}: ${reason}`)
  }
  let read: ((line: string) => Row) | undefined
  try {
    for await (const { line, number } of linesOf(input, name)) {
      if (read === undefined) {
        const isJson = /^[{[]/.test(line)
        read = isJson ? readJson : csvReader(name, line)
        if (!isJson || line === '[') continue
      }
      if (line === ']') continue
      const row = read(line)
      if (row === null) {
        refuse(number, 'not a row')
        continue
      }
      const [latitudeText, longitudeText, weightText, source] = row
      if (typeof source === 'string' && source !== '' && sources.size < SOURCES_KEPT) sources.add(source)
      if (isMissing(latitudeText) || isMissing(longitudeText)) {
        unlocated += 1
        continue
      }
      const [latitude, longitude] = [Number(latitudeText), Number(longitudeText)]
      const weight = isMissing(weightText) ? 1 : Number(weightText)
      if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) refuse(number, 'coordinates that are not on Earth')
      else if (!(weight >= 0 && Number.isFinite(weight))) refuse(number, `"${String(weightText)}" is no weight`)
      else columns.add(latitude, longitude, weight)
    }
  } catch (cause) {
    if (cause instanceof InterplotError || systemErrorCode(cause) === undefined) throw cause
    throw fileError('ERR_INPUT_FILE', name, cause)
  }
  return {
    latitude: columns.latitude.subarray(0, columns.count),
    longitude: columns.longitude.subarray(0, columns.count),
    weight: columns.weight.subarray(0, columns.count),
    sources: [...sources],
    unlocated,
    problemCount,
    problems,
  }
}
