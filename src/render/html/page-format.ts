/**
 * What the page and the program that writes it agree on. The data of a page are `PageHeader` as JSON, then columns of bytes,
 * in one stream of deflate (RFC 1950: unlike gzip it names no operating system) in base64:
 *
 *     length of the header, 4 bytes, lowest first · header · columns in the order of COLUMNS, as long as `columns` says
 *
 * Points are squares of a world of 2^19 × 2^19 (76 m at the equator, 38 m at 60°), in Morton order. What lies in one
 * square and is alike in everything else is one record.
 */

import type { Colouring, MapFrames, PathPoint, Ranking, ViewOptions } from '../map-data.ts'
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
  /** Numbers of frames, a varint each, with `frames`. */
  'frames',
  /** Kilometres, a varint each, if asked for: 0 where nobody says. */
  'accuracy',
  /** For each line: its number of points, then differences of x and y. */
  'land',
  'borders',
  'lakes',
  /** One after the other: each country of `areas`, each step of the night; as long as `areas` and `night` say. */
  'areas',
  'night',
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
  readonly night: string
  readonly blend: 'screen' | 'multiply'
  readonly bloom: number
  readonly coastWidth: number
  readonly borderWidth: number
}

export interface PagePath {
  readonly name?: string
  readonly points: readonly PathPoint[]
}

/** How points are shown. */
export type PageLayer = 'density' | 'dots' | 'markers' | 'choropleth'

/** Countries, in the order of their outlines. */
export interface PageAreas {
  readonly codes: readonly string[]
  /** Of their outlines, bytes. */
  readonly lengths: readonly number[]
  /** How many addresses each has, 0 where nobody knows: then colours say shares. */
  readonly allocated?: readonly number[]
  /** What each frame adds, or the only one: number of a country, count, number, count, … */
  readonly steps: readonly (readonly number[])[]
}

export interface PageHeader {
  /** Lengths in bytes. */
  readonly columns: Readonly<Record<ColumnName, number>>
  readonly records: number
  readonly fractional: boolean
  readonly theme: PageTheme
  readonly tone: ToneName
  readonly layer: PageLayer
  readonly graticule: boolean
  /** How many cities are named in a window; 0 for none. */
  readonly labels: number
  readonly frames?: MapFrames
  readonly areas?: PageAreas
  /** Lengths of the outlines of dusk, bytes. */
  readonly night: readonly number[]
  readonly arcsTo?: { readonly latitude: number; readonly longitude: number }
  readonly counted?: 'bans' | 'connections'
  /** Addresses with a place, as the data say. */
  readonly located: number
  readonly view: ViewOptions
  readonly colouring?: Colouring
  readonly paths: readonly PagePath[]
  readonly rankings: readonly Ranking[]
  /** Names of countries, and of cities with the number of their country; number 0 is none. */
  readonly countries: readonly string[]
  readonly cities: readonly (readonly [city: string, country: number])[]
  readonly networks: readonly (readonly [asn: number, organization: string])[]
}
