import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { checksum, foldSum, pseudoHeaderSum, sumBytes, updateChecksum } from '../../src/wire/checksum.ts'
import { TCP_SYN, TEXTBOOK_IPV4, UDP_DNS } from './fixtures.ts'

/** The definition, word by word with an end-around carry after each. */
const plainSum = (bytes: Uint8Array): number => {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

describe('bytes', () => {
  it('reads what it wrote, in network order', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffffffff), fc.nat(3), (word, double, offset) => {
        const bytes = new Uint8Array(12)
        writeUint16(bytes, offset, word)
        writeUint32(bytes, offset + 2, double)
        expect(readUint16(bytes, offset)).toBe(word)
        expect(readUint32(bytes, offset + 2)).toBe(double)
        expect(bytes[offset]).toBe(word >> 8)
      }),
    )
  })
})

describe('checksum', () => {
  it('sums the example of RFC 1071, section 3', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)
    expect(sumBytes(bytes, 0, 8)).toBe(0x2ddf0)
    expect(foldSum(0x2ddf0)).toBe(0xddf2)
    expect(checksum(bytes, 0, 8)).toBe(0x220d)
  })

  it.each([
    ['the textbook IPv4 header', TEXTBOOK_IPV4, 0, 20, 0],
    ['a TCP SYN', TCP_SYN, 20, 40, pseudoHeaderSum(0xc0000201, 0xc6336407, 6, 40)],
    ['a UDP datagram of odd length', UDP_DNS, 20, 37, pseudoHeaderSum(0xc0000201, 0xc6336407, 17, 37)],
  ])('verifies %s', (_name, bytes, offset, length, initial) => {
    expect(checksum(bytes, offset, length, initial)).toBe(0)
  })

  it('agrees with the definition for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        expect(foldSum(sumBytes(bytes, 0, bytes.length))).toBe(plainSum(bytes))
      }),
    )
  })

  it('does not overflow on the largest packet', () => {
    const bytes = new Uint8Array(65_535).fill(0xff)
    expect(foldSum(sumBytes(bytes, 0, bytes.length))).toBe(plainSum(bytes))
  })

  it('updates as if summed anew (RFC 1624)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), fc.nat(0xffff), fc.nat(), (bytes, word, pick) => {
        const at = (pick % (bytes.length >> 1)) * 2
        const before = checksum(bytes, 0, bytes.length)
        const old = readUint16(bytes, at)
        writeUint16(bytes, at, word)
        const expected = checksum(bytes, 0, bytes.length)
        const updated = updateChecksum(before, old, word)
        // Zero has two representations; both verify.
        expect(updated % 0xffff).toBe(expected % 0xffff)
      }),
    )
  })

  it('reproduces the example of RFC 1624, section 4', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000)
  })
})
