import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAddressTable } from '../../src/core/address-table.ts'

describe('a table of addresses', () => {
  it('finds each by its address, and no other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1 }),
        fc.nat(),
        (list, other) => {
          const addresses = Uint32Array.from(list).sort()
          const table = makeAddressTable(addresses)
          for (const [index, address] of addresses.entries()) expect(table.indexOf(address)).toBe(index)
          if (!list.includes(other)) expect(table.indexOf(other)).toBe(-1)
        },
      ),
    )
  })
})
