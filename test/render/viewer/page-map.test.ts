import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { POSITIONS } from '../../../src/render/html/page-format.ts'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../../../src/render/html/web-mercator.ts'
import { type MapData, type MapOptions, renderMap } from '../../../src/render/map.ts'
import { recordRing } from '../../../src/render/viewer/accuracy-set.ts'
import { ArcSet } from '../../../src/render/viewer/arc-set.ts'
import { citiesOf } from '../../../src/render/viewer/city-list.ts'
import { CountrySet } from '../../../src/render/viewer/country-set.ts'
import { readOutlines } from '../../../src/render/viewer/outline-set.ts'
import { readContent } from '../../../src/render/viewer/page-reader.ts'
import { placesAt } from '../../../src/render/viewer/place-set.ts'
import { readPoints } from '../../../src/render/viewer/point-store.ts'
import { amountsByFrame, Visibility } from '../../../src/render/viewer/visibility.ts'
import { clusteredPoints, mapData, toPoints } from '../fixture-data.ts'

const pageOf = async (data: MapData, options: Partial<MapOptions> = {}) => {
  const page = (await renderMap(data, { ...options, backend: 'html' })).toString()
  const packed = /id="data">([^<]*)</.exec(page)?.[1] ?? ''
  return readContent(new Uint8Array(inflateSync(Buffer.from(packed, 'base64'))))
}

const PLACES = [
  ['DE', 52.5, 13.4],
  ['FR', 48.8, 2.3],
  ['RU', 66.5, -175],
  ['FJ', -17.8, 178],
  ['ZA', -29, 25],
] as const

describe('countries', () => {
  const points = {
    ...toPoints(PLACES.map(([, latitude, longitude], i) => [latitude, longitude, 10 ** i])),
    frame: Uint32Array.of(0, 1, 2, 3, 4),
  }
  const frames = { count: 5, startUs: 0, lengthUs: 1, cumulative: true }

  it.each(PLACES)('are found by a place in them: %s', async (code, latitude, longitude) => {
    const { header, columns } = await pageOf(mapData({ points, frames }), { layer: 'choropleth' })
    const set = new CountrySet(header, columns.areas)
    const found = set.at(mercatorX(longitude), mercatorY(latitude))
    expect(header.areas?.codes[found ?? -1]).toBe(code)
    expect(set.countOf(found ?? -1)).toBe(10 ** PLACES.findIndex(([each]) => each === code))
    expect(set.at(mercatorX(-150), mercatorY(0))).toBeNull()
  })

  it.each([
    [true, [1, 11, 111]],
    [false, [1, 10, 100]],
  ])('grow or change with the frame, cumulative: %s', async (cumulative, sums) => {
    const { header, columns } = await pageOf(mapData({ points, frames: { ...frames, cumulative } }), {
      layer: 'choropleth',
    })
    const set = new CountrySet(header, columns.areas)
    const codes = header.areas?.codes ?? []
    for (const [frame, sum] of sums.entries()) {
      set.showFrame(frame)
      expect(codes.reduce((total, _, i) => total + set.countOf(i), 0)).toBe(sum)
    }
    expect(set.fillOf(codes.indexOf('ZA'))).toBeNull()
  })

  it('have colours by their share where it is known, none where it is not', async () => {
    const allocated = new Map([
      ['DE', 1_000_000],
      ['FR', 10_000_000],
    ])
    const { header, columns } = await pageOf(mapData({ points, allocated }), { layer: 'choropleth' })
    const set = new CountrySet(header, columns.areas)
    const [de = -1, fr = -1, ru = -1] = ['DE', 'FR', 'RU'].map((code) => header.areas?.codes.indexOf(code))
    expect([set.valueOf(de), set.valueOf(fr), set.valueOf(ru)]).toEqual([1, 1, null])
    expect(set.fillOf(de)).toBe(set.fillOf(fr))
    expect(set.fillOf(ru)).toBeNull()
    expect(set.nameOf(de)).toBe('Germany')
  })
})

describe('times', () => {
  const points = {
    ...toPoints([
      [1, 1, 2],
      [2, 2, 3],
      [3, 3, 5],
    ]),
    frame: Uint32Array.of(0, 2, 2),
    colour: Uint8Array.of(0, 0, 1),
  }
  const groups = [
    { label: 'a', count: 5 },
    { label: 'b', count: 5 },
  ]

  it.each([
    [true, [2, 2, 10], [2, 2, 5]],
    [false, [2, 0, 8], [2, 0, 3]],
  ])('show what appeared, cumulative: %s', async (cumulative, amounts, ofOneGroup) => {
    const frames = { count: 3, startUs: 0, lengthUs: 1, cumulative }
    const data = mapData({ points, frames, colouring: { kind: 'groups', title: 'g', groups } })
    const store = readPoints(await pageOf(data))
    expect(amountsByFrame(store, frames)).toEqual(amounts)
    const visibility = new Visibility(store, frames)
    const shown = (): number[] =>
      amounts.map((_, frame) => {
        visibility.showFrame(frame)
        const { test } = visibility
        return store.weight.reduce((sum, weight, i) => (test === null || test(i) ? sum + weight : sum), 0)
      })
    expect(shown()).toEqual(amounts)
    visibility.showGroups([true, false])
    expect(shown()).toEqual(ofOneGroup)
  })
})

