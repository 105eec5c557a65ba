/** What a map shows and how it is wanted. */

import type { MapStyle } from './styles/contract.ts'
import type { TerminalLook } from './terminal/look.ts'
import type { ToneName } from './tone-scale.ts'

/** What is known of each point beside its coordinates: columns as long as those of the points. */
export interface PointDetails {
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: readonly (string | null)[]
  readonly country: readonly (string | null)[]
  readonly city: readonly (string | null)[]
  /** 0 where it is not known. */
  readonly asn: Uint32Array
  readonly asOrganization: readonly (string | null)[]
  /** Where a point stands for one address. */
  readonly address?: readonly (string | null)[]
}

/** Places and how much lies there: columns of one length. Points that are not on Earth are left out and counted. */
export interface MapPoints {
  /** Degrees north, −90 … 90. */
  readonly latitude: Float64Array
  /** Degrees east, −180 … 180. */
  readonly longitude: Float64Array
  /** Above 0: usually the number of addresses. */
  readonly weight: Float64Array
  /** With `MapData.colouring`: the number of a group, or 0 … 255 along its scale. */
  readonly colour?: Uint8Array
  /** With `MapData.frames`: in which frame the point appears. */
  readonly frame?: Uint32Array
  /** Radius of the circle that the place is somewhere in; NaN where nobody says. */
  readonly accuracyKm?: Float32Array
  readonly details?: PointDetails
}

export interface ColourGroup {
  readonly label: string
  readonly count: number
  /** Stands for everything else, or for what is not known: grey. */
  readonly rest?: true
}

/** What the colours of points say. */
export type Colouring =
  | {
      readonly kind: 'groups'
      /** What the groups are: "Port". */
      readonly title: string
      /** From the largest; at most MOST_GROUPS. */
      readonly groups: readonly ColourGroup[]
    }
  | {
      readonly kind: 'scale'
      readonly title: string
      /** Where along the scale, 0 … 1, which words stand. */
      readonly ticks: readonly { readonly at: number; readonly label: string }[]
    }

/** More colours than that cannot be told apart. */
export const MOST_GROUPS = 8

/** Times that the points' frames stand for. */
export interface MapFrames {
  readonly count: number
  /** Of frame 0, since the Unix epoch. */
  readonly startUs: number
  readonly lengthUs: number
  /** Points stay once they have appeared. */
  readonly cumulative: boolean
}

export interface PathPoint {
  readonly longitude: number
  readonly latitude: number
  /** Short: the number of the hop, a city. */
  readonly label?: string
  readonly address?: string
  readonly city?: string
  readonly country?: string
  readonly rttUs?: number
  /** By reverse DNS. */
  readonly name?: string
  /** Between the point before and this one lie hops that nobody knows the place of: the leg is dashed. */
  readonly bridged?: true
  /** It cannot be there, the answer came too soon: marked, and left out of the line. */
  readonly tooFar?: true
}

/** A trace: its first point is the vantage point; great circles join the points. */
export interface MapPath {
  readonly points: readonly PathPoint[]
  /** Where it leads. */
  readonly name?: string
}

/** A line of the table of hops beside the map of one trace; absent = not known. */
export interface HopTableRow {
  /** `3`, or `8–10`. */
  readonly hop: string
  /** Its name or address, or why there is none. */
  readonly router: string
  readonly place?: string
  readonly network?: string
  readonly rtt?: string
  /** Nothing stands behind it: no answer, a hidden hop. */
  readonly faint?: true
}

/** A line of the table of the most frequent countries, cities or networks. */
export interface RankingRow {
  readonly label: string
  readonly count: number
}

export interface Ranking {
  /** What is ranked: "Countries". */
  readonly title: string
  readonly rows: readonly RankingRow[]
}

