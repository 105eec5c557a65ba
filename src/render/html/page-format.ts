/**
 * What the page and the program that writes it agree on. The data of a page are `PageHeader` as JSON, then columns of bytes,
 * in one stream of deflate (RFC 1950: unlike gzip it names no operating system) in base64:
 *
 *     length of the header, 4 bytes, lowest first · header · columns in the order of COLUMNS, as long as `columns` says
 *
 * Points are squares of a world of 2^19 × 2^19 (76 m at the equator, 38 m at 60°), in Morton order. What lies in one
 * square and is alike in everything else is one record.
 */

import type { Colouring, PathPoint, Ranking, ViewOptions } from '../map-data.ts'
import type { ToneName } from '../tone-scale.ts'

export const POSITION_BITS = 19
export const POSITIONS = 2 ** POSITION_BITS
/** Of outlines of land. */
export const OUTLINE_STEPS = 2 ** 17

/** Widest world, CSS pixels: about 1:5 million at the equator, where land of 1:50 million is coarse enough. */
export const WIDEST_WORLD = 2 ** 15

export const COLUMNS = [
  /** Differences of the records' Morton codes, each a varint. */
  'positions',
  /** A varint each; single-precision floats with `fractional`; empty where every weight is 1. */
  'weights',
  /** A byte each, if points are coloured. */
  'colours',
  /** Numbers in `cities`, a varint each: 0 for none. */
  'cities',
  /** Numbers in `networks`, likewise. */
  'networks',
  /** Lines of text, if some are known. */
  'addresses',
  /** For each line: its number of points, then differences of x and y. */
  'land',
  'borders',
  'lakes',
] as const

export type ColumnName = (typeof COLUMNS)[number]

/** Colours of the theme that the map itself needs; those of words are in the page's style sheet. */
export interface PageTheme {
  readonly background: string
  readonly ocean: string
  readonly land: string
  readonly coast: string
  readonly border: string
  readonly graticule: string
  readonly title: string
  readonly halo: string
  readonly vantage: string
  readonly pathStart: string
  readonly pathEnd: string
  readonly hop: string
  readonly marker: { readonly fill: string; readonly stroke: string; readonly text: string }
  readonly groups: readonly string[]
  readonly ramp: readonly number[]
  readonly blend: 'screen' | 'multiply'
  readonly bloom: number
  readonly coastWidth: number
  readonly borderWidth: number
}

export interface PagePath {
  readonly name?: string
  readonly points: readonly PathPoint[]
}

export interface PageHeader {
  /** Lengths in bytes. */
  readonly columns: Readonly<Record<ColumnName, number>>
  readonly records: number
  readonly fractional: boolean
  readonly theme: PageTheme
  readonly tone: ToneName
  readonly graticule: boolean
  readonly view: ViewOptions
  readonly colouring?: Colouring
  readonly paths: readonly PagePath[]
  readonly rankings: readonly Ranking[]
  /** Names of countries, and of cities with the number of their country; number 0 is none. */
  readonly countries: readonly string[]
  readonly cities: readonly (readonly [city: string, country: number])[]
  readonly networks: readonly (readonly [asn: number, organization: string])[]
}
