/** What a map shows and how it is wanted. */

/** Places and how much lies there: three columns of one length. Points that are not on Earth are left out and counted. */
export interface MapPoints {
  /** Degrees north, −90 … 90. */
  readonly latitude: Float64Array
  /** Degrees east, −180 … 180. */
  readonly longitude: Float64Array
  /** Above 0: usually the number of addresses. */
  readonly weight: Float64Array
}

export interface PathPoint {
  readonly longitude: number
  readonly latitude: number
  /** Short: the number of the hop, a city. */
  readonly label?: string
}

/** A trace: its first point is the vantage point; great circles join the points. */
export interface MapPath {
  readonly points: readonly PathPoint[]
}

export interface MapData {
  points: MapPoints
  paths: readonly MapPath[]
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
}

export interface MapOptions {
  /** Pixels. */
  width: number
  height: number
  /** Names in the registries `projections`, `styles` and `backends`. */
  projection: string
  style: string
  backend: string
}

export const DEFAULT_MAP_OPTIONS: MapOptions = {
  width: 2400,
  height: 1350,
  projection: 'natural-earth',
  style: 'dark',
  backend: 'png',
}
