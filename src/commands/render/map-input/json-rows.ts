/** What JSON holds: rows, places by address, GeoJSON, or an object around any of them. */

import { parseIp } from '../../../core/ip.ts'
import { printableText } from '../../../core/printable-text.ts'
import { GeojsonRows, isGeojson } from './geojson-rows.ts'
import type { JsonPart } from './json-parts.ts'
import { JsonRow } from './json-row.ts'
import type { PointRows } from './point-rows.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Objects around objects around rows: more is no table. */
const DEPTH_MAX = 8
const MEMBERS_KEPT = 1000
/** Of all members of an object together, letters. */
const MEMBERS_LENGTH_MAX = 128 * 1024 * 1024

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a file says of itself, for the map. */
export interface FileWords {
  title?: string
  subtitle?: string
  attributions: string[]
}

const isEmptyContainer = (object: JsonObject): boolean =>
  Object.values(object).some((each) => Array.isArray(each) && each.length === 0)

const isAddress = (text: string): boolean => text.length < 46 && parseIp(text) !== null

export class JsonRows {
  readonly words: FileWords = { attributions: [] }
  readonly row = new JsonRow()
  readonly #table: PointRows
  readonly #geojson: GeojsonRows
  #members: Record<string, unknown> = {}
  #memberCount = 0
  #memberLength = 0
  /** Rows came out of the object that is being read. */
  #isContainer = false

  constructor(table: PointRows) {
    this.#table = table
    this.#geojson = new GeojsonRows(table, this.row)
  }

  /** One line that holds a whole value. */
  line(text: string, number: number): void {
    this.#parse(text, number, (value) => this.#value(value, number, 0))
  }

  part(part: JsonPart): void {
    const { line } = part
    if (part.kind === 'end') {
      this.#end(line)
    } else if (part.kind === 'element') {
      this.#isContainer ||= part.key !== null
      this.#parse(part.text, line, (value) => this.#value(value, line, 1))
    } else if (isAddress(part.key ?? '')) {
      this.#isContainer = true
      this.#parse(part.text, line, (value) => this.#place(part.key!, value, line))
    } else if (this.#memberCount < MEMBERS_KEPT && this.#memberLength < MEMBERS_LENGTH_MAX) {
      this.#memberCount += 1
      this.#memberLength += part.text.length
      this.#parse(part.text, line, (value) => {
        Object.defineProperty(this.#members, part.key!, { value, enumerable: true, configurable: true })
      })
    }
  }

  #parse(text: string, line: number, use: (value: unknown) => void): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.#table.refuse(line, `not JSON: ${printableText(text, 40)}`)
      return
    }
    use(value)
  }

  #end(line: number): void {
    const members = this.#members
    if (this.#isContainer) this.#describe(members)
    else if (this.#memberCount > 0) this.#value(members, line, 0)
    this.#members = {}
    this.#memberCount = 0
    this.#memberLength = 0
    this.#isContainer = false
  }

  #describe({ title, subtitle, attribution }: JsonObject): void {
    if (typeof title === 'string') this.words.title ??= printableText(title)
    if (typeof subtitle === 'string') this.words.subtitle ??= printableText(subtitle)
    if (!Array.isArray(attribution) || this.words.attributions.length > 0) return
    const texts = attribution.filter((each): each is string => typeof each === 'string')
    this.words.attributions.push(...texts.slice(0, 20).map((text) => printableText(text)))
  }

  #value(value: unknown, line: number, depth: number): void {
    if (!isObject(value)) {
      if (Array.isArray(value) && depth === 0) for (const each of value) this.#value(each, line, 1)
      else
        this.#table.refuse(line, `not an object: ${Array.isArray(value) ? 'a list' : printableText(String(value), 40)}`)
      return
    }
    if (isGeojson(value)) {
      if (Array.isArray(value['features'])) this.#describe(value)
      this.#geojson.add(value, line)
      return
    }
    const row = this.row.set(value)
    const isByAddress = isAddress(Object.keys(value)[0] ?? '')
    if ((isByAddress || row.cell('latitude') === undefined) && depth < DEPTH_MAX && this.#inner(value, line, depth))
      return
    this.#table.see(row)
    this.#table.add(row, line)
  }

  /** Rows within an object that is none itself. @returns false where there are none. */
  #inner(object: JsonObject, line: number, depth: number): boolean {
    const names = Object.keys(object)
    if (names.some(isAddress)) {
      for (const name of names) if (isAddress(name)) this.#place(name, object[name], line)
      return true
    }
    const inner = names.map((name) => object[name]).find((each) => Array.isArray(each) && isObject(each[0]))
    const wrapped = names.length === 1 && isObject(object[names[0]!]) ? [object[names[0]!]] : inner
    if (wrapped === undefined && isEmptyContainer(object) && this.row.cell('address') === undefined) return true
    if (!Array.isArray(wrapped) || names.includes('hop')) return false
    this.#describe(object)
    for (const each of wrapped) this.#value(each, line, depth + 1)
    return true
  }

  /** `"192.0.2.1": {"lat": 1, "lon": 2}`, `[1, 2]`, `"unknown"` or null. */
  #place(address: string, value: unknown, line: number): void {
    const row = this.row
    if (isObject(value)) row.set(value)
    else row.set({})
    if (Array.isArray(value)) row.put('latitude', value[0] ?? null).put('longitude', value[1] ?? null)
    else if (!isObject(value)) row.put('latitude', value).put('longitude', value)
    this.#table.see(row.put('address', address))
    this.#table.add(row, line)
  }
}
