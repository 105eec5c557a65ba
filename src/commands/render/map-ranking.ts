/** `--top`: where most addresses are, by country, city and network. */

import { printableText } from '../../core/printable-text.ts'
import { formatCount } from '../../core/units.ts'
import type { MapData, Ranking, RankingRow } from '../../render/map-data.ts'

type Points = MapData['points']
type Details = NonNullable<Points['details']>

/** What each table ranks; rows without a name do not count. */
const TABLES: readonly { title: string; labelOf: (details: Details, row: number) => string | null }[] = [
  { title: 'Countries', labelOf: ({ country, countryCode }, row) => country[row] ?? countryCode[row] ?? null },
  {
    title: 'Cities',
    labelOf: ({ city, countryCode }, row) => {
      const name = city[row]
      if (name == null) return null
      return countryCode[row] == null ? name : `${name}, ${countryCode[row]}`
    },
  },
  {
    title: 'Networks',
    labelOf: ({ asn, asOrganization }, row) => {
      const name = asOrganization[row]
      if (asn[row] === 0) return name ?? null
      return name == null ? `AS${asn[row]}` : `AS${asn[row]} ${name}`
    },
  },
]

const rank = (
  points: Points,
  details: Details,
  labelOf: (details: Details, row: number) => string | null,
): RankingRow[] => {
  const counts = new Map<string, number>()
  for (let row = 0; row < points.weight.length; row += 1) {
    const label = labelOf(details, row)
    if (label !== null) counts.set(label, (counts.get(label) ?? 0) + points.weight[row]!)
  }
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count || (one.label < other.label ? -1 : 1))
}

/** All rows of every table, the most frequent first; tables of which nothing is known are left out. */
export const rankPoints = (points: Points): Ranking[] => {
  const { details } = points
  if (details === undefined) return []
  return TABLES.map(({ title, labelOf }) => ({ title, rows: rank(points, details, labelOf) })).filter(
    ({ rows }) => rows.length > 0,
  )
}

/** The first rows of each table. */
export const topOf = (rankings: readonly Ranking[], count: number): Ranking[] =>
  rankings.map(({ title, rows }) => ({ title, rows: rows.slice(0, count) }))

/** As lines for a terminal, numbers aligned. */
export const rankingLines = (rankings: readonly Ranking[], located: number): string[] =>
  rankings.flatMap(({ title, rows }, i) => {
    const counts = rows.map(({ count }) => formatCount(count))
    const countWidth = Math.max(...counts.map(({ length }) => length))
    const rankWidth = String(rows.length).length
    return [
      ...(i === 0 ? [] : ['']),
      title,
      ...rows.map(({ label, count }, row) => {
        const share = located > 0 ? `${((100 * count) / located).toFixed(1)} %`.padStart(8) : ''
        return `${String(row + 1).padStart(rankWidth)}  ${counts[row]!.padStart(countWidth)}${share}  ${printableText(label)}`
      }),
    ]
  })
