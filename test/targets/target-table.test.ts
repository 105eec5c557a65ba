import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../src/core/ip.ts'
import { cidrSet, contains, subtract } from '../../src/targets/cidr-set.ts'
import { parseTargetArguments } from '../../src/targets/target-syntax.ts'
import { everyAddress, everyPrefix, shareOf } from '../../src/targets/target-table.ts'
import { errorCode } from '../error-code.ts'

const setOf = (...texts: string[]) => cidrSet(parseTargetArguments(texts).ranges)

describe('one address of every prefix', () => {
  it.each([
    ['20.0.0.0/16', 24, 256],
    ['20.0.0.0/16', 20, 16],
    ['20.0.0.0/22', 30, 256],
    ['20.0.0.77', 24, 1],
  ] as const)('of %s by /%i: %i', (network, bits, count) => {
    const allowed = setOf(network)
    const picked = everyPrefix(allowed, bits, 'seed')
    expect(picked).toHaveLength(count)
    const size = 2 ** (32 - bits)
    expect(new Set([...picked].map((address) => Math.floor(address / size))).size).toBe(count)
    for (const address of picked) {
      expect(contains(allowed, address)).toBe(true)
      if (count > 1) expect(address % size).toBeGreaterThan(1)
      if (count > 1) expect(address % size).toBeLessThan(size - 1)
    }
  })

  it('is the same with the same seed, another with another', () => {
    const allowed = setOf('20.0.0.0/16')
    expect(everyPrefix(allowed, 24, 'a')).toEqual(everyPrefix(allowed, 24, 'a'))
    expect(everyPrefix(allowed, 24, 'a')).not.toEqual(everyPrefix(allowed, 24, 'b'))
  })

  it('keeps out what is blocked, and finds what little is allowed', () => {
    const allowed = subtract(setOf('20.0.0.0/22'), setOf('20.0.0.0/25', '20.0.1.0/24', '20.0.2.0-20.0.2.200'))
    const picked = everyPrefix(allowed, 24, 'seed')
    expect(picked).toHaveLength(3)
    for (const address of picked) expect(contains(allowed, address)).toBe(true)
  })

  it.each([7, 31, 24.5])('refuses /%d', (bits) => {
    expect(errorCode(() => everyPrefix(setOf('20.0.0.0/16'), bits, 'seed'))).toBe('ERR_USAGE')
  })
})

describe('shards', () => {
  const all = everyAddress(cidrSet([{ first: ipv4(20 * 2 ** 24), last: ipv4(20 * 2 ** 24 + 9999) }]))

  it.each([1, 2, 3, 7])('%i of them partition the targets', (shards) => {
    const parts = Array.from({ length: shards }, (_, shard) => shareOf(all, { seed: 's', shard, shards }))
    const together = parts.flatMap((part) => [...part])
    expect(together).toHaveLength(all.length)
    expect(Uint32Array.from(together).sort()).toEqual(all)
  })

  it('are cut to the limit together', () => {
    const parts = [0, 1, 2].flatMap((shard) => [...shareOf(all, { seed: 's', shard, shards: 3, limit: 100 })])
    expect(new Set(parts).size).toBe(100)
    expect(Uint32Array.from(parts).sort()).toEqual(shareOf(all, { seed: 's', shard: 0, shards: 1, limit: 100 }))
  })

  it('that are none are refused', () => {
    expect(errorCode(() => shareOf(all, { seed: 's', shard: 2, shards: 2 }))).toBe('ERR_USAGE')
    expect(errorCode(() => shareOf(new Uint32Array(0), { seed: 's', shard: 0, shards: 1 }))).toBe('ERR_NO_TARGETS')
  })
})
