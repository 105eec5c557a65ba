import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet, mintTarget, newTargetBatch, walkTargets } from '../../src/targets/target-set.ts'

const walkAll = (
  set: ReturnType<typeof makeTargetSet>,
  options: Partial<Parameters<typeof walkTargets>[1]> = {},
  copies = 1,
): string[] => {
  const walk = walkTargets(set, { seed: 's', shard: 0, shards: 1, ...options })
  const batch = newTargetBatch(48)
  const seen: string[] = []
  while (walk.next(batch, 48, copies) > 0) {
    for (let i = 0; i < batch.count; i += 1) seen.push(`${batch.addresses[i]}:${batch.ports[i]}`)
  }
  expect(seen.length).toBe(walk.count * copies)
  return seen
}

const rangeArbitrary = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 300 }))
  .map(([first, length]) => ({ first: ipv4(first), last: ipv4(Math.min(0xffffffff, first + length - 1)) }))

describe('target set', () => {
  it('visits each address × port once, over any ranges, in any number of shards', () => {
    fc.assert(
      fc.property(
        fc.array(rangeArbitrary, { minLength: 1, maxLength: 8 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        fc.string(),
        (ranges, ports, shards, seed) => {
          const addresses = cidrSet(ranges)
          const set = makeTargetSet(addresses, Uint16Array.from(ports))
          const union: string[] = []
          for (let shard = 0; shard < shards; shard += 1) union.push(...walkAll(set, { seed, shard, shards }))
          const expected = new Set<string>()
          for (let i = 0; i < addresses.firsts.length; i += 1) {
            for (let a = addresses.firsts[i]!; a <= addresses.lasts[i]!; a += 1) {
              for (const port of ports) expected.add(`${a}:${port}`)
            }
          }
          expect(union.length).toBe(expected.size)
          expect(new Set(union)).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('goes on from a checkpoint without missing or repeating a target', () => {
    const set = makeTargetSet(cidrSet([{ first: ipv4(1000), last: ipv4(1999) }]), Uint16Array.of(0))
    const whole = walkAll(set)
    const walk = walkTargets(set, { seed: 's', shard: 0, shards: 1 })
    const batch = newTargetBatch(64)
    walk.next(batch, 37, 1)
    const rest = walkTargets(set, { seed: 's', shard: 0, shards: 1, position: walk.position() })
    const seen = Array.from({ length: batch.count }, (_, i) => `${batch.addresses[i]}:0`)
    while (rest.next(batch, 64, 1) > 0) for (let i = 0; i < batch.count; i += 1) seen.push(`${batch.addresses[i]}:0`)
    expect(seen).toEqual(whole)
  })

  it('stops at the limit, the same targets whatever the number of shards', () => {
    const set = makeTargetSet(cidrSet([{ first: ipv4(0), last: ipv4(99_999) }]), Uint16Array.of(80, 443))
    const first = new Set(walkAll(set, { limit: 1000 }))
    const sharded = [0, 1, 2].flatMap((shard) => walkAll(set, { limit: 1000, shard, shards: 3 }))
    expect(first.size).toBe(1000)
    expect(new Set(sharded)).toEqual(first)
  })

  it('repeats each target as often as asked', () => {
    const set = makeTargetSet(cidrSet([{ first: ipv4(7), last: ipv4(9) }]), Uint16Array.of(1))
    const seen = walkAll(set, {}, 3)
    expect(seen.length).toBe(9)
    for (let i = 0; i < 9; i += 3) expect(new Set(seen.slice(i, i + 3)).size).toBe(1)
  })

  it('walks the whole of IPv4 times all ports without leaving the domain', () => {
    const set = makeTargetSet(
      cidrSet([{ first: ipv4(0), last: ipv4(0xffffffff) }]),
      Uint16Array.from({ length: 65536 }, (_, i) => i),
    )
    const batch = newTargetBatch(256)
    const walk = walkTargets(set, { seed: 'x', shard: 5, shards: 1000 })
    expect(walk.next(batch, 256, 1)).toBe(256)
    expect(new Set(Array.from(batch.addresses, (a, i) => `${a}:${batch.ports[i]}`)).size).toBe(256)
  })

  it('mints a single target only from inside the set', () => {
    const address = parseIpv4('192.0.2.7')!
    const set = makeTargetSet(cidrSet([{ first: address, last: address }]), Uint16Array.of(0))
    expect(mintTarget(set, address).addresses[0]).toBe(address)
    expect(() => mintTarget(set, ipv4(address + 1))).toThrow('192.0.2.8 is not among the targets')
  })

  it('refuses an empty set and a shard that is none', () => {
    expect(() => makeTargetSet(cidrSet([]), Uint16Array.of(0))).toThrow('nothing to probe')
    const set = makeTargetSet(cidrSet([{ first: ipv4(1), last: ipv4(2) }]), Uint16Array.of(0))
    expect(() => walkTargets(set, { seed: '', shard: 4, shards: 4 })).toThrow('no shard 4 of 4')
  })
})
