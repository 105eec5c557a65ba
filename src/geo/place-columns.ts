/**
 * Distinct places as columns of numbers and one table of texts: small, quick to write and to read back. A place becomes
 * an object when it is first asked for, and stays the same object.
 */

import { PLACE_STATES, type Place } from '../core/place.ts'

/** How a field is kept: degrees in ten-thousandths, whole numbers, other numbers, or the number of a text. */
type Kind = 'degrees' | 'integer' | 'number' | 'text' | 'state'

const FIELDS = {
  latitude: 'degrees',
  longitude: 'degrees',
  accuracyKm: 'number',
  state: 'state',
  continentCode: 'text',
  countryCode: 'text',
  country: 'text',
  region: 'text',
  city: 'text',
  postalCode: 'text',
  timeZone: 'text',
  geonameId: 'integer',
  asn: 'integer',
  asOrganization: 'text',
} as const satisfies Record<keyof Required<Place>, Kind>

type Field = keyof typeof FIELDS
const FIELD_NAMES = Object.keys(FIELDS) as Field[]

const DEGREE_STEPS = 1e4
const NO_DEGREES = -0x8000_0000
/** No field of whole numbers has a zero that says anything. */
const NOTHING = 0

export type PlaceColumn = Int32Array | Uint32Array | Float64Array

export interface PlaceColumns {
  readonly count: number
  /** Fields that no place has are absent. Row 0 is place number 1. */
  readonly columns: ReadonlyMap<Field, PlaceColumn>
  /** Texts one behind the other in UTF-8, where each begins, and where the last ends; text 0 is empty. */
  readonly textStarts: Uint32Array
  readonly textBytes: Uint8Array
}

/** The array for a field's column. @throws nothing: a name that is no field gives null. */
export const columnArray = (
  field: string,
): Int32ArrayConstructor | Uint32ArrayConstructor | Float64ArrayConstructor | null => {
  const kind = (FIELDS as Record<string, Kind>)[field]
  if (kind === undefined) return null
  if (kind === 'degrees') return Int32Array
  return kind === 'number' ? Float64Array : Uint32Array
}

const makeTexts = (): { numberOf: (text: string) => number; build: () => [Uint32Array, Uint8Array] } => {
  const numbers = new Map<string, number>([['', 0]])
  return {
    numberOf(text) {
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, numbers.size)
      return numbers.size - 1
    },
    build() {
      const parts = [...numbers.keys()].map((text) => Buffer.from(text))
      const starts = new Uint32Array(parts.length + 1)
      for (const [i, part] of parts.entries()) starts[i + 1] = starts[i]! + part.length
      return [starts, new Uint8Array(Buffer.concat(parts))]
    },
  }
}

/** @param places distinct ones; the first gets number 1. */
export const placeColumns = (places: readonly Place[]): PlaceColumns => {
  const texts = makeTexts()
  const encode = (place: Place, field: Field): number => {
    const value = place[field]
    const kind = FIELDS[field]
    if (kind === 'degrees') return value === undefined ? NO_DEGREES : Math.round(Number(value) * DEGREE_STEPS)
    if (value === undefined) return NOTHING
    if (kind === 'text') return texts.numberOf(String(value))
    return kind === 'state' ? PLACE_STATES.indexOf(place.state!) + 1 : Number(value)
  }
  const columns = new Map<Field, PlaceColumn>()
  for (const field of FIELD_NAMES) {
    if (!places.some((place) => place[field] !== undefined)) continue
    const column = new (columnArray(field)!)(places.length)
    for (let row = 0; row < places.length; row += 1) column[row] = encode(places[row]!, field)
    columns.set(field, column)
  }
  const [textStarts, textBytes] = texts.build()
  return { count: places.length, columns, textStarts, textBytes }
}

/** Gives places by number. */
export interface PlaceReader {
  readonly count: number
  /** Null for 0. */
  place(number: number): Place | null
}

export const makePlaceReader = ({ count, columns, textStarts, textBytes }: PlaceColumns): PlaceReader => {
  const bytes = Buffer.from(textBytes.buffer, textBytes.byteOffset, textBytes.length)
  const texts = new Array<string | undefined>(textStarts.length - 1)
  const made = new Array<Place | undefined>(count)
  const textOf = (number: number): string => {
    texts[number] ??= bytes.toString('utf8', textStarts[number], textStarts[number + 1])
    return texts[number]
  }
  const decode = (kind: Kind, value: number): number | string | undefined => {
    if (kind === 'degrees') return value === NO_DEGREES ? undefined : value / DEGREE_STEPS
    if (value === NOTHING) return undefined
    if (kind === 'text') return textOf(value)
    return kind === 'state' ? PLACE_STATES[value - 1] : value
  }
  const entries = [...columns]
  return {
    count,
    place(number) {
      if (number === 0) return null
      const row = number - 1
      const known = made[row]
      if (known !== undefined) return known
      const place: Record<string, number | string> = {}
      for (const [field, column] of entries) {
        const value = decode(FIELDS[field], column[row]!)
        if (value !== undefined) place[field] = value
      }
      made[row] = place as Place
      return made[row]
    },
  }
}
