import { describe, expect, it } from 'vitest'
import { type LookOptions, mapOptions } from '../../../src/commands/render/render-options.ts'

const BASE: LookOptions = { projection: 'natural-earth', style: 'dark', tone: 'log', graticule: true }

describe('from options to a map', () => {
  it.each([
    [{}, { width: 2400, height: 1350 }],
    [{ size: { width: 800, height: 600, unit: 'px' } as const }, { width: 800, height: 600 }],
    [{ scale: 2 }, { width: 4800, height: 2700 }],
    [
      { size: { width: 254, height: 127, unit: 'mm' } as const, dpi: 100 },
      { width: 1000, height: 500, dpi: 100 },
    ],
    [{ size: { width: 25.4, height: 25.4, unit: 'mm' } as const }, { width: 300, height: 300, dpi: 300 }],
    [
      { dpi: 72, scale: 2 },
      { width: 4800, height: 2700, dpi: 144 },
    ],
    [{ projection: 'globe' }, { projection: 'orthographic' }],
    [{ bbox: '-10,170,10,-170' }, { view: { box: { south: -10, west: 170, north: 10, east: -170 } } }],
    [{ zoom: 3, center: { latitude: 1, longitude: 2 } }, { view: { zoom: 3, center: { latitude: 1, longitude: 2 } } }],
    [{ prefix: '10.0.0.0/8' }, { prefix: { first: 10 * 2 ** 24, length: 8 } }],
    [{ labels: true }, { labels: 30 }],
    [{ labels: 7 }, { labels: 7 }],
    [
      { colors: 'magma', layer: 'countries' },
      { colourMap: 'magma', layer: 'choropleth' },
    ],
    [{ night: '2026-11-20T05:00' }, { nightAtUs: Date.parse('2026-11-20T05:00Z') * 1000 }],
  ])('%o', (options, expected) => {
    expect(mapOptions({ ...BASE, ...options }, 'png')).toMatchObject(expected)
  })

  it.each([
    [{ size: { width: 20, height: 20, unit: 'px' } as const }, /cannot be 20 × 20/],
    [{ zoom: 2, fit: true }, /only one of/],
    [{ bbox: '50,0,40,10' }, /south lies north/],
    [{ bbox: '1,2,3' }, /--bbox wants/],
    [{ prefix: '10.0.0.0' }, /--prefix wants/],
    [{ projection: 'flat' }, /no projection named "flat"/],
    [{ style: 'neon' }, /no style named "neon"/],
    [{ colors: 'blau' }, /no colour map named "blau"/],
    [{ layer: 'cubes' }, /no layer named "cubes"/],
    [{ themeFile: '/nowhere/theme.json' }, /cannot read/],
    [{ night: 'noon' }, /--night wants/],
  ])('%o cannot be', (options, message) => {
    expect(() => mapOptions({ ...BASE, ...options }, 'png')).toThrow(message)
  })
})
