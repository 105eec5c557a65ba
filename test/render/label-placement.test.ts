import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LabelWish, overlaps, placeLabels } from '../../src/render/label-placement.ts'

const FRAME = { x: 0, y: 0, width: 400, height: 300 }

const wish = fc.record({
  x: fc.integer({ min: -20, max: 420 }),
  y: fc.integer({ min: -20, max: 320 }),
  radius: fc.integer({ min: 0, max: 12 }),
  width: fc.integer({ min: 5, max: 120 }),
  height: fc.integer({ min: 5, max: 20 }),
})

describe('labels', () => {
  it('never touch each other, what was there before, or the frame', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes: LabelWish[]) => {
        const taken = [{ x: 100, y: 100, width: 80, height: 60 }]
        const placed = placeLabels(wishes, FRAME, taken)
        const boxes = taken.slice(1)
        expect(boxes.length).toBe(placed.filter((each) => each !== null).length)
        for (const [i, box] of taken.entries()) {
          expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 400 && box.y + box.height <= 300).toBe(true)
          for (const other of taken.slice(i + 1)) expect(overlaps(box, other)).toBe(false)
        }
      }),
    )
  })

  it('take the right side first, then the left, above, below', () => {
    const one = { x: 200, y: 150, radius: 5, width: 60, height: 10 }
    const placed = placeLabels([one, one, one, one, one], FRAME, [])
    expect(placed.map((each) => each?.align ?? null)).toEqual(['left', 'right', 'center', 'center', null])
    expect(placed[2]!.y).toBeLessThan(placed[3]!.y)
  })
})
