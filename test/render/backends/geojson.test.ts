import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MapData } from '../../../src/render/map.ts'
import { renderMap } from '../../../src/render/map.ts'
import { BERLIN_TO_SYDNEY, mapData, pathOf, toPoints } from '../fixture-data.ts'

interface Feature {
  geometry: { type: string; coordinates: unknown }
  properties: Record<string, unknown>
}
interface Collection {
  type: string
  title?: string
  attribution: string[]
  bbox?: number[]
  features: Feature[]
}

const write = async (data: MapData): Promise<{ text: string; collection: Collection }> => {
  const text = (await renderMap(data, { backend: 'geojson' })).toString()
  return { text, collection: JSON.parse(text) }
}

const NOBODY = mapData({ points: toPoints([]) })

describe('geojson', () => {
  it('writes points with their count and details, one feature a line', async () => {
    const points = {
      ...toPoints([
        [52.5200001234, 13.4049999, 3],
        [-33.87, 151.21, 1],
      ]),
      details: {
        countryCode: ['DE', null],
        country: ['Germany', null],
        city: ['Berlin', null],
        asn: Uint32Array.of(3320, 0),
        asOrganization: ['Deutsche Telekom AG', null],
        address: ['192.0.2.1', null],
      },
      colour: Uint8Array.of(0, 1),
    }
    const colouring = {
      kind: 'groups',
      title: 'Port',
      groups: [
        { label: '443', count: 3 },
        { label: '80', count: 1 },
      ],
    } as const
    const { text, collection } = await write(mapData({ points, colouring }))
    expect(collection).toMatchObject({
      type: 'FeatureCollection',
      title: 'Who answered',
      attribution: ['IP Geolocation by DB-IP'],
      bbox: [13.405, -33.87, 151.21, 52.52],
    })
    expect(collection.features).toEqual([
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [13.405, 52.52] },
        properties: {
          count: 3,
          city: 'Berlin',
          country: 'Germany',
          countryCode: 'DE',
          asn: 3320,
          asOrganization: 'Deutsche Telekom AG',
          address: '192.0.2.1',
          group: '443',
        },
      },
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [151.21, -33.87] },
        properties: { count: 1, group: '80' },
      },
    ])
    expect(text.split('\n').filter((line) => line.startsWith('{"type":"Feature",'))).toHaveLength(2)
  })

  it('says where along a scale a point lies', async () => {
    const points = { ...toPoints([[1, 2, 1]]), colour: Uint8Array.of(128) }
    const { collection } = await write(mapData({ points, colouring: { kind: 'scale', title: 'RTT', ticks: [] } }))
    expect(collection.features[0]!.properties).toEqual({ count: 1, scale: 0.502 })
  })

  it.each([
    ['not a number', Number.NaN, 1, 1],
    ['too far north', 90.1, 1, 1],
    ['too far west', 1, -180.5, 1],
    ['infinite', Infinity, 1, 1],
    ['of no weight', 1, 1, 0],
    ['of infinite weight', 1, 1, Infinity],
  ])('leaves out a point that is %s', async (_, latitude, longitude, weight) => {
    const { collection } = await write(mapData({ points: toPoints([[latitude, longitude, weight]]) }))
    expect(collection.features).toEqual([])
  })

  it('is valid when there is nothing', async () => {
    const { collection } = await write(NOBODY)
    expect(collection.features).toEqual([])
    expect(collection.bbox).toBeUndefined()
  })

  it('cuts traces at the antimeridian', async () => {
    const { collection } = await write({
      ...NOBODY,
      paths: [{ ...pathOf([10, 170], [20, -170], [20, -160]), name: 'x' }],
    })
    const [line, ...hops] = collection.features
    expect(line!.geometry).toEqual({
      type: 'MultiLineString',
      coordinates: [
        [
          [170, 10],
          [180, 15],
        ],
        [
          [-180, 15],
          [-170, 20],
          [-160, 20],
        ],
      ],
    })
    expect(line!.properties).toEqual({ path: 'x', hops: 3 })
    expect(hops.map(({ properties }) => properties['hop'])).toEqual(['1', '2', '3'])
  })

  it('writes a trace that stays on one side as one line, one of a single hop as a point', async () => {
    const { collection } = await write({ ...NOBODY, paths: [pathOf([1, 1], [2, 2]), pathOf([5, 5])] })
    expect(collection.features.map(({ geometry }) => geometry.type)).toEqual(['LineString', 'Point', 'Point', 'Point'])
    expect(collection.bbox).toEqual([1, 1, 5, 5])
  })

  it('keeps every coordinate on Earth, of at most 6 decimals, and no leg longer than half the world', async () => {
    const hop = fc.tuple(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(180, -180)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(hop, { maxLength: 8 }), async (hops) => {
        const { collection } = await write({ ...NOBODY, paths: [pathOf(...hops)] })
        for (const { geometry } of collection.features) {
          const lines = (
            geometry.type === 'Point'
              ? [[geometry.coordinates]]
              : geometry.type === 'LineString'
                ? [geometry.coordinates]
                : geometry.coordinates
          ) as [number, number][][]
          for (const line of lines) {
            if (geometry.type !== 'Point') expect(line.length).toBeGreaterThan(1)
            for (const [i, [longitude, latitude]] of line.entries()) {
              expect(Math.abs(longitude)).toBeLessThanOrEqual(180)
              expect(Math.abs(latitude)).toBeLessThanOrEqual(90)
              expect(longitude).toBe(Number(longitude.toFixed(6)))
              if (i > 0) expect(Math.abs(longitude - line[i - 1]![0])).toBeLessThanOrEqual(180)
            }
          }
        }
      }),
    )
  })

  it('gives the same bytes for the same input', async () => {
    const data = mapData({ paths: [BERLIN_TO_SYDNEY] })
    expect((await write(data)).text).toBe((await write(data)).text)
  })
})
