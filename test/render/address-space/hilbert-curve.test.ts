import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocationName, registryOf } from '../../../src/render/address-space/allocations.ts'
import { hilbertCell, prefixRectangle } from '../../../src/render/address-space/hilbert-curve.ts'

const A = 2 ** 24

describe("Hilbert's curve", () => {
  it.each([1, 2, 3, 4, 5, 6])('visits every cell of order %i once, each beside the one before', (order) => {
    const side = 2 ** order
    const cells = Array.from({ length: side * side }, (_, i) => hilbertCell(order, i))
    expect(new Set(cells.map(([x, y]) => y * side + x)).size).toBe(side * side)
    for (let i = 1; i < cells.length; i += 1) {
      const [[x0, y0], [x1, y1]] = [cells[i - 1]!, cells[i]!]
      expect(Math.abs(x0 - x1) + Math.abs(y0 - y1)).toBe(1)
    }
  })

  it('begins at the top left and ends at the top right, at every order', () => {
    for (const order of [1, 4, 8, 12, 16]) {
      expect(hilbertCell(order, 0)).toEqual([0, 0])
      expect(hilbertCell(order, 4 ** order - 1)).toEqual([2 ** order - 1, 0])
    }
  })

  it('is the same curve at every order: a finer cell lies in its coarser one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat({ max: 4 ** 8 - 1 }), (coarse, position) => {
        const [x, y] = hilbertCell(8, position)
        const [column, row] = hilbertCell(coarse, Math.floor(position / 4 ** (8 - coarse)))
        return x >> (8 - coarse) === column && y >> (8 - coarse) === row
      }),
    )
  })

  it.each([
    ['0.0.0.0/0', 0, 0, { x: 0, y: 0, width: 1, height: 1 }],
    ['0.0.0.0/8', 0, 8, { x: 0, y: 0, width: 1 / 16, height: 1 / 16 }],
    ['1.0.0.0/8', A, 8, { x: 1 / 16, y: 0, width: 1 / 16, height: 1 / 16 }],
    ['224.0.0.0/4', 224 * A, 4, { x: 0.5, y: 0, width: 0.25, height: 0.25 }],
    ['240.0.0.0/4', 240 * A, 4, { x: 0.75, y: 0, width: 0.25, height: 0.25 }],
    ['192.0.0.0/3', 192 * A, 3, { x: 0.5, y: 0.25, width: 0.5, height: 0.25 }],
    ['198.18.0.0/15', 198 * A + 18 * 65536, 15, null],
  ])('%s has its place in the whole', (_name, first, length, expected) => {
    const found = prefixRectangle({ first: 0, length: 0 }, { first, length })
    if (expected !== null) expect(found).toEqual(expected)
    else expect(found!.width * found!.height).toBeCloseTo(2 ** -15, 12)
  })

  it('has no place outside of the square', () => {
    const square = { first: 10 * A, length: 8 }
    expect(prefixRectangle(square, { first: 11 * A, length: 16 })).toBeNull()
    expect(prefixRectangle(square, { first: 0, length: 0 })).toBeNull()
    expect(prefixRectangle(square, square)).toEqual({ x: 0, y: 0, width: 1, height: 1 })
  })

  it('gives prefixes areas that add up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.nat({ max: 65535 }), (length, n) => {
        const first = Math.floor(n / 2 ** (16 - length)) * 2 ** (32 - length)
        const found = prefixRectangle({ first: 0, length: 0 }, { first, length })
        return found !== null && Math.abs(found.width * found.height - 2 ** -length) < 1e-12
      }),
    )
  })
})

describe('allocations', () => {
  it.each([
    [1, 'APNIC'],
    [2, 'RIPE NCC'],
    [17, 'Apple'],
    [41, 'AFRINIC'],
    [53, 'Daimler'],
    [100, 'ARIN'],
    [200, 'LACNIC'],
    [215, 'US DoD'],
    [223, 'APNIC'],
    [0, null],
    [10, null],
    [127, null],
    [224, null],
    [255, null],
    [256, null],
  ])('%i/8: %s', (block, name) => {
    expect(allocationName(block)).toBe(name)
  })

  it('count the blocks of each registry (IANA, of 256)', () => {
    const counts = new Map<string | null, number>()
    for (let block = 0; block < 256; block += 1) counts.set(registryOf(block), (counts.get(registryOf(block)) ?? 0) + 1)
    expect(counts.get(null)).toBe(35)
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(256)
    expect(counts.get('F')).toBe(6)
    expect(counts.get('L')).toBe(10)
  })
})
