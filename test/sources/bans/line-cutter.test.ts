import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineCutter } from '../../../src/sources/bans/line-cutter.ts'

const linesOf = (chunks: readonly Uint8Array[]): string[] => {
  const cutter = lineCutter(() => false)
  return [...chunks.flatMap((chunk) => cutter.cut(chunk)), ...cutter.rest()]
}

/** What a decoder makes of all bytes at once. */
const expected = (bytes: Uint8Array): string[] => {
  const lines = new TextDecoder('utf-8').decode(bytes).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => line.replace(/\r$/, ''))
}

/** Mostly ASCII, with characters of several bytes, halves of them, line ends and byte order marks anywhere. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 8 }).map((text) => Buffer.from(text)) },
  fc.constantFrom('ä', '€', '😀', '\uFEFF', '\n', '\r\n').map((text) => Buffer.from(text)),
  fc.constantFrom(0xc3, 0xe2, 0xf0, 0x82, 0xff).map((byte) => Buffer.of(byte)),
)

describe('lines out of bytes', () => {
  test('however they are divided, they are what a decoder makes of all at once', () => {
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat({ max: 40 })), (pieces, cuts) => {
        const bytes = Buffer.concat(pieces)
        // Two bytes that say UTF-16.
        fc.pre(!(bytes[0] === 0xff && bytes[1] === 0xfe) && !(bytes[0] === 0xfe && bytes[1] === 0xff))
        const chunks: Uint8Array[] = []
        let from = 0
        for (const length of cuts) {
          chunks.push(bytes.subarray(from, from + length))
          from += length
        }
        chunks.push(bytes.subarray(from))
        expect(linesOf(chunks.filter(({ length }) => length > 0))).toEqual(expected(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a mark within the text stays', ['a\n', '\uFEFFb\n'], ['a', '\uFEFFb']],
    ['a mark at the beginning goes', ['\uFEFFa\n', 'b\n'], ['a', 'b']],
  ])('%s', (_, chunks, lines) => {
    expect(linesOf(chunks.map((chunk) => Buffer.from(chunk)))).toEqual(lines)
  })
})
