import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeInterfaceSet } from '../../../src/probe/mass-trace/interface-set.ts'

describe('the set of interfaces', () => {
  it('counts each address once, and the paths that showed it', () => {
    const addresses = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 0xffffffff }))
    const additions = fc.array(fc.tuple(addresses, fc.integer({ min: 0, max: 3 })), { maxLength: 3000 })
    fc.assert(
      fc.property(additions, (list) => {
        const set = makeInterfaceSet()
        const model = new Map<number, number>()
        for (const [address, paths] of list) {
          set.add(address, paths)
          model.set(address, Math.min(255, (model.get(address) ?? 0) + paths))
        }
        expect(set.count()).toBe(model.size)
        for (const [address, paths] of model) expect(set.paths(address)).toBe(paths)
        const { addresses: kept, paths } = set.entries()
        expect(new Map([...kept].map((address, i) => [address, paths[i]!]))).toEqual(model)
      }),
    )
  })

  it('grows, and knows nothing of address 0', () => {
    const set = makeInterfaceSet()
    for (let address = 0; address < 100_000; address += 1) set.add(address, 1)
    expect(set.count()).toBe(99_999)
    expect([set.paths(0), set.paths(99_999), set.paths(100_000)]).toEqual([0, 1, 0])
  })
})