describe('marks', () => {
  it('lose nothing and keep their distance, at any zoom', async () => {
    const store = readPoints(await pageOf(mapData({ points: clusteredPoints('marks', 3000) })))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 3 }), (bits, every) => {
        const distance = 2 ** -bits / 100
        const { places, placeOf } = placesAt(store, distance, every === 1 ? null : (i) => i % every === 0)
        const sums = new Float64Array(places.length)
        expect(placeOf.findIndex((number, i) => number > 0 !== (i % every === 0))).toBe(-1)
        for (const [i, number] of placeOf.entries()) {
          if (number > 0) sums[number - 1]! += store.weight[i]!
        }
        expect([...sums]).toEqual(places.map(({ weight }) => weight))
        const least = Math.max(distance, 1 / POSITIONS) * 0.999
        const tooNear = places.slice(0, 100).flatMap((a, i) => {
          return places.slice(i + 1).filter((b) => Math.hypot(a.x - b.x, a.y - b.y) < least)
        })
        expect(tooNear).toEqual([])
      }),
      { numRuns: 20 },
    )
  })
})

describe('what lies above the points', () => {
  it('names cities by where most of them is', async () => {
    const names = ['Here', 'There', 'Here', null]
    const points = {
      ...toPoints([
        [10, 10, 1],
        [20, 20, 4],
        [11, 11, 6],
        [1, 1, 99],
      ]),
      details: {
        ...{ countryCode: names.map(() => 'DE'), country: names.map(() => 'Germany'), city: names },
        ...{ asn: new Uint32Array(4), asOrganization: names.map(() => null) },
      },
    }
    const page = await pageOf(mapData({ points }))
    const cities = citiesOf(readPoints(page), page.header.cities)
    expect(cities.map(({ name, weight, y }) => [name, weight, Math.round(latitudeOf(y))])).toEqual([
      ['Here', 7, 11],
      ['There', 4, 20],
    ])
  })

  it('draws arcs from every place to one, in pieces that meet', async () => {
    const points = toPoints([
      [0, 0, 1],
      [60, -170, 100],
    ])
    const target = { latitude: 35, longitude: 139 }
    const arcs = new ArcSet(readPoints(await pageOf(mapData({ points }))), target)
    expect(new Set(arcs.pieces.map(({ strength }) => strength)).size).toBe(2)
    const ends = arcs.pieces.filter(({ piece }) => piece === 5).map(({ line }) => line.points.slice(-2))
    for (const [x = 0, y = 0] of ends) {
      expect(longitudeOf(x - Math.floor(x))).toBeCloseTo(139, 2)
      expect(latitudeOf(y)).toBeCloseTo(35, 2)
    }
    for (const [i, { piece, line }] of arcs.pieces.entries()) {
      if (piece > 0) expect([...line.points.slice(0, 2)]).toEqual([...arcs.pieces[i - 1]!.line.points.slice(-2)])
    }
    arcs.show(() => false)
    expect(arcs.pieces).toEqual([])
  })

  it('draws the accuracy of a place as large as it is', async () => {
    const points = { ...toPoints([[60, 179.9, 1]]), accuracyKm: Float32Array.of(111.19) }
    const store = readPoints(await pageOf(mapData({ points }), { accuracy: true }))
    const ring = recordRing(store, 0)!
    // One degree of latitude, and twice as many of longitude at 60°.
    expect(latitudeOf(ring.north) - latitudeOf(ring.south)).toBeCloseTo(2, 1)
    expect((ring.east - ring.west) * 360).toBeCloseTo(4, 1)
    expect(ring.east).toBeGreaterThan(1)
  })

  it('knows where it is night', async () => {
    // Equinox, noon in Greenwich.
    const page = await pageOf(mapData(), { nightAtUs: Date.UTC(2026, 2, 20, 12, 7) * 1000 })
    const dusks = readOutlines(page.columns.night, page.header.night)
    const depth = (latitude: number, longitude: number): number =>
      dusks.filter((dusk) => dusk.contains(mercatorX(longitude), mercatorY(latitude))).length
    expect([depth(0, 0), depth(50, 60), depth(0, 179), depth(-40, -150), depth(0, 93)]).toEqual([0, 0, 4, 4, 1])
  })
})
