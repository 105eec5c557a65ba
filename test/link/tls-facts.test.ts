import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alternativeNames } from '../../src/link/tls-facts.ts'

describe('alternative names of a certificate', () => {
  it.each([
    ['DNS:a.test, DNS:*.b.test', ['a.test', '*.b.test']],
    ['DNS:a.test, IP Address:192.0.2.1', ['a.test', '192.0.2.1']],
    ['DNS:"a\\u002c DNS:evil.test", DNS:b.test', ['a, DNS:evil.test', 'b.test']],
    ['DNS:\u001b[2Ja.test', ['[2Ja.test']],
    ['othername:<unsupported>', []],
    ['DNS:"\\x"', ['\\x']],
    ['', []],
  ])('%j', (text, names) => {
    expect(alternativeNames(text)).toEqual(names)
  })

  it('are bounded in number and length', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const names = alternativeNames(`DNS:${text}, `.repeat(300))
        expect(names.length).toBeLessThanOrEqual(100)
        for (const name of names) expect(name.length).toBeLessThanOrEqual(255)
      }),
    )
  })
})
