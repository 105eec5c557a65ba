import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binPoints } from '../../src/render/density-grid.ts'
import { fitMap } from '../../src/render/map-fit.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import { clusteredPoints, toPoints } from './fixture-data.ts'

const WIDTH = 500
const fit = fitMap(
  earthProjections.get('natural-earth'),
  { latitude: 0, longitude: 0 },
  { x: 10, y: 10, width: WIDTH - 20, height: 240 },
  [],
)

describe('density', () => {
  it.each([
    [1, [[0, 0, 1]]],
    [250, [[48.8, 2.3, 250]]],
    [
      7,
      [
        [48.8, 2.3, 3],
        [48.8, 2.3, 4],
      ],
    ],
  ] as const)('a lone place keeps its weight at its centre: %d', (expected, rows) => {
    const grid = binPoints(fit, toPoints(rows), { pictureWidth: WIDTH, tone: 'log' })
    expect(grid?.filledPixels).toBe(1)
    expect(grid?.values.reduce((most, value) => Math.max(most, value), 0)).toBeCloseTo(expected, 4)
  })

  it('is where the projection says', () => {
    const grid = binPoints(fit, toPoints([[35, 139, 5]]), { pictureWidth: WIDTH, tone: 'log' })
    const at = grid?.values.indexOf(5) ?? -1
    const [x, y] = fit.projection([139, 35]) ?? [0, 0]
    expect([(at % (grid?.width ?? 1)) + (grid?.x ?? 0), Math.floor(at / (grid?.width ?? 1)) + (grid?.y ?? 0)]).toEqual([
      Math.floor(x),
      Math.floor(y),
    ])
  })

  it('has room for the spot of any point on Earth: nothing spills over an edge into the next row', () => {
    fc.assert(
      fc.property(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-180, 180), (north, east) => {
        const grid = binPoints(fit, toPoints([[north, east, 1]]), { pictureWidth: WIDTH, tone: 'log' })
        if (grid === null) return false
        for (let y = 0; y < grid.height; y += 1) {
          if (grid.values[y * grid.width] !== 0 || grid.values[(y + 1) * grid.width - 1] !== 0) return false
        }
        return true
      }),
      { numRuns: 20 },
    )
  })

  it('is null without points', () => {
    expect(binPoints(fit, toPoints([]), { pictureWidth: WIDTH, tone: 'log' })).toBeNull()
    expect(binPoints(fit, toPoints([[Number.NaN, 0, 1]]), { pictureWidth: WIDTH, tone: 'log' })).toBeNull()
  })

  it('draws larger spots when there are few, and in larger pictures', () => {
    const few = binPoints(fit, clusteredPoints('spots', 10), { pictureWidth: WIDTH, tone: 'log' })?.spotPixels ?? 0
    const many = binPoints(fit, clusteredPoints('spots', 5000), { pictureWidth: WIDTH, tone: 'log' })?.spotPixels ?? 0
    const large = binPoints(fit, clusteredPoints('spots', 5000), { pictureWidth: 8000, tone: 'log' })?.spotPixels ?? 0
    expect(few).toBeGreaterThan(many)
    expect(large).toBeGreaterThan(many)
  })

  it('is not dimmed by one enormous place', () => {
    const rows = Array.from({ length: 4000 }, (_, i) => [(i % 60) - 20, (i * 37) % 170, 1 + (i % 40)] as const)
    const plain = binPoints(fit, toPoints(rows), { pictureWidth: WIDTH, tone: 'log' })
    const skewed = binPoints(fit, toPoints([...rows, [60, -120, 1e6]]), { pictureWidth: WIDTH, tone: 'log' })
    expect(skewed?.scale.high).toBeLessThan((plain?.scale.high ?? 0) * 3)
  })
})
