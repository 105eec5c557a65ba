import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatIp,
  formatIpv4,
  formatIpv6,
  ipv4,
  ipv6Bytes,
  ipv6FromBytes,
  parseIp,
  parseIpv4,
  parseIpv6,
} from '../../src/core/ip.ts'

describe('IPv4 addresses', () => {
  it('come back from their text', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), (value) => parseIpv4(formatIpv4(value)) === value))
  })

  it('are read exactly when Node.js reads them', () => {
    const almost = fc.string({ unit: fc.constantFrom('.', '0', '1', '2', '5', '9', ' ', 'a'), maxLength: 16 })
    fc.assert(
      fc.property(fc.oneof(almost, fc.ipV4()), (text) => (parseIpv4(text) !== null) === isIPv4(text)),
      { numRuns: 2000 },
    )
  })
})

describe('IPv6 addresses', () => {
  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is printed as RFC 5952 asks: %s', (text, canonical) => {
    const address = parseIpv6(text)
    expect(address).not.toBeNull()
    if (address !== null) expect(formatIpv6(address)).toBe(canonical)
  })

  it.each([
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '12345::',
    '::1%eth0',
    '',
  ])('%j is none', (text) => {
    expect(parseIpv6(text)).toBeNull()
  })

  it('come back from text and bytes', () => {
    const value = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
    fc.assert(
      fc.property(value, (address) => {
        expect(parseIpv6(formatIpv6(address))).toBe(address)
        expect(ipv6FromBytes(ipv6Bytes(address))).toBe(address)
      }),
    )
  })

  it('are read exactly when Node.js reads them', () => {
    const almost = fc.string({ unit: fc.constantFrom(':', ':', '0', '1', 'f', '.', 'g'), maxLength: 24 })
    fc.assert(
      fc.property(fc.oneof(almost, fc.ipV6()), (text) => (parseIpv6(text) !== null) === isIPv6(text)),
      { numRuns: 3000 },
    )
  })
})

it('either family prints through one function', () => {
  expect(formatIp(ipv4(0x7f000001))).toBe('127.0.0.1')
  expect(['::1', '10.0.0.1'].map((text) => formatIp(parseIp(text) ?? ipv4(0)))).toEqual(['::1', '10.0.0.1'])
})