export interface MapData {
  points: MapPoints
  paths: readonly MapPath[]
  /** The paths are compared: each has a colour of its own, with its name in the legend; at most MOST_GROUPS. */
  compared?: true
  /** Of the only path; drawn where there is room and no ranking. */
  hopTable?: readonly HopTableRow[]
  /** What is counted; absent: addresses. */
  counted?: 'bans' | 'connections'
  /** Addresses with and without a place, and what is odd about them where that is known. */
  counts: {
    readonly located: number
    readonly unlocated: number
    /** Of those with a place. */
    readonly approximate?: number
    /** Of those without. */
    readonly private?: number
    /** Of those without, and of those with one. */
    readonly anycast?: number
    readonly placedAnycast?: number
  }
  title: string
  subtitle: string
  /** What the licences of the data ask for; written on the map. */
  attributions: readonly string[]
  colouring?: Colouring
  frames?: MapFrames
  /** Addresses by ISO 3166-1 alpha-2 code; without it, the points' details or positions say it. */
  countries?: ReadonlyMap<string, number>
  /** IPv4 addresses that each country has: with it, countries are coloured by share. */
  allocated?: ReadonlyMap<string, number>
  rankings?: readonly Ranking[]
  /** Distinct IPv4 addresses, ascending, for maps of the address space. */
  addresses?: Uint32Array
}

/** The word for so many of what a map counts. */
export const countedWord = (counted: MapData['counted'], count: number): string => {
  if (counted !== undefined) return count === 1 ? counted.slice(0, -1) : counted
  return count === 1 ? 'address' : 'addresses'
}

/** The same at the beginning of a heading, of many. */
export const countedHeading = (counted: MapData['counted']): string => {
  const word = countedWord(counted, 2)
  return `${word[0]!.toUpperCase()}${word.slice(1)}`
}

/** Which part of the Earth; without any of it, the whole. */
export interface ViewOptions {
  /** Degrees; `west` above `east` crosses ±180°. */
  readonly box?: { readonly south: number; readonly west: number; readonly north: number; readonly east: number }
  readonly center?: { readonly latitude: number; readonly longitude: number }
  /** 1 shows the whole world, 2 half of its width, … */
  readonly zoom?: number
  /** Where the points and paths are. */
  readonly fit?: boolean
}

export interface MapOptions {
  /** Pixels. */
  width: number
  height: number
  /** Names in the registries `projections`, `backends` and `layers`; the style's own layer by default. */
  projection: string
  backend: string
  layer?: string
  /** A name in the registry `styles`, or a style from a file. */
  style: string | MapStyle
  view: ViewOptions
  tone: ToneName
  /** A colour map instead of the style's: a name in `colourMaps`. */
  colourMap?: string
  /** How many places are named; 0 for none. */
  labels: number
  graticule: boolean
  /** Draws the night at this time, since the Unix epoch. */
  nightAtUs?: number
  /** Circles of the places' accuracy. */
  accuracy: boolean
  /** Great circles from the points to here. */
  arcsTo?: { readonly latitude: number; readonly longitude: number }
  /** Dots per inch, written into the file. */
  dpi?: number
  /** For maps of the address space: which prefix fills it, as first address and length. */
  prefix: { readonly first: number; readonly length: number }
  /** For maps on a terminal: what it can show. */
  terminal?: TerminalLook
  /** Street-map tiles under everything else, as a picture of the same size and view. */
  backdrop?: Backdrop
}

/** A painted background in Web Mercator. */
export interface Backdrop {
  /** PNG of exactly the map's size. */
  readonly png: Buffer
  /** Middle of the picture, degrees. */
  readonly center: { readonly latitude: number; readonly longitude: number }
  /** Of the tiles: the world is 256 · 2^zoom pixels wide. */
  readonly zoom: number
  readonly attribution: string
}

export const DEFAULT_MAP_OPTIONS: MapOptions = {
  width: 2400,
  height: 1350,
  projection: 'natural-earth',
  style: 'dark',
  backend: 'png',
  view: {},
  tone: 'log',
  labels: 0,
  graticule: true,
  accuracy: false,
  prefix: { first: 0, length: 0 },
}
