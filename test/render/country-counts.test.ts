import { beforeAll, describe, expect, it } from 'vitest'
import { type CountryShape, loadBasemap } from '../../src/render/basemap.ts'
import { countByCountry } from '../../src/render/country-counts.ts'
import { countryOfShape, drawnCountry } from '../../src/render/country-shapes.ts'
import { mapData, toPoints } from './fixture-data.ts'

let shapes: readonly CountryShape[]

beforeAll(async () => {
  shapes = (await loadBasemap('50m')).countries()
})

const countOf = (latitude: number, longitude: number): string[] => {
  const data = mapData({ points: toPoints([[latitude, longitude, 3]]) })
  const counts = countByCountry(data, data.points, shapes)
  for (const count of counts.values()) expect(count).toBe(3)
  return [...counts.keys()]
}

describe('counts by country', () => {
  it.each([
    ['Berlin', 52.52, 13.4, 'DE'],
    ['Hobart', -42.88, 147.33, 'AU'],
    ['Anchorage', 61.2, -149.9, 'US'],
    ['Anadyr, east of 180°', 64.73, 177.5, 'RU'],
    ['Chukotka, west of 180°', 66, -172, 'RU'],
    ['Maseru, inside of South Africa', -29.3, 27.9, 'LS'],
    ['Singapore, on the coast', 1.29, 103.85, 'SG'],
    ['Cape Town harbour', -33.9, 18.42, 'ZA'],
    ["Cayenne, in France's shape", 4.92, -52.3, 'FR'],
    ["Longyearbyen, in Norway's", 78.2, 15.6, 'NO'],
  ])('%s', (_name, latitude, longitude, code) => {
    expect(countOf(latitude, longitude)).toEqual([code])
  })

  it('leave out the middle of the sea', () => {
    expect(countOf(0, -140)).toEqual([])
    expect(countOf(-30, 80)).toEqual([])
  })

  it('believe the data before the position, and the whole before the points', () => {
    const details = {
      ...{ countryCode: ['gf', null], country: [null, null], city: [null, null], asOrganization: [null, null] },
      asn: new Uint32Array(2),
    }
    const points = {
      ...toPoints([
        [52.5, 13.4, 2],
        [48.85, 2.35, 1],
      ]),
      details,
    }
    expect([...countByCountry(mapData({ points }), points, shapes)]).toEqual([['FR', 3]])
    const data = mapData({ points, countries: new Map([['DE', 5]]) })
    expect([...countByCountry(data, points, shapes)]).toEqual([['DE', 5]])
  })

  it('know every shape that has a number', () => {
    expect(shapes.length).toBeGreaterThan(230)
    expect(new Set(shapes.map(({ code }) => code)).size).toBe(shapes.length)
    expect(countryOfShape('276', 'Germany')).toBe('DE')
    expect(countryOfShape(undefined, 'Kosovo')).toBe('XK')
    expect(countryOfShape(undefined, 'Siachen Glacier')).toBeNull()
    expect(drawnCountry('RE')).toBe('FR')
    expect(drawnCountry('DE')).toBe('DE')
  })
})
