import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ipv6, parseIpv6 } from '../../src/core/ip.ts'
import { makeTargetSet6, mintTarget6 } from '../../src/targets/target-set6.ts'
import { parseTargetFile } from '../../src/targets/target-syntax.ts'

const at = (text: string): Ipv6 => parseIpv6(text)!

describe('targets of IPv6 probes', () => {
  const { ranges6 } = parseTargetFile('fd00:1::/32\nfd00:2::5\n2001:db8::/126 # four\n::1/0x\n', 'list', true)
  const targets = ['fd00:1::1', 'fd00:2::4', 'fd00:2::5', 'fd00:2::6', '2001:db8::3', '2001:db8::4'].map(at)
  const set = makeTargetSet6(targets, ranges6)

  it.each([
    ['fd00:1::1', 'is on the blocklist'],
    ['fd00:2::4', null],
    ['fd00:2::5', 'is on the blocklist'],
    ['fd00:2::6', null],
    ['2001:db8::3', 'is on the blocklist'],
    ['2001:db8::4', null],
    ['2001:db8::5', 'is not among the targets'],
  ])('mints %s, or says why not: %s', (text, refusal) => {
    const mint = () => mintTarget6(set, at(text), 33434)
    if (refusal === null) expect(mint()).toMatchObject({ addresses6: [at(text)], ports: { 0: 33434 }, count: 1 })
    else expect(mint).toThrow(expect.objectContaining({ code: 'ERR_TARGET_BLOCKED', message: `${text} ${refusal}` }))
  })

  it('refuses to be empty', () => {
    expect(() => makeTargetSet6([], [])).toThrow(expect.objectContaining({ code: 'ERR_NO_TARGETS' }))
  })

  it('blocks what lies in any of the ranges, in any order, overlapping or not', () => {
    const address = fc.bigInt(0n, 40n).map((value) => value as Ipv6)
    const range = fc.tuple(address, address).map(([a, b]) => (a < b ? { first: a, last: b } : { first: b, last: a }))
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), address, (blocked, target) => {
        const inside = blocked.some(({ first, last }) => first <= target && target <= last)
        const mint = () => mintTarget6(makeTargetSet6([target], blocked), target)
        if (inside) expect(mint).toThrow(/blocklist/)
        else expect(mint().addresses6).toEqual([target])
      }),
    )
  })
})
