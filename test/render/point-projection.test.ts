import { geoDistance } from 'd3-geo'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitMap } from '../../src/render/map-fit.ts'
import { countUndrawable, projectPoints } from '../../src/render/point-projection.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import { toPoints } from './fixture-data.ts'

const FRAME = { x: 40, y: 60, width: 3000, height: 1400 }
const latitude = fc.double({ min: -90, max: 90, noNaN: true })
const longitude = fc.double({ min: -180, max: 180, noNaN: true })

describe.each(earthProjections.entries)('$name', (projection) => {
  const fit = fitMap(projection, { latitude: 0, longitude: 0 }, FRAME, [])
  /** Null where the map does not show it. */
  const place = (north: number, east: number): [number, number] | null => {
    const found: [number, number][] = []
    projectPoints(fit, toPoints([[north, east, 1]]), (x, y) => found.push([x, y]))
    return found[0] ?? null
  }
  const { south, north: top } = projection.latitudes ?? { south: -90, north: 90 }
  const shown = (north: number, east: number): boolean =>
    projection.stretch === undefined
      ? north >= south && north <= top
      : !Number.isNaN(projection.stretch(Math.cos(geoDistance([0, 0], [east, north]) + 1e-6)))

  it('keeps every point inside its box, and the box inside the frame', () => {
    const { box } = fit
    expect(box.x).toBeGreaterThanOrEqual(FRAME.x - 1e-6)
    expect(box.y).toBeGreaterThanOrEqual(FRAME.y - 1e-6)
    expect(box.x + box.width).toBeLessThanOrEqual(FRAME.x + FRAME.width + 1e-6)
    expect(box.y + box.height).toBeLessThanOrEqual(FRAME.y + FRAME.height + 1e-6)
    fc.assert(
      fc.property(latitude, longitude, (north, east) => {
        const at = place(north, east)
        if (at === null) return !shown(north, east)
        const [x, y] = at
        return x >= box.x - 0.01 && x <= box.x + box.width + 0.01 && y >= box.y - 0.01 && y <= box.y + box.height + 0.01
      }),
    )
  })

  it('agrees with d3 to a hundredth of a pixel', () => {
    fc.assert(
      fc.property(latitude, longitude, (north, east) => {
        const at = place(north, east)
        if (at === null) return !shown(north, east)
        const [x, y] = at
        const exact = fit.projection([east, north])
        return exact !== null && Math.abs(exact[0] - x) < 0.01 && Math.abs(exact[1] - y) < 0.01
      }),
    )
  })

  it('puts north up and east right', () => {
    expect(place(50, 0)![1]).toBeLessThan(place(-50, 0)![1])
    expect(place(0, 60)![0]).toBeGreaterThan(place(0, -60)![0])
  })
})

describe('a projection whose parallels are not straight', () => {
  const fit = fitMap(earthProjections.get('orthographic'), { latitude: 0, longitude: 0 }, FRAME, [])

  it('leaves out what lies on the far side', () => {
    const seen: number[] = []
    projectPoints(
      fit,
      toPoints([
        [0, 0, 1],
        [10, 30, 2],
        [0, 179, 4],
        [-80, 10, 8],
      ]),
      (_x, _y, weight) => seen.push(weight),
    )
    expect(seen).toEqual([1, 2, 8])
  })
})

describe('points that cannot be drawn', () => {
  it.each([
    [0, 0, 1, true],
    [90, 180, 1, true],
    [-90, -180, 0.001, true],
    [90.001, 0, 1, false],
    [0, 180.5, 1, false],
    [Number.NaN, 0, 1, false],
    [0, Number.NEGATIVE_INFINITY, 1, false],
    [0, 0, 0, false],
    [0, 0, -3, false],
    [0, 0, Infinity, false],
  ])('%d, %d, weight %d: %s', (north, east, weight, drawable) => {
    const points = toPoints([[north, east, weight]])
    let drawn = 0
    projectPoints(
      fitMap(earthProjections.get('natural-earth'), { latitude: 0, longitude: 0 }, FRAME, []),
      points,
      () => {
        drawn += 1
      },
    )
    expect(drawn).toBe(drawable ? 1 : 0)
    expect(countUndrawable(points)).toBe(drawable || weight === 0 ? 0 : 1)
  })
})
