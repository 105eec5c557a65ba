/** A part of the world that fills the picture: around a centre, a box of degrees, or wherever the data is. */

import type { GeoProjection } from 'd3-geo'
import { InterplotError } from '../core/errors.ts'
import type { MapData, ViewOptions } from './map-data.ts'
import { type Centre, finishFit, type MapFit, PROBE_SCALE, SPHERE, turned } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import { isDrawable } from './point-projection.ts'
import type { EarthProjection } from './projection/contract.ts'

export type DegreeBox = NonNullable<ViewOptions['box']>

export const MOST_ZOOM = 500
/** Around the data, as a share of its extent; and no less than that many degrees. */
const FIT_PADDING = 0.08
const FIT_LEAST_DEGREES = 3
const SAMPLES = 48
/** Lines reach a little beyond the picture, so that their ends are not seen. */
export const OVERLAP_PIXELS = 24
const LONGITUDE_BINS = 720

const wrapLongitude = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) - 180

export const boxWidth = ({ west, east }: DegreeBox): number => (east > west ? east - west : east - west + 360)

const middleOf = (box: DegreeBox): Centre => ({
  latitude: (box.south + box.north) / 2,
  longitude: wrapLongitude(box.west + boxWidth(box) / 2),
})

/** The longest stretch of longitudes without anything is what the box leaves out. */
const longitudeRange = (used: Uint8Array): { west: number; width: number } => {
  const perBin = 360 / LONGITUDE_BINS
  let best = { start: 0, length: 0 }
  let run = 0
  for (let i = 0; i < 2 * LONGITUDE_BINS; i += 1) {
    run = used[i % LONGITUDE_BINS] === 1 ? 0 : run + 1
    if (run > best.length && run < LONGITUDE_BINS) best = { start: i - run + 1, length: run }
  }
  const first = best.start + best.length
  return { west: wrapLongitude(first * perBin - 180), width: (LONGITUDE_BINS - best.length) * perBin }
}

/** Smallest box around all points and paths; null where there is nothing. */
export const dataBox = ({ points, paths }: MapData): DegreeBox | null => {
  const used = new Uint8Array(LONGITUDE_BINS)
  let [south, north] = [90, -90]
  let any = false
  const add = (latitude: number, longitude: number): void => {
    if (!isDrawable(latitude, longitude)) return
    any = true
    if (latitude < south) south = latitude
    if (latitude > north) north = latitude
    used[Math.floor(((longitude + 180) / 360) * LONGITUDE_BINS) % LONGITUDE_BINS] = 1
  }
  for (let i = 0; i < points.weight.length; i += 1) {
    if (points.weight[i]! > 0) add(points.latitude[i]!, points.longitude[i]!)
  }
  for (const path of paths) for (const point of path.points) add(point.latitude, point.longitude)
  if (!any) return null
  const { west, width } = longitudeRange(used)
  const wide = Math.min(360, Math.max(FIT_LEAST_DEGREES, width) * (1 + 2 * FIT_PADDING))
  const high = Math.max(FIT_LEAST_DEGREES / 2, north - south) * (1 + 2 * FIT_PADDING)
  const middle = (south + north) / 2
  const start = west + width / 2 - wide / 2
  return {
    south: Math.max(-90, middle - high / 2),
    north: Math.min(90, middle + high / 2),
    west: wide >= 360 ? -180 : wrapLongitude(start),
    east: wide >= 360 ? 180 : wrapLongitude(start + wide),
  }
}

/** Extent of a box as it is drawn, in pixels of the probe's scale. */
const drawnExtent = (probe: GeoProjection, box: DegreeBox, limits: { south: number; north: number }) => {
  const width = boxWidth(box)
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i <= SAMPLES; i += 1) {
    for (let k = 0; k <= SAMPLES; k += 1) {
      const latitude = box.south + ((box.north - box.south) * i) / SAMPLES
      // A hair inside, so that a box around the whole world does not wrap.
      const longitude = box.west + (width * (k * 0.999998 + SAMPLES * 0.000001)) / SAMPLES
      const at = probe([longitude, Math.min(limits.north, Math.max(limits.south, latitude))])
      if (at === null || Number.isNaN(at[0])) continue
      left = Math.min(left, at[0])
      right = Math.max(right, at[0])
      top = Math.min(top, at[1])
      bottom = Math.max(bottom, at[1])
    }
  }
  return { left, right, top, bottom }
}

/** Mercator's poles are infinitely far away. */
const limitsOf = (projection: EarthProjection): { south: number; north: number } =>
  projection.latitudes === undefined ? { south: -90, north: 90 } : { south: -85, north: 85 }

