/** The rows of `interplot geolocate` for a list: of places alone, or of everything that the input says with its places. */

import { splitCsv } from '../../core/csv-record.ts'
import { InterplotError } from '../../core/errors.ts'
import type { Place } from '../../core/place.ts'
import { makeRegistry } from '../../core/registry.ts'
import type { LineForm } from '../../geo/address-line.ts'
import { jsonLine } from '../../geo/address-line.ts'
import type { OutputFormat } from '../../output/format.ts'
import { outputFormats } from '../../output/index.ts'
import { zannotate } from '../../output/zannotate.ts'
import { outputFormatFor } from '../scan/scan-output.ts'
import { makePlaceRow, PLACE_FIELDS, placeValues } from './place-table.ts'

export interface PlaceRows {
  header(): string
  /** @param line where the address stands, for rows that keep it. */
  row(address: string, place: Place | null, line: string): string
  end(): string
}

export interface PlaceRowOptions {
  outputFile: string
  outputModule?: string
  headerRow?: boolean
  keepColumns?: boolean
  /** What the places come from, in short. */
  source: string
}

/** What the input turned out to be. */
export interface InputForm {
  name: string
  format: LineForm['format'] | null
  header: string | null
}

const placeFormats = makeRegistry('output format', [...outputFormats.entries, zannotate])
const DETAIL_FIELDS = PLACE_FIELDS.slice(1)
/** Before the name of a column that the input has already. */
const OWN_PREFIX = 'geo_'

/** Formats each place once. */
const perPlace = (format: (place: Place | null) => string): ((place: Place | null) => string) => {
  const known = new Map<Place | null, string>()
  return (place) => {
    let text = known.get(place)
    if (text === undefined) {
      text = format(place)
      known.set(place, text)
    }
    return text
  }
}

const detailsOf = (place: Place | null, source: string) => placeValues('', place, source).slice(1)

const csvRows = (format: OutputFormat, form: InputForm, options: PlaceRowOptions): PlaceRows => {
  const names = form.header === null ? null : (splitCsv(form.header) ?? [])
  const taken = new Set(names?.map((name) => name.trim().toLowerCase()))
  const writer = format.open(DETAIL_FIELDS.map((field) => (taken.has(field) ? OWN_PREFIX + field : field)))
  const details = perPlace((place) => writer.row(detailsOf(place, options.source)))
  let width = names?.length
  return {
    header: () => (form.header === null || options.headerRow === false ? '' : `${form.header},${writer.header()}`),
    row(_address, place, line) {
      const fields = splitCsv(line)?.length ?? 0
      width ??= fields
      return `${line}${','.repeat(Math.max(0, width - fields))},${details(place)}`
    },
    end: () => '',
  }
}

/** `{"a":1}` and `"b":2` → `{"a":1,"b":2}`. */
const withMembers = (line: string, members: string): string => `${jsonLine(line).slice(0, -1).trimEnd()},${members}}\n`

const jsonRows = (format: OutputFormat, options: PlaceRowOptions): PlaceRows => {
  const inner = (prefixed: (field: string) => string) =>
    perPlace((place) =>
      format.open(DETAIL_FIELDS.map(prefixed)).row(detailsOf(place, options.source)).trim().slice(1, -1),
    )
  /** By the names that a line has already; mostly all lines have the same. */
  const byTaken = new Map<string, (place: Place | null) => string>()
  const membersFor = (taken: readonly string[]): ((place: Place | null) => string) => {
    const known = byTaken.get(taken.join())
    if (known !== undefined) return known
    const made = inner((field) => (taken.includes(field) ? OWN_PREFIX + field : field))
    byTaken.set(taken.join(), made)
    return made
  }
  const annotation = perPlace((place) => {
    const { geoip2 } = JSON.parse(zannotate.open(PLACE_FIELDS).row(placeValues('', place, options.source)))
    return `"zannotate":${JSON.stringify({ geoip2 })}`
  })
  return {
    header: () => '',
    row(_address, place, line) {
      if (format === zannotate) return withMembers(line, annotation(place))
      const own: object = JSON.parse(jsonLine(line))
      const taken = DETAIL_FIELDS.filter((field) => Object.hasOwn(own, field))
      return withMembers(line, membersFor(taken)(place))
    },
    end: () => '',
  }
}

const keptRows = (format: OutputFormat, form: InputForm, options: PlaceRowOptions): PlaceRows => {
  const asked = options.outputModule !== undefined || options.outputFile !== '-'
  if (form.format === 'csv' && (format.name === 'csv' || !asked)) return csvRows(format, form, options)
  if (form.format === 'ndjson' && !asked) return jsonRows(outputFormats.get('ndjson'), options)
  if (form.format === 'ndjson' && (format === zannotate || format.name === 'ndjson')) return jsonRows(format, options)
  throw new InterplotError('ERR_USAGE', `--keep-columns cannot make ${format.name} of ${form.name}`, {
    advice: 'It makes CSV of CSV, and ndjson or zannotate of one JSON object a line.',
  })
}

/** @throws InterplotError ERR_USAGE for a format that is not known, or cannot keep the columns of this input. */
export const openPlaceRows = (form: InputForm, options: PlaceRowOptions): PlaceRows => {
  const { outputFile, outputModule, source } = options
  const format = outputModule === undefined ? outputFormatFor(outputFile, undefined) : placeFormats.get(outputModule)
  if (options.keepColumns === true && form.format !== null) return keptRows(format, form, options)
  const writer = format.open(PLACE_FIELDS, { header: options.headerRow !== false })
  return { header: writer.header, row: makePlaceRow(format, writer, source), end: writer.end }
}
