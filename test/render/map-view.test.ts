import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ViewOptions } from '../../src/render/map-data.ts'
import { boxWidth, checkView, dataBox, fitPart, isPart } from '../../src/render/map-view.ts'
import { projectVisible } from '../../src/render/point-projection.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import { mapData, pathOf, toPoints } from './fixture-data.ts'

const [WIDTH, HEIGHT] = [800, 450]

const part = (name: string, view: ViewOptions, data = mapData()) =>
  fitPart(
    earthProjections.get(name),
    { view, centre: view.center ?? { latitude: 0, longitude: 0 }, data },
    WIDTH,
    HEIGHT,
  )

describe.each(earthProjections.entries)('a part of the world in $name', ({ name }) => {
  it('shows all of a box, as large as it fits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -60, max: 50 }),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: -180, max: 180 }),
        fc.integer({ min: 2, max: 40 }),
        (south, high, west, wide) => {
          const east = ((west + wide + 180) % 360) - 180
          fc.pre(west !== 180 && east !== west)
          const box = { south, north: south + high, west, east }
          const width = boxWidth(box)
          const shown = part(name, { box })
          const corners = [
            [south, west],
            [south + high, west + width],
            [south + high / 2, west + width / 2],
          ].map(([latitude = 0, longitude = 0]) =>
            projectVisible(shown, { latitude, longitude: longitude > 180 ? longitude - 360 : longitude }),
          )
          return corners.every((corner) => corner !== null)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('puts the centre into the middle', () => {
    const at = projectVisible(part(name, { zoom: 5, center: { latitude: 48, longitude: 170 } }), {
      latitude: 48,
      longitude: 170,
    })
    expect(at![0]).toBeCloseTo(WIDTH / 2, 1)
    expect(at![1]).toBeCloseTo(HEIGHT / 2, 1)
  })

  it('has poles that can be in the middle', () => {
    for (const latitude of [-90, 90]) {
      const { kmPerPixel, projection } = part(name, { zoom: 4, center: { latitude, longitude: 0 } })
      expect(kmPerPixel).toBeGreaterThan(0)
      expect(projection.translate().every((each) => Math.abs(each) < 1e5)).toBe(true)
    }
  })

  it('shows twice as much detail at twice the zoom', () => {
    const center = { latitude: 20, longitude: 30 }
    const [one, two] = [2, 4].map((zoom) => part(name, { zoom, center }).kmPerPixel)
    expect(one! / two!).toBeCloseTo(2, 3)
  })
})

describe('where the data is', () => {
  it.each([
    [
      'across ±180°',
      [
        [10, 170, 1],
        [20, -170, 1],
      ],
      { west: 168, east: -168 },
    ],
    [
      'around Greenwich',
      [
        [10, -10, 1],
        [20, 10, 1],
      ],
      { west: -12, east: 12 },
    ],
  ] as const)('%s', (_name, rows, { west, east }) => {
    const box = dataBox(mapData({ points: toPoints(rows) }))!
    expect(Math.abs(box.west - west)).toBeLessThan(2)
    expect(Math.abs(box.east - east)).toBeLessThan(2)
  })

  it('is nowhere without points; paths count, too', () => {
    expect(dataBox(mapData({ points: toPoints([]) }))).toBeNull()
    const box = dataBox(mapData({ points: toPoints([]), paths: [pathOf([52, 13], [48, 2])] }))!
    expect(box.south).toBeLessThan(48)
    expect(box.north).toBeGreaterThan(52)
  })
})

describe('a view that cannot be', () => {
  it.each([
    [{ zoom: 0.5 }],
    [{ zoom: 501 }],
    [{ zoom: Number.NaN }],
    [{ center: { latitude: 91, longitude: 0 } }],
    [{ box: { south: 50, north: 40, west: 0, east: 10 } }],
    [{ box: { south: 40, north: 50, west: 10, east: 10 } }],
    [{ box: { south: 40, north: 95, west: 0, east: 10 } }],
  ])('%o', (view) => {
    expect(() => checkView(view)).toThrow()
  })

  it('is not one that crosses ±180°, or the whole world', () => {
    expect(() => checkView({ box: { south: -10, north: 10, west: 170, east: -170 } })).not.toThrow()
    expect(isPart({})).toBe(false)
    expect(isPart({ zoom: 1 })).toBe(false)
    expect(isPart({ fit: true })).toBe(true)
  })
})
