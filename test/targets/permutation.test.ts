import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makePermutation } from '../../src/targets/permutation.ts'

const visits = (size: number, seed: string): Uint32Array => {
  const permutation = makePermutation(size, seed)
  const seen = new Uint32Array(size)
  for (let i = 0; i < size; i += 1) {
    const value = permutation.at(i)
    seen[value] = seen[value]! + 1
  }
  return seen
}

describe('permutation', () => {
  it('visits every value exactly once, for every small size', () => {
    for (let size = 1; size <= 600; size += 1) {
      expect(visits(size, `seed ${size}`).every((count) => count === 1)).toBe(true)
    }
  })

  it.each([65535, 65536, 65537, 999_983, 1_048_576, 3_000_001])('visits each of %i values exactly once', (size) => {
    expect(visits(size, 'large').every((count) => count === 1)).toBe(true)
  })

  it('stays inside and never collides on domains far beyond 32 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 33, max: 2 ** 52 }), fc.string(), (size, seed) => {
        const permutation = makePermutation(size, seed)
        const values = new Set<number>()
        for (let i = 0; i < 200; i += 1) {
          const value = permutation.at(i < 100 ? i : size - 1 - (i - 100))
          expect(Number.isSafeInteger(value) && value >= 0 && value < size).toBe(true)
          values.add(value)
        }
        expect(values.size).toBe(200)
      }),
      { numRuns: 100 },
    )
  })

  it('depends on the seed and on nothing else', () => {
    const order = (seed: string): number[] =>
      Array.from({ length: 50 }, (_, i) => makePermutation(1_000_000, seed).at(i))
    expect(order('a')).toEqual(order('a'))
    expect(order('a')).not.toEqual(order('b'))
  })

  it.each([10_000, 65_536, 2 ** 32, 2 ** 40])(
    'spreads neighbours of %i evenly over the domain (chi-square)',
    (size) => {
      const permutation = makePermutation(size, 'spread')
      const buckets = new Uint32Array(64)
      const samples = 6400
      for (let i = 0; i < samples; i += 1) {
        const bucket = Math.floor((permutation.at(i) / size) * 64)
        buckets[bucket] = buckets[bucket]! + 1
      }
      const expected = samples / 64
      const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
      // 63 degrees of freedom: 0.9999 quantile is 115.
      expect(chiSquare).toBeLessThan(115)
    },
  )

  it('refuses a size that is no count', () => {
    expect(() => makePermutation(0, 's')).toThrow('impossible')
    expect(() => makePermutation(1.5, 's')).toThrow('impossible')
  })
})
