import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences, type States } from '../../../src/commands/scan/scan-difference.ts'

const STATES = 16
type Row = readonly [address: number, port: number, state: number]
const of = (rows: readonly Row[], places: Record<number, string> = {}): States => ({
  keys: Float64Array.from(rows, ([address, port, state]) => (address * 65_536 + port) * STATES + state).sort(),
  placeOf: (address) => places[address] ?? null,
})
const between = (before: States, after: States): string[] =>
  [...differences(before, after, STATES)].map((d) => `${d.change} ${d.address}:${d.port} ${d.before} ${d.after}`)

describe('difference of two scans', () => {
  it.each<[string, States, States, string[]]>([
    ['nothing, of nothing', of([]), of([]), []],
    ['nothing', of([[5, 80, 1]]), of([[5, 80, 1]]), []],
    ['one that appeared', of([]), of([[5, 80, 1]]), ['appeared 5:80 null 1']],
    ['one that vanished', of([[5, 80, 1]]), of([]), ['vanished 5:80 1 null']],
    ['one whose answer changed', of([[5, 80, 1]]), of([[5, 80, 2]]), ['changed 5:80 1 2']],
    [
      'another port of the same address',
      of([[5, 80, 1]]),
      of([[5, 443, 1]]),
      ['vanished 5:80 1 null', 'appeared 5:443 null 1'],
    ],
    [
      'an address that moved, told once',
      of(
        [
          [5, 80, 1],
          [5, 443, 1],
        ],
        { 5: 'Bonn' },
      ),
      of(
        [
          [5, 80, 1],
          [5, 443, 1],
        ],
        { 5: 'Paris' },
      ),
      ['moved 5:80 Bonn Paris'],
    ],
    ['a place known in one only', of([[5, 80, 1]], { 5: 'Bonn' }), of([[5, 80, 1]]), []],
    [
      'several answers of a target, of which the best counts',
      of([
        [5, 80, 1],
        [5, 80, 4],
      ]),
      of([[5, 80, 1]]),
      [],
    ],
    ['the last address and port', of([[0xffffffff, 65535, 15]]), of([]), ['vanished 4294967295:65535 15 null']],
  ])('%s', (_name, before, after, expected) => {
    expect(between(before, after)).toEqual(expected)
  })

  it('turns the one scan into the other', () => {
    const scan = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }), fc.nat(3)), {
      selector: ([address, port]) => `${address}:${port}`,
    })
    fc.assert(
      fc.property(scan, scan, (before, after) => {
        const state = new Map(before.map(([address, port, value]) => [`${address}:${port}`, value]))
        for (const { change, address, port, after: now } of differences(of(before), of(after), STATES)) {
          if (change === 'vanished') state.delete(`${address}:${port}`)
          else state.set(`${address}:${port}`, Number(now))
        }
        expect(state).toEqual(new Map(after.map(([address, port, value]) => [`${address}:${port}`, value])))
      }),
    )
  })
})
