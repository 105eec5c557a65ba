import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../src/core/ip.ts'
import {
  type CidrSet,
  cidrSet,
  complement,
  contains,
  intersect,
  subtract,
  toCidrs,
  union,
} from '../../src/targets/cidr-set.ts'
import { parseTargetArguments } from '../../src/targets/target-syntax.ts'

// A small universe, so that every set can be compared with the obvious model, address by address.
const UNIVERSE = 64
const BASES = [0, 1000, 0xffffffff - UNIVERSE + 1]
const model = (set: CidrSet, base: number): boolean[] =>
  Array.from({ length: UNIVERSE }, (_, i) => contains(set, base + i))
const ranges = (base: number) =>
  fc
    .array(fc.tuple(fc.nat(UNIVERSE - 1), fc.nat(12)), { maxLength: 10 })
    .map((pairs) =>
      pairs.map(([at, length]) => ({ first: ipv4(base + at), last: ipv4(base + Math.min(UNIVERSE - 1, at + length)) })),
    )

describe('cidr set', () => {
  it.each(BASES)('agrees with the address-by-address model from %i', (base) => {
    fc.assert(
      fc.property(ranges(base), ranges(base), (left, right) => {
        const a = cidrSet(left)
        const b = cidrSet(right)
        const inA = model(a, base)
        const inB = model(b, base)
        const expected = Array.from({ length: UNIVERSE }, (_, i) =>
          left.some((range) => range.first <= base + i && base + i <= range.last),
        )
        expect(inA).toEqual(expected)
        expect(model(union(a, b), base)).toEqual(inA.map((value, i) => value || inB[i]!))
        expect(model(intersect(a, b), base)).toEqual(inA.map((value, i) => value && inB[i]!))
        expect(model(subtract(a, b), base)).toEqual(inA.map((value, i) => value && !inB[i]!))
        expect(model(complement(a), base)).toEqual(inA.map((value) => !value))
        expect(a.size).toBe(inA.filter(Boolean).length)
        expect(complement(a).size).toBe(2 ** 32 - a.size)
      }),
    )
  })

  it('gives back the same set through its prefixes', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)), { maxLength: 6 })
          .map((pairs) => pairs.map(([a, b]) => ({ first: ipv4(Math.min(a, b)), last: ipv4(Math.max(a, b)) }))),
        (input) => {
          const set = cidrSet(input)
          expect(cidrSet(parseTargetArguments(toCidrs(set)).ranges)).toEqual(set)
        },
      ),
    )
  })

  it('writes the whole of IPv4 as one prefix', () => {
    expect(toCidrs(complement(cidrSet([])))).toEqual(['0.0.0.0/0'])
    expect(toCidrs(cidrSet([{ first: ipv4(1), last: ipv4(6) }]))).toEqual([
      '0.0.0.1/32',
      '0.0.0.2/31',
      '0.0.0.4/31',
      '0.0.0.6/32',
    ])
  })
})
