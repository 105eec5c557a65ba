import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IpAddress, ipv4 } from '../../../src/core/ip.ts'
import type { TraceHop } from '../../../src/core/trace.ts'
import { type HistoryTrace, latestChange, pathHistory } from '../../../src/probe/trace/path-history.ts'

/** A letter for each router; `.` is silence, `ab` two routers at one TTL. */
const address = (letter: string): IpAddress => ipv4(0x0a000000 + letter.charCodeAt(0))

const traceOf = (path: string, i: number): HistoryTrace => ({
  id: `t${i}`,
  startedUs: i * 1e6,
  reached: true,
  hops: path.split(' ').flatMap((routers, hop): TraceHop[] =>
    [...routers].map((letter, attempt) => ({
      ...{ ttl: hop + 1, attempt, address: letter === '.' ? null : address(letter) },
      ...{ rttUs: letter === '.' ? null : 1000 * (hop + 1) + attempt, icmpType: 11, icmpCode: 0, replyTtl: 60 },
    })),
  ),
})

const changesOf = (...paths: string[]): [trace: string, ...ttls: number[]][] =>
  pathHistory(paths.map(traceOf)).changes.map(({ id, hops }) => [id, ...hops.map(({ ttl }) => ttl)])

describe('the path to a host over time', () => {
  it.each<[string, string[], [string, ...number[]][]]>([
    ['stays', ['a b c', 'a b c', 'a b c'], []],
    ['changes in the middle', ['a b c d', 'a x c d', 'a x c d'], [['t1', 2]]],
    ['changes at several hops', ['a b c d', 'a x y d'], [['t1', 2, 3]]],
    [
      'changes and goes back',
      ['a b c', 'a x c', 'a b c'],
      [
        ['t1', 2],
        ['t2', 2],
      ],
    ],
    ['becomes shorter', ['a b c d', 'a d'], [['t1', 2]]],
    ['becomes longer', ['a d', 'a b c d'], [['t1', 2]]],
    ['is silent at times', ['a b c', 'a . c', 'a b .', '. b c'], []],
    ['changes behind silence', ['a b c', 'a . c', 'a x c'], [['t2', 2]]],
    ['has two routers at a hop', ['a bx c', 'a b c', 'a x c', 'a xb c'], []],
    ['is spread by packet, seen so only later', ['a b c', 'a x c', 'a bx c'], []],
    ['is spread by flow: they take turns', ['a b c', 'a x c', 'a b c', 'a x c', 'a b c'], []],
    ['is one trace', ['a b c'], []],
    ['is none', [], []],
  ])('%s', (_name, paths, changes) => {
    expect(changesOf(...paths)).toEqual(changes)
  })

  it('knows the round trips and answers of each hop', () => {
    const { hops, traces } = pathHistory([traceOf('a b. c', 1), traceOf('a . c', 0)])
    expect(traces.map(({ id }) => id)).toEqual(['t0', 't1'])
    expect(hops.map(({ rttUs }) => rttUs)).toEqual([
      [1000, 1000],
      [null, 2000],
      [3000, 3000],
    ])
    expect(hops[1]).toMatchObject({ ttl: 2, addresses: [address('b')], sent: 3, answered: 1 })
  })

  it('tells whether the latest trace went another way', () => {
    expect(latestChange(['a b c', 'a x c'].map(traceOf))?.hops[0]).toEqual({
      ...{ ttl: 2, before: [address('b')], after: [address('x')] },
    })
    expect(latestChange(['a b c', 'a x c', 'a x c'].map(traceOf))).toBe(null)
    expect(latestChange([traceOf('a b c', 0)])).toBe(null)
  })

  it('does not depend on the order of the rows, and finds nothing where silence alone differs', () => {
    const hop = fc.constantFrom('a', 'b', 'c', 'ab', '.', '.b')
    const paths = fc.array(fc.array(hop, { minLength: 1, maxLength: 6 }), { maxLength: 8 })
    fc.assert(
      fc.property(paths, (all) => {
        const traces = all.map((path, i) => traceOf(path.join(' '), i))
        expect(pathHistory([...traces].reverse())).toEqual(pathHistory(traces))
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), { maxLength: 6 }), (silences) => {
        const paths2 = silences.map((row) => row.map((silent, i) => (silent ? '.' : 'abcde'[i])).join(' '))
        expect(changesOf(...paths2)).toEqual([])
      }),
    )
  })
})
