import { describe, expect, it } from 'vitest'
import { cookieKey, fillCookie, makeCookie } from '../../src/probe/cookie.ts'

// Computed with a C program after the reference structure of HalfSipHash, c = 1, d = 3, 64 bits of output.
const ROWS = [
  { k0: 0x03020100, k1: 0x07060504, address: 0x03020100, port: 0x0504, first: 3336594863, second: 47641933 },
  { k0: 0xdeadbeef | 0, k1: 0x12345678, address: 0xc0000201, port: 443, first: 2646256572, second: 1436540214 },
]

describe('cookie', () => {
  it.each(ROWS)('is HalfSipHash-1-3 of $address:$port', ({ k0, k1, address, port, first, second }) => {
    const cookie = makeCookie()
    fillCookie(cookie, { k0, k1 }, address, port)
    expect(cookie).toEqual({ first, second })
  })

  it('changes half of its bits with any bit of address, port or key', () => {
    const base = makeCookie()
    const other = makeCookie()
    const { k0, k1 } = cookieKey('avalanche')
    fillCookie(base, { k0, k1 }, 0x0a0b0c0d, 80)
    let changed = 0
    let trials = 0
    const count = (): void => {
      for (const word of [base.first ^ other.first, base.second ^ other.second]) {
        for (let bit = 0; bit < 32; bit += 1) changed += (word >>> bit) & 1
      }
      trials += 64
    }
    for (let bit = 0; bit < 32; bit += 1) {
      fillCookie(other, { k0, k1 }, (0x0a0b0c0d ^ (1 << bit)) >>> 0, 80)
      count()
      fillCookie(other, { k0: k0 ^ (1 << bit), k1 }, 0x0a0b0c0d, 80)
      count()
      if (bit < 16) {
        fillCookie(other, { k0, k1 }, 0x0a0b0c0d, 80 ^ (1 << bit))
        count()
      }
    }
    expect(changed / trials).toBeGreaterThan(0.47)
    expect(changed / trials).toBeLessThan(0.53)
  })

  it('differs between seeds', () => {
    expect(cookieKey('a')).not.toEqual(cookieKey('b'))
    expect(cookieKey('a')).toEqual(cookieKey('a'))
  })
})
