import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distanceKm, parsePoint } from '../../src/core/great-circle.ts'
import type { Place } from '../../src/core/place.ts'
import { makeLatencyCheck } from '../../src/geo/latency-check.ts'

const BERLIN = { latitude: 52.52, longitude: 13.405 }
const SYDNEY: Place = { latitude: -33.87, longitude: 151.21, city: 'Sydney' }
const POTSDAM: Place = { latitude: 52.4, longitude: 13.06, city: 'Potsdam' }
const PARIS: Place = { latitude: 48.85, longitude: 2.35, city: 'Paris' }

/** Berlin to Sydney is 16,090 km, to Paris 878 km; an RTT of 10 ms reaches 1021 km. */
const ROWS: [name: string, place: Place, rttMs: number, impossible: boolean][] = [
  ['the other side of the Earth in 5 ms', SYDNEY, 5, true],
  ['the same in 155 ms, 15,827 km', SYDNEY, 155, true],
  ['the same in 157 ms, 16,031 km and a city’s surroundings', SYDNEY, 157, false],
  ['the same in 300 ms', SYDNEY, 300, false],
  ['the next town in no time', POTSDAM, 0, false],
  ['878 km in 7 ms', PARIS, 7, true],
  ['878 km in 8.6 ms', PARIS, 8.6, false],
  ['878 km in 7 ms, somewhere within 200 km', { ...PARIS, accuracyKm: 200 }, 7, false],
  ['878 km in 8 ms, within 5 km', { ...PARIS, accuracyKm: 5 }, 8, true],
  ['anycast is not accused', { ...SYDNEY, state: 'anycast' }, 1, false],
  ['a country without a radius is not either', { ...SYDNEY, state: 'approximate' }, 1, false],
  ['a country with its radius is', { ...SYDNEY, state: 'approximate', accuracyKm: 2000 }, 1, true],
  ['private', { state: 'private' }, 1, false],
  ['without coordinates', { countryCode: 'AU' }, 1, false],
  ['a time that is none', SYDNEY, Number.NaN, false],
]

describe('the time that light takes', () => {
  it.each(ROWS)('%s', (_name, place, rttMs, impossible) => {
    const check = makeLatencyCheck(BERLIN)
    expect(check(place, rttMs * 1000) !== null).toBe(impossible)
    // The second time it comes out of memory.
    expect(check(place, rttMs * 1000) !== null).toBe(impossible)
  })
  it('comes with the numbers', () => {
    const verdict = makeLatencyCheck(BERLIN)({ ...PARIS, accuracyKm: 10 }, 5000)
    expect(Math.round(verdict?.distanceKm ?? 0)).toBe(878)
    expect(verdict?.limitKm).toBeCloseTo(5 * (299.792458 / 1.468 / 2) + 10, 6)
  })
  it('never accuses a place that light in fibre reaches, and always one that light reaches not', () => {
    const degrees = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true })
    const point = fc.record({ latitude: degrees(90), longitude: degrees(180) })
    fc.assert(
      fc.property(point, point, fc.integer({ min: 0, max: 400_000 }), (vantage, there, rttUs) => {
        const km = distanceKm(vantage, there)
        const verdict = makeLatencyCheck(vantage)({ ...there, accuracyKm: 1 }, rttUs)
        if (km < (rttUs / 1000) * 102) expect(verdict).toBeNull()
        if (km > (rttUs / 1000) * 150 + 1) expect(verdict).not.toBeNull()
      }),
    )
  })
})

describe('points as people write them', () => {
  it.each([
    ['52.5,13.4', { latitude: 52.5, longitude: 13.4 }],
    [' -33 , +151.2 ', { latitude: -33, longitude: 151.2 }],
    ['91,0', null],
    ['0,181', null],
    ['home', null],
    ['1,2,3', null],
    ['', null],
  ])('%s', (text, point) => {
    expect(parsePoint(text)).toEqual(point)
  })
})
