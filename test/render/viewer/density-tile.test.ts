import { describe, expect, it } from 'vitest'
import { mortonOf, mortonX, mortonY } from '../../../src/render/html/morton.ts'
import { type PageTheme, POSITIONS } from '../../../src/render/html/page-format.ts'
import { packPoints } from '../../../src/render/html/point-packing.ts'
import { styles } from '../../../src/render/styles/index.ts'
import { densityTile, type TilePlace } from '../../../src/render/viewer/density-tile.ts'
import { clipRing, thinLine } from '../../../src/render/viewer/outline-set.ts'
import type { PageContent } from '../../../src/render/viewer/page-reader.ts'
import { readPoints, runsWithin } from '../../../src/render/viewer/point-store.ts'
import { ZoomScales } from '../../../src/render/viewer/zoom-scale.ts'
import { clusteredPoints, toPoints } from '../fixture-data.ts'

const storeOf = (points: Parameters<typeof packPoints>[0]) => {
  const packed = packPoints(points)
  const header = { records: packed.records, fractional: packed.fractional }
  return readPoints({ header, columns: packed } as unknown as PageContent)
}

const themeOf = (name: string): PageTheme => {
  const { theme } = styles.get(name)
  return { ...theme, ramp: Array.from(theme.ramp.rgb) }
}

const paint = (store: ReturnType<typeof storeOf>, place: TilePlace, style = 'dark') => {
  const look = new ZoomScales(store, 'log').lookAt(place.worldPixels, 1, 1600)
  return densityTile(store, place, look, { theme: themeOf(style), colours: null, css: null, shown: () => null })
}

describe('tiles', () => {
  const store = storeOf(clusteredPoints('tiles', 5000))

  it.each(['dark', 'light'])('meet without a seam: %s', (style) => {
    const whole = paint(store, { x: 100, y: 200, width: 300, height: 200, worldPixels: 1024 }, style)!
    const right = paint(store, { x: 250, y: 250, width: 150, height: 150, worldPixels: 1024 }, style)!
    let differing = 0
    for (let y = 0; y < 150; y += 1) {
      for (let x = 0; x < 150 * 4; x += 1) {
        if (Math.abs(whole[((y + 50) * 300 + 150) * 4 + x]! - right[y * 600 + x]!) > 1) differing += 1
      }
    }
    expect(differing).toBe(0)
    expect(right.some((value, i) => i % 4 === 0 && value > 100)).toBe(true)
  })

  it('repeat with the world', () => {
    const here = paint(store, { x: 100, y: 200, width: 300, height: 200, worldPixels: 1024 })!
    for (const turn of [-1024, 1024, 2048]) {
      const there = paint(store, { x: 100 + turn, y: 200, width: 300, height: 200, worldPixels: 1024 })!
      // The cells of the glow do not divide the world: its light may differ by what nobody sees.
      expect(
        there.reduce((most, value, i) => (i % 4 === 3 ? most : Math.max(most, Math.abs(value - here[i]!))), 0),
      ).toBeLessThan(25)
    }
  })

  it('show a point on both sides of ±180°', () => {
    const edge = storeOf(toPoints([[0, 180, 50]]))
    const west = paint(edge, { x: -20, y: 492, width: 40, height: 40, worldPixels: 1024 })!
    const lit = Array.from({ length: 40 }, (_, x) => west[(20 * 40 + x) * 4]!)
    expect(lit[19]).toBeGreaterThan(80)
    expect(lit[20]).toBeGreaterThan(80)
  })

  it('are nothing where nothing lies', () => {
    expect(
      paint(storeOf(toPoints([[50, 8, 1]])), { x: 0, y: 700, width: 100, height: 100, worldPixels: 1024 }),
    ).toBeNull()
    expect(paint(storeOf(toPoints([])), { x: 0, y: 0, width: 100, height: 100, worldPixels: 1024 })).toBeNull()
  })
})

describe('the index of points', () => {
  const store = storeOf(clusteredPoints('index', 3000))

  it.each([
    [0, 0, POSITIONS, POSITIONS],
    [POSITIONS * 0.2, POSITIONS * 0.3, POSITIONS * 0.4, POSITIONS * 0.35],
    [-5000, -5000, 100_000, 200_000],
    [POSITIONS * 1.1, 0, POSITIONS * 1.2, POSITIONS],
  ])('finds all within %d %d %d %d', (west, north, east, south) => {
    const runs = runsWithin(store, west, north, east, south)
    const found = new Set<number>()
    for (let r = 0; r < runs.length; r += 2) for (let i = runs[r]!; i < runs[r + 1]!; i += 1) found.add(i)
    for (let i = 0; i < store.count; i += 1) {
      const inside = store.x[i]! >= west && store.x[i]! <= east && store.y[i]! >= north && store.y[i]! <= south
      if (inside) expect(found.has(i)).toBe(true)
    }
  })

  it('rests on an order that can be undone', () => {
    for (const [x, y] of [
      [0, 0],
      [1, 2],
      [65535, 65535],
      [43690, 21845],
    ] as const) {
      expect([mortonX(mortonOf(x, y)), mortonY(mortonOf(x, y))]).toEqual([x, y])
    }
  })
})

describe('the look at a zoom', () => {
  it('draws circles for places with room around them, when near', () => {
    const store = storeOf(
      toPoints([
        [50, 8, 9],
        [50, 8.0005, 4],
        [-20, 100, 1],
      ]),
    )
    const scales = new ZoomScales(store, 'log')
    expect(scales.lookAt(2000, 1, 1600).alone).toBeNull()
    expect([...scales.lookAt(16384, 1, 1600).alone!]).toEqual([0, 0, 1])
  })

  it.each(['log', 'linear', 'equal'] as const)('has a scale that holds the lightest place: %s', (tone) => {
    const { scale } = new ZoomScales(storeOf(clusteredPoints('scale', 2000)), tone).lookAt(1600, 1, 1600)
    expect(scale.low).toBeGreaterThan(0)
    expect(scale.high).toBeGreaterThanOrEqual(scale.lightest * 4)
  })
})

describe('outlines', () => {
  const square = {
    points: Float32Array.of(0.2, 0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.8),
    west: 0.2,
    north: 0.2,
    east: 0.8,
    south: 0.8,
  }

  it('are cut to the tile', () => {
    const cut = Array.from(clipRing(square, [0.5, 0, 1, 0.5]))
    expect(cut).toHaveLength(8)
    expect(Math.min(...cut.filter((_, i) => i % 2 === 0))).toBe(0.5)
    expect(Math.max(...cut.filter((_, i) => i % 2 === 1))).toBe(0.5)
    expect(clipRing(square, [0.9, 0.9, 1, 1])).toHaveLength(0)
    // A tile within the area is all land.
    expect(clipRing(square, [0.4, 0.4, 0.5, 0.5])).toHaveLength(8)
  })

  it('lose steps that nobody sees, and keep their ends', () => {
    const line = { ...square, points: Float32Array.of(0, 0, 0.001, 0, 0.5, 0, 0.5001, 0) }
    expect(Array.from(thinLine(line, 0.01).points)).toEqual(Array.from(Float32Array.of(0, 0, 0.5, 0, 0.5001, 0)))
  })
})
