import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullDedup, MAX_QUESTIONS, makeDedup, noDedup, rememberEarlier, windowDedup } from '../../src/probe/dedup.ts'

const replies = fc.array(
  fc.tuple(
    fc.constantFrom(1, 2, 65_536, 0xffffffff, 0x01020304, 0x01030304),
    fc.constantFrom(0, 80, 65535),
    fc.boolean(),
  ),
  {
    maxLength: 200,
  },
)

describe('dedup', () => {
  it('full remembers exactly', () => {
    fc.assert(
      fc.property(replies, (sequence) => {
        const dedup = fullDedup()
        const seen = new Set<string>()
        for (const [address, port, success] of sequence) {
          const key = `${address} ${port} ${success}`
          expect(dedup.isFirst(address, port, success)).toBe(!seen.has(key))
          seen.add(key)
        }
      }),
    )
  })

  it('window remembers the last distinct replies, as a list would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40), fc.nat(2)), { maxLength: 400 }),
        fc.integer({ min: 1, max: 20 }),
        (sequence, size) => {
          const dedup = windowDedup(size)
          const kept: string[] = []
          for (const [address, port] of sequence) {
            const key = `${address} ${port}`
            const known = kept.includes(key)
            expect(dedup.isFirst(address, port, true)).toBe(!known)
            if (!known) kept.push(key)
            if (kept.length > size) kept.shift()
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('full stays within its bound and goes on with a window', () => {
    const dedup = fullDedup(2 * 16_384)
    for (let page = 0; page < 10; page += 1) expect(dedup.isFirst(page * 65_536, 0, true)).toBe(true)
    for (let page = 0; page < 10; page += 1) expect(dedup.isFirst(page * 65_536, 0, true)).toBe(false)
  })

  it.each([
    ['full', () => fullDedup()],
    ['full, beyond its bound', () => fullDedup(0)],
    ['window', () => windowDedup(1_000_000)],
  ])('%s tells answers to different questions apart, whatever their address', (_name, make) => {
    const dedup = make()
    const addresses = [0, 1, 2, 15, 16, 0xfffffffe, 0xffffffff]
    for (const expected of [true, false]) {
      for (let question = 0; question < MAX_QUESTIONS; question += 1) {
        for (const address of addresses) {
          const told = [0, 65_535].flatMap((port) =>
            [true, false].map((success) => dedup.isFirst(address, port, success, question)),
          )
          expect(told).toEqual(new Array(4).fill(expected))
        }
      }
    }
  })

  it('none remembers nothing', () => {
    expect([noDedup.isFirst(1, 1, true), noDedup.isFirst(1, 1, true)]).toEqual([true, true])
  })

  it.each(['full', 'window'] as const)('%s remembers what an earlier part has stored, by question', (method) => {
    const dedup = makeDedup(method, 1000)
    const kindOf = (question: number, port: number, success: boolean): number =>
      question * 131_072 + port * 2 + Number(success)
    const stored = [
      [0, 53, true],
      [MAX_QUESTIONS - 1, 65_535, true],
      [3, 53, false],
    ] as const
    rememberEarlier(dedup, {
      targets: Uint32Array.from(stored, () => 0xffffffff),
      kinds: Uint32Array.from(stored, ([question, port, success]) => kindOf(question, port, success)),
    })
    for (const [question, port, success] of stored) {
      expect(dedup.isFirst(0xffffffff, port, success, question)).toBe(false)
      expect(dedup.isFirst(0xffffffff, port, !success, question)).toBe(true)
      expect(dedup.isFirst(0xffffffff, port, success, question ^ 1)).toBe(true)
    }
  })
})
