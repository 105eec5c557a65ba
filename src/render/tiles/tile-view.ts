/**
 * Which tiles lie where. In Web Mercator (EPSG:3857) the world is a square of 256 · 2^zoom pixels, cut into tiles of 256;
 * zooms are whole numbers. The picture's corner lies on a whole pixel of that square, so that tiles are never resampled. The
 * world is shown once: where the picture is wider, its sides stay empty, as points are shown once, too.
 */

import { InterplotError } from '../../core/errors.ts'
import type { Backdrop, MapData, ViewOptions } from '../map-data.ts'
import { finishFit, type MapFit, SPHERE, turned } from '../map-fit.ts'
import { fitPart, isPart, OVERLAP_PIXELS } from '../map-view.ts'
import { projectOutline } from '../outline-builder.ts'
import { mercator } from '../projection/mercator.ts'
import { viewCentre } from '../view-centre.ts'
import type { TileAddress } from './tile-template.ts'

export const TILE_PIXELS = 256
export const MOST_TILE_ZOOM = 19
/** Beyond that, a picture is bulk download. */
export const MOST_TILES = 200
const RADIANS = Math.PI / 180

export interface TileView extends Pick<Backdrop, 'center' | 'zoom'> {
  readonly width: number
  readonly height: number
  /** Of the picture's corner, in pixels of the world; may be negative. */
  readonly left: number
  readonly top: number
}

/** A tile and where its corner lies in the picture. */
export interface PlacedTile extends TileAddress {
  readonly left: number
  readonly top: number
}

const worldPixels = (zoom: number): number => TILE_PIXELS * 2 ** zoom
const modulo = (value: number, by: number): number => ((value % by) + by) % by

const columnOf = (longitude: number, world: number): number => ((longitude + 180) / 360) * world
const rowOf = (latitude: number, world: number): number =>
  (0.5 - Math.asinh(Math.tan(latitude * RADIANS)) / (2 * Math.PI)) * world
const longitudeOf = (column: number, world: number): number => (modulo(column, world) / world) * 360 - 180
const latitudeOf = (row: number, world: number): number =>
  Math.atan(Math.sinh((0.5 - row / world) * 2 * Math.PI)) / RADIANS

const wholeWorld = (longitude: number): ViewOptions => {
  const west = modulo(longitude, 360) - 180
  return { box: { ...(mercator.latitudes ?? { south: -58, north: 80 }), west, east: west } }
}

/**
 * The closest zoom at which everything asked for is inside.
 * @throws InterplotError ERR_USAGE when the picture is too small for that.
 */
export const chooseTiles = (
  data: MapData,
  view: ViewOptions,
  { width, height }: { width: number; height: number },
): TileView => {
  const centre = viewCentre(mercator, data, view)
  const asked = isPart(view) ? view : wholeWorld(centre.longitude)
  const { projection } = fitPart(mercator, { view: asked, centre, data }, width, height)
  const wanted = Math.log2((projection.scale() * 2 * Math.PI) / TILE_PIXELS)
  if (wanted < 0) {
    throw new InterplotError('ERR_USAGE', `tiles show no so large part of the world in ${width} × ${height} pixels`, {
      advice: 'Choose a larger --size, or a smaller part with --bbox, --zoom or --fit.',
    })
  }
  const zoom = Math.min(MOST_TILE_ZOOM, Math.floor(wanted + 1e-9))
  const world = worldPixels(zoom)
  const [longitude, latitude] = projection.invert?.([width / 2, height / 2]) ?? [centre.longitude, centre.latitude]
  const left = Math.round(columnOf(longitude, world) - width / 2)
  const top = Math.round(rowOf(latitude, world) - height / 2)
  const center = { longitude: longitudeOf(left + width / 2, world), latitude: latitudeOf(top + height / 2, world) }
  // As if the middle had been turned into the world's range before.
  return { center, zoom, width, height, left: Math.round(columnOf(center.longitude, world) - width / 2), top }
}

/** @throws InterplotError ERR_USAGE for more tiles than a picture may ask a server for. */
export const placeTiles = ({ zoom, width, height, left, top }: TileView): PlacedTile[] => {
  const perSide = 2 ** zoom
  const world = worldPixels(zoom)
  const middle = left + width / 2
  const first = Math.floor(Math.max(left, middle - world / 2) / TILE_PIXELS)
  const end = Math.ceil(Math.min(left + width, middle + world / 2) / TILE_PIXELS)
  const firstRow = Math.max(0, Math.floor(top / TILE_PIXELS))
  const endRow = Math.min(perSide, Math.ceil((top + height) / TILE_PIXELS))
  const count = Math.max(0, end - first) * Math.max(0, endRow - firstRow)
  if (count > MOST_TILES) {
    throw new InterplotError(
      'ERR_USAGE',
      `this picture needs ${count} tiles, and a server is asked for at most ${MOST_TILES}`,
      {
        advice: 'Choose a smaller --size or --scale: 3400x3400 always works. Tile servers forbid bulk download.',
      },
    )
  }
  const tiles: PlacedTile[] = []
  for (let column = first; column < end; column += 1) {
    for (let row = firstRow; row < endRow; row += 1) {
      const corner = { left: column * TILE_PIXELS - left, top: row * TILE_PIXELS - top }
      tiles.push({ z: zoom, x: modulo(column, perSide), y: row, ...corner })
    }
  }
  return tiles
}

/** The map on the very pixels of its background. */
export const fitBackdrop = ({ center, zoom }: Backdrop, width: number, height: number): MapFit => {
  const world = worldPixels(zoom)
  const fitted = turned(mercator, center)
    .scale(world / (2 * Math.PI))
    .translate([width / 2, height / 2 + world / 2 - rowOf(center.latitude, world)])
    .precision(0.3)
    .clipExtent([
      [-OVERLAP_PIXELS, -OVERLAP_PIXELS],
      [width + OVERLAP_PIXELS, height + OVERLAP_PIXELS],
    ])
  const sphere = projectOutline(fitted, SPHERE, true)
  return finishFit(
    mercator,
    fitted,
    { centre: center, sphere, box: { x: 0, y: 0, width, height }, whole: false },
    center,
  )
}
