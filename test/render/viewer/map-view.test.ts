import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WIDEST_WORLD } from '../../../src/render/html/page-format.ts'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../../../src/render/html/web-mercator.ts'
import {
  boxAround,
  homeView,
  type MapView,
  panned,
  toWindow,
  toWorld,
  zoomedAt,
} from '../../../src/render/viewer/map-view.ts'
import { greatCircle, readPaths } from '../../../src/render/viewer/path-set.ts'

const WINDOWS = [
  [1600, 900],
  [400, 700],
  [3000, 500],
] as const
const START: MapView = { x: 0.5, y: 0.45, size: 3000 }

describe('the view', () => {
  it.each(WINDOWS)('of a window of %i × %i never leaves the world', (width, height) => {
    const viewport = { width, height }
    const move = fc.oneof(
      fc.tuple(fc.constant('pan'), fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: -5000, max: 5000 })),
      fc.tuple(fc.constant('zoom'), fc.double({ min: 0.05, max: 20, noNaN: true }), fc.integer({ min: 0, max: 400 })),
    )
    fc.assert(
      fc.property(fc.array(move), (moves) => {
        let view = START
        for (const [kind, a, b] of moves) {
          view = kind === 'pan' ? panned(view, a, b, viewport) : zoomedAt(view, a, b, b, viewport)
          expect(view.x).toBeGreaterThanOrEqual(0)
          expect(view.x).toBeLessThan(1.0000001)
          expect(view.size).toBeLessThanOrEqual(WIDEST_WORLD)
          const top = (view.y - height / 2 / view.size) * view.size
          const bottom = (view.y + height / 2 / view.size - 1) * view.size
          // Either no edge of the world is inside the window, or the whole world is.
          expect(top >= -1e-6 && bottom <= 1e-6 ? true : top <= 1e-6 && bottom >= -1e-6).toBe(true)
        }
      }),
    )
  })

  it('keeps what is under the pointer when it zooms', () => {
    const viewport = { width: 1600, height: 900 }
    const before = toWorld(START, 1100, 300, viewport)
    const zoomed = zoomedAt(START, 2, 1100, 300, viewport)
    expect(toWorld(zoomed, 1100, 300, viewport)[0]).toBeCloseTo(before[0], 9)
    expect(toWorld(zoomed, 1100, 300, viewport)[1]).toBeCloseTo(before[1], 9)
    expect(toWindow(zoomed, before[0], before[1], viewport)[0]).toBeCloseTo(1100, 6)
  })

  it('opens with the wanted part of the Earth', () => {
    const viewport = { width: 1600, height: 900 }
    const pacific = homeView({ box: { south: -20, west: 170, north: 20, east: -150 } }, null, viewport)
    expect(longitudeOf(pacific.x)).toBeCloseTo(-170, 6)
    const near = homeView({ center: { latitude: 48, longitude: 11 }, zoom: 8 }, null, viewport)
    expect(latitudeOf(near.y)).toBeCloseTo(48, 6)
    expect(near.size).toBe(1600 * 8)
    expect(homeView({}, null, viewport).size).toBe(1600)
    const data = boxAround([mercatorX(178), mercatorX(-178)], [mercatorY(-17), mercatorY(-19)])
    const fiji = homeView({ fit: true }, data, viewport)
    expect(Math.abs(longitudeOf(fiji.x))).toBeCloseTo(180, 6)
  })
})

describe('traces', () => {
  it.each([
    ['over the Pacific', [35.68, 139.69], [34.05, -118.24], 1],
    ['over the Atlantic', [51.5, -0.12], [40.7, -74], 0],
    ['on one meridian', [10, 20], [-40, 20], 0],
    ['nowhere', [10, 20], [10, 20], 0],
  ] as const)('go the shorter way in small steps: %s', (_, from, to, turns) => {
    const points = greatCircle({ latitude: from[0], longitude: from[1] }, { latitude: to[0], longitude: to[1] })
    expect(points.every(Number.isFinite)).toBe(true)
    for (let i = 2; i < points.length; i += 2) expect(Math.abs(points[i]! - points[i - 2]!)).toBeLessThan(0.02)
    expect(points[0]).toBeCloseTo(mercatorX(from[1]), 6)
    expect(points.at(-2)).toBeCloseTo(mercatorX(to[1]) + turns, 6)
    expect(points.at(-1)).toBeCloseTo(mercatorY(to[0]), 6)
  })

  it('share a leg that two of them have', () => {
    const a = { latitude: 1, longitude: 1 }
    const b = { latitude: 2, longitude: 2 }
    const { legs, hops } = readPaths([{ points: [a, b] }, { points: [a, b, { latitude: 3, longitude: 3 }] }])
    expect(legs).toHaveLength(2)
    expect(hops).toHaveLength(5)
  })
})
