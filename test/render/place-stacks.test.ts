import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitMap } from '../../src/render/map-fit.ts'
import { stackPoints } from '../../src/render/place-stacks.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import { clusteredPoints, toPoints } from './fixture-data.ts'

const FRAME = { x: 0, y: 0, width: 800, height: 400 }
const fit = fitMap(earthProjections.get('equirectangular'), { latitude: 0, longitude: 0 }, FRAME, [])

describe('stacks', () => {
  it('lose nobody, and no two are nearer than the distance', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 40 }),
        (seed, count, distance) => {
          const points = clusteredPoints(seed, count)
          const stacks = stackPoints(fit, points, distance)
          expect(stacks.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(count, 6)
          for (const [i, one] of stacks.entries()) {
            for (const other of stacks.slice(i + 1)) {
              expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThanOrEqual(distance - 1e-9)
            }
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('stand where most of them is, in the colour that most have, heaviest first', () => {
    const points = {
      ...toPoints([
        [0, 0, 2],
        [0, 0.5, 7],
        [0, 0.5, 1],
        [50, 100, 3],
      ]),
      colour: Uint8Array.of(1, 2, 1, 0),
    }
    const [first, second, ...rest] = stackPoints(fit, points, 20)
    expect(rest).toEqual([])
    expect(first).toMatchObject({ weight: 10, index: 1, colour: 2 })
    expect(Math.abs(first!.x - fit.projection([0.5, 0])![0])).toBeLessThan(1)
    expect(second).toMatchObject({ weight: 3, index: 3, colour: 0 })
  })
})
