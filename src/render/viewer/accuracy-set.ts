/** How far from its mark a place may be: circles on the Earth, as rings of the map. */

import { accuracyDegrees, accuracyPlaces } from '../accuracy-places.ts'
import { POSITIONS } from '../html/page-format.ts'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../html/web-mercator.ts'
import { lineOf, type MapLine } from './outline-set.ts'
import type { PointStore } from './point-store.ts'

const CORNERS = 64
const RADIANS = Math.PI / 180
/** What comes nearer to a pole is no ring on this map. */
const FARTHEST_DEGREES = 85

/** By the formula for a place at a distance in a direction (Snyder, Map Projections, 1987, equations 5-5 and 5-6); x unrolled. */
const circleRing = (latitude: number, longitude: number, km: number): MapLine | null => {
  const degrees = accuracyDegrees(km)
  if (Math.abs(latitude) + degrees > FARTHEST_DEGREES) return null
  const [north, far] = [latitude * RADIANS, degrees * RADIANS]
  const middle = mercatorX(longitude)
  const points = new Float32Array(CORNERS * 2)
  for (let i = 0; i < CORNERS; i += 1) {
    const azimuth = (i / CORNERS) * 2 * Math.PI
    const sine = Math.sin(north) * Math.cos(far) + Math.cos(north) * Math.sin(far) * Math.cos(azimuth)
    const east = Math.atan2(
      Math.sin(far) * Math.sin(azimuth),
      Math.cos(north) * Math.cos(far) - Math.sin(north) * Math.sin(far) * Math.cos(azimuth),
    )
    points[i * 2] = middle + east / (2 * Math.PI)
    points[i * 2 + 1] = mercatorY(Math.asin(sine) / RADIANS)
  }
  return lineOf(points)
}

/** Of record `i`. */
export const recordRing = (store: PointStore, i: number): MapLine | null =>
  (store.accuracy[i] ?? 0) === 0
    ? null
    : circleRing(
        latitudeOf((store.y[i]! + 0.5) / POSITIONS),
        longitudeOf((store.x[i]! + 0.5) / POSITIONS),
        store.accuracy[i]!,
      )

/** Of the places where most is. */
export class AccuracyRings {
  readonly #store: PointStore
  readonly #places: readonly { latitude: Float64Array; longitude: Float64Array; accuracyKm: Float32Array }[]
  #lines: readonly MapLine[] = []

  constructor(store: PointStore) {
    this.#store = store
    this.#places =
      store.accuracy.length === 0
        ? []
        : [
            {
              latitude: Float64Array.from(store.y, (y) => latitudeOf((y + 0.5) / POSITIONS)),
              longitude: Float64Array.from(store.x, (x) => longitudeOf((x + 0.5) / POSITIONS)),
              accuracyKm: Float32Array.from(store.accuracy),
            },
          ]
    this.show(null)
  }

  get lines(): readonly MapLine[] {
    return this.#lines
  }

  /** @param shown which records count; null for all. */
  show(shown: ((record: number) => boolean) | null): void {
    const { weight } = this.#store
    this.#lines = this.#places.flatMap((columns) =>
      accuracyPlaces({
        ...columns,
        weight: shown === null ? weight : weight.map((each, i) => (shown(i) ? each : 0)),
      }).flatMap(({ latitude, longitude, km }) => circleRing(latitude, longitude, km) ?? []),
    )
  }
}
