import { describe, expect, it } from 'vitest'
import { subsolarPoint } from '../../src/render/sun.ts'

const at = (text: string) => subsolarPoint(Date.parse(text) * 1000)

describe('the sun', () => {
  it.each([
    // Equinoxes and solstices: the declination is known; at 12:00 UTC the sun is near Greenwich, off by the equation of time.
    ['2024-03-20T03:06:00Z', 0, null],
    ['2024-06-20T20:51:00Z', 23.44, null],
    ['2024-12-21T09:20:00Z', -23.44, null],
    ['2024-04-15T12:00:00Z', null, 0],
    ['2024-11-03T12:00:00Z', null, -4.1],
    ['2024-02-11T12:00:00Z', null, 3.55],
  ])('%s', (text, latitude, longitude) => {
    const found = at(text)
    if (latitude !== null) expect(Math.abs(found.latitude - latitude)).toBeLessThan(0.05)
    if (longitude !== null) expect(Math.abs(found.longitude - longitude)).toBeLessThan(0.15)
  })

  it('goes west, 15° an hour', () => {
    const [one, two] = [at('2026-05-01T06:00:00Z'), at('2026-05-01T07:00:00Z')]
    expect(one.longitude - two.longitude).toBeCloseTo(15, 1)
  })
})
