import { geoArea, geoContains } from 'd3-geo'
import { describe, expect, it } from 'vitest'
import { type BasemapDetail, detailForWidth, loadBasemap } from '../../src/render/basemap.ts'

const EVERY_DETAIL: BasemapDetail[] = ['110m', '50m', '10m']

describe.each(EVERY_DETAIL)('basemap 1:%s', (detail) => {
  it('has as much land as Earth, in pieces that are wound the right way', async () => {
    const { land } = await loadBasemap(detail)
    expect(geoArea(land) / (4 * Math.PI)).toBeGreaterThan(0.27)
    expect(geoArea(land) / (4 * Math.PI)).toBeLessThan(0.31)
    for (const coordinates of land.coordinates) {
      expect(geoArea({ type: 'Polygon', coordinates })).toBeLessThan(2 * Math.PI)
    }
  })

  it.each([
    ['Paris', 48.85, 2.35, true, false],
    ['South Pole', -89.9, 0, true, false],
    ['Gulf of Guinea', 0, 0, false, false],
    ['Caspian Sea', 41.5, 50.8, false, false],
    ['Lake Superior', 47.7, -87.5, true, true],
    ['Lake Victoria', -1, 33, true, true],
  ])('%s', async (_name, north, east, isLand, isLake) => {
    const { land, lakes } = await loadBasemap(detail)
    expect(geoContains(land, [east, north])).toBe(isLand)
    expect(geoContains(lakes, [east, north])).toBe(isLake)
  })

  it('has borders', async () => {
    expect((await loadBasemap(detail)).borders.coordinates.length).toBeGreaterThan(100)
  })
})

describe('detail', () => {
  it.each([
    [64, '110m'],
    [1200, '50m'],
    [4096, '50m'],
    [8192, '10m'],
  ])('for %i pixels is %s', (width, detail) => {
    expect(detailForWidth(width)).toBe(detail)
  })
})
