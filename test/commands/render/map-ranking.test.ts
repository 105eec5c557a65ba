import { describe, expect, it } from 'vitest'
import { rankingLines, rankPoints, topOf } from '../../../src/commands/render/map-ranking.ts'
import type { MapData } from '../../../src/render/map-data.ts'

type Row = [
  weight: number,
  countryCode: string | null,
  country: string | null,
  city: string | null,
  asn: number,
  organization: string | null,
]

const pointsOf = (rows: readonly Row[]): MapData['points'] => {
  const column = <T>(at: number): T[] => rows.map((row) => row[at] as T)
  return {
    latitude: new Float64Array(rows.length),
    longitude: new Float64Array(rows.length),
    weight: Float64Array.from(column<number>(0)),
    details: {
      ...{ countryCode: column<string | null>(1), country: column<string | null>(2), city: column<string | null>(3) },
      ...{ asn: Uint32Array.from(column<number>(4)), asOrganization: column<string | null>(5) },
    },
  }
}

const tables = (rows: readonly Row[]) =>
  Object.fromEntries(
    rankPoints(pointsOf(rows)).map(({ title, rows: found }) => [
      title,
      found.map(({ label, count }) => [label, count]),
    ]),
  )

describe('what is most frequent', () => {
  it.each<[string, Row[], object]>([
    [
      'sums, and among equals goes by name',
      [
        [2, 'DE', 'Germany', 'Köln', 1, 'B'],
        [3, 'FR', 'France', 'Paris', 2, 'A'],
        [1, 'DE', 'Germany', 'Berlin', 1, 'B'],
      ],
      {
        Countries: [
          ['France', 3],
          ['Germany', 3],
        ],
        Cities: [
          ['Paris, FR', 3],
          ['Köln, DE', 2],
          ['Berlin, DE', 1],
        ],
        Networks: [
          ['AS1 B', 3],
          ['AS2 A', 3],
        ],
      },
    ],
    [
      'what has no name does not count, and tables of nothing are none',
      [
        [5, null, null, null, 0, null],
        [1, 'DE', null, null, 0, null],
      ],
      { Countries: [['DE', 1]] },
    ],
    [
      'places of one name are different in two countries',
      [
        [1, 'GB', null, 'Boston', 0, 'X'],
        [1, 'US', null, 'Boston', 7, null],
        [1, null, null, 'Boston', 0, null],
      ],
      {
        Countries: [
          ['GB', 1],
          ['US', 1],
        ],
        Cities: [
          ['Boston', 1],
          ['Boston, GB', 1],
          ['Boston, US', 1],
        ],
        Networks: [
          ['AS7', 1],
          ['X', 1],
        ],
      },
    ],
    ['what weighs nothing is not there', [[0, 'DE', 'Germany', null, 0, null]], {}],
    [
      'names of every object',
      [[1, null, '__proto__', 'constructor', 0, null]],
      { Countries: [['__proto__', 1]], Cities: [['constructor', 1]] },
    ],
  ])('%s', (_name, rows, expected) => {
    expect(tables(rows)).toEqual(expected)
  })

  it('is nothing without details', () => {
    const { details: _details, ...points } = pointsOf([[1, 'DE', null, null, 0, null]])
    expect(rankPoints(points)).toEqual([])
  })

  it('is printed aligned, in shares of what is located, and steers no terminal', () => {
    const rows: Row[] = Array.from({ length: 12 }, (_, i) => [1, null, `c${String(i).padStart(2, '0')}`, null, 0, null])
    rows.push([1988, null, '\u001b[31mred\u0007', null, 0, null])
    const lines = rankingLines(topOf(rankPoints(pointsOf(rows)), 10), 4000)
    expect(lines.slice(0, 3)).toEqual(['Countries', ' 1  1,988  49.7 %  �[31mred�', ' 2      1   0.0 %  c00'])
    expect(lines).toHaveLength(11)
    expect(rankingLines([], 0)).toEqual([])
  })
})