interface Place {
  /** To where the projection is turned. */
  readonly centre: Centre
  /** What lies in the middle of the picture. */
  readonly middle: Centre
  readonly scale: number
  readonly translate: [number, number]
}

const placeBox = (projection: EarthProjection, box: DegreeBox, width: number, height: number): Place => {
  const middle = middleOf(box)
  const probe = turned(projection, middle).scale(PROBE_SCALE).translate([0, 0])
  const { left, right, top, bottom } = drawnExtent(probe, box, limitsOf(projection))
  const unit = Math.min(width / (right - left), height / (bottom - top))
  return {
    centre: middle,
    middle,
    scale: PROBE_SCALE * unit,
    translate: [width / 2 - ((left + right) / 2) * unit, height / 2 - ((top + bottom) / 2) * unit],
  }
}

const placeCentre = (
  projection: EarthProjection,
  { centre, zoom }: { centre: Centre; zoom: number },
  width: number,
  height: number,
): Place => {
  const probe = turned(projection, centre).scale(PROBE_SCALE).translate([0, 0])
  const { south, north } = projection.latitudes ?? { south: -90, north: 90 }
  const whole = { south, north, west: -180 + centre.longitude, east: 180 + centre.longitude }
  const { left, right, top, bottom } =
    projection.family === 'azimuthal' ? discExtent(probe) : drawnExtent(probe, whole, whole)
  const unit = Math.min(width / (right - left), height / (bottom - top)) * zoom
  const limits = limitsOf(projection)
  const middle = { ...centre, latitude: Math.min(limits.north, Math.max(limits.south, centre.latitude)) }
  const at = probe([middle.longitude, middle.latitude]) ?? [0, 0]
  return {
    centre,
    middle,
    scale: PROBE_SCALE * unit,
    translate: [width / 2 - at[0] * unit, height / 2 - at[1] * unit],
  }
}

const discExtent = (probe: GeoProjection) => {
  const { coordinates } = projectOutline(probe, SPHERE, true)
  const radius = coordinates.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return { left: -radius, right: radius, top: -radius, bottom: radius }
}

/** Whether the options ask for a part of the world. */
export const isPart = ({ box, zoom = 1, fit }: ViewOptions): boolean => box !== undefined || zoom !== 1 || fit === true

/**
 * @param centre where the projection is turned when only a zoom says so.
 * @throws InterplotError ERR_USAGE for a box or a zoom that cannot be.
 */
export const checkView = ({ box, zoom = 1, center }: ViewOptions): void => {
  if (!(zoom >= 1 && zoom <= MOST_ZOOM)) {
    throw new InterplotError('ERR_USAGE', `a map cannot be zoomed to ${zoom}`, {
      advice: `1 shows the whole world, 4 a quarter of its width; at most ${MOST_ZOOM}.`,
    })
  }
  if (center !== undefined && !isDrawable(center.latitude, center.longitude)) {
    throw new InterplotError('ERR_USAGE', 'the centre is not on Earth', { advice: 'Latitude first: 52.52,13.40.' })
  }
  if (box === undefined) return
  const { south, north, west, east } = box
  if (
    !isDrawable(south, west) ||
    !isDrawable(north, east) ||
    !(south < north) ||
    west === east ||
    boxWidth(box) === 0
  ) {
    throw new InterplotError('ERR_USAGE', `no box from ${south},${west} to ${north},${east}`, {
      advice: 'It is south,west,north,east in degrees, south below north; west may be above east to cross ±180°.',
    })
  }
}

/**
 * Scaled and moved so that the part fills a picture of this size.
 * @param right pixels at the right edge that something else covers: the part lies beside them, the map goes on below.
 */
export const fitPart = (
  projection: EarthProjection,
  place: { readonly view: ViewOptions; readonly centre: Centre; readonly data: MapData },
  width: number,
  height: number,
  right = 0,
): MapFit => {
  const { view, data } = place
  const box = view.box ?? (view.fit === true ? dataBox(data) : null)
  const { zoom = 1 } = view
  const { centre, middle, scale, translate } =
    box === null
      ? placeCentre(projection, { centre: place.centre, zoom }, width - right, height)
      : placeBox(projection, box, width - right, height)
  const fitted = turned(projection, centre)
    .scale(scale)
    .translate(translate)
    .precision(0.3)
    .clipExtent([
      [-OVERLAP_PIXELS, -OVERLAP_PIXELS],
      [width + OVERLAP_PIXELS, height + OVERLAP_PIXELS],
    ])
  const rest = {
    centre,
    sphere: projectOutline(fitted, SPHERE, true),
    box: { x: 0, y: 0, width, height },
    whole: false,
  }
  return finishFit(projection, fitted, rest, middle)
}
