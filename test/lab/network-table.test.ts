import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeNetworkTable } from '../../src/lab/network-table.ts'
import { formatPrefix, parsePrefix, prefixSize } from '../../src/lab/prefix.ts'

describe('the network table', () => {
  it('finds the most specific network, as a linear search would', () => {
    const prefix = fc.tuple(fc.nat(255), fc.integer({ min: 22, max: 32 }))
    fc.assert(
      fc.property(
        fc.array(prefix, { minLength: 1, maxLength: 25 }),
        fc.array(fc.nat(1023), { maxLength: 40 }),
        (given, probes) => {
          const networks = given.map(([host, bits], index) => ({ ...parsePrefix(formatPrefix(host * 4, bits)), index }))
          const table = makeNetworkTable(networks)
          for (const address of probes) {
            const best = networks
              .filter(({ first, last }) => address >= first && address <= last)
              .sort((a, b) => b.bits - a.bits || b.index - a.index)[0]
            expect(table.find(address)?.index).toBe(best?.index)
          }
          const ends = table.ranges.map(({ first, last }) => [first, last] as const)
          for (const [at, [first, last]] of ends.entries()) {
            expect(last).toBeGreaterThanOrEqual(first)
            if (at > 0) expect(first).toBeGreaterThan(ends[at - 1]![1])
          }
        },
      ),
    )
  })

  it('covers all addresses when asked to', () => {
    const table = makeNetworkTable([
      { ...parsePrefix('0.0.0.0/0'), index: 0 },
      { ...parsePrefix('255.255.255.255/32'), index: 1 },
    ])
    expect([0, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1].map((address) => table.find(address)?.index)).toEqual([0, 0, 0, 1])
    expect(makeNetworkTable([]).find(5)).toBeUndefined()
  })
})

describe('prefixes', () => {
  it.each([
    ['10.64.0.0/12', 0x0a400000, 0x0a4fffff, 2 ** 20],
    ['10.77.1.2/12', 0x0a400000, 0x0a4fffff, 2 ** 20],
    ['255.255.255.255', 0xffffffff, 0xffffffff, 1],
    ['0.0.0.0/0', 0, 0xffffffff, 2 ** 32],
  ])('reads %s', (text, first, last, size) => {
    const range = parsePrefix(text)
    expect(range).toMatchObject({ first, last })
    expect(prefixSize(range)).toBe(size)
  })

  it.each(['', '10.0.0.0/', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/08'])('refuses "%s"', (text) => {
    expect(() => parsePrefix(text)).toThrow(/no IPv4 prefix/)
  })
})
