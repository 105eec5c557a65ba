import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressBuckets } from '../../src/store/address-buckets.ts'

/** Many in few networks, so that some repeat and some lie beside each other. */
const address = fc
  .tuple(fc.constantFrom(0, 1, 127, 128, 255), fc.constantFrom(0, 32, 0xfffff0), fc.nat(40))
  .map(([first, middle, last]) => (first * 2 ** 24 + Math.min(2 ** 24 - 1, middle + last)) >>> 0)

const bucketsOf = (addresses: Iterable<number>): AddressBuckets => {
  const buckets = new AddressBuckets()
  for (const each of addresses) buckets.add(each)
  return buckets
}
const ascending = (addresses: Iterable<number>): number[] => [...new Set(addresses)].sort((a, b) => a - b)

describe('addresses that were added', () => {
  it('are known, each counted once, and no other', () => {
    fc.assert(
      fc.property(fc.array(address), fc.array(address), (added, asked) => {
        const buckets = bucketsOf(added)
        const known = new Set(added)
        for (const each of ascending([...added, ...asked])) if (buckets.has(each) !== known.has(each)) return false
        return buckets.finish() === known.size
      }),
      { seed: 5, numRuns: 60 },
    )
  })
  it('are listed once, ascending', () => {
    fc.assert(
      fc.property(fc.array(address), (added) => {
        expect([...bucketsOf(added).list()]).toEqual(ascending(added))
      }),
      { seed: 6 },
    )
  })
  it.each([
    ['in one network', (i: number) => 2 ** 31 + i * 3],
    ['all over', (i: number) => Math.imul(i, 0x9e3779b1) >>> 0],
    ['again and again', (i: number) => i % 1000],
  ])('may be many, %s', (_name, addressOf) => {
    const added = Array.from({ length: 200_000 }, (_, i) => addressOf(i))
    const distinct = new Set(added)
    expect(bucketsOf(added).finish()).toBe(distinct.size)
    expect(bucketsOf(added).list()).toEqual(Uint32Array.from(distinct).sort())
  })
})
