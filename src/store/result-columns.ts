/**
 * The columns of the view `results` one by one, so that a query joins no more tables than it needs: `o` observations, `r` runs,
 * `c` classifications, `l` locations, `p` places.
 */

import { ipText, isoTime } from './migrations/0001-results.ts'
import { LOCATION } from './migrations/0005-place-states.ts'

export type JoinedTable = 'r' | 'c' | 'l' | 'p'

export interface ResultColumn {
  type: 'number' | 'text'
  sql: string
  needs: readonly JoinedTable[]
}

const number = (sql: string, ...needs: JoinedTable[]): ResultColumn => ({ type: 'number', sql, needs })
const text = (sql: string, ...needs: JoinedTable[]): ResultColumn => ({ type: 'text', sql, needs })

/** Those that an export has, in its order. */
const COLUMNS = {
  run: number('o.run'),
  time: text(isoTime('r.started_us + o.time_us'), 'r'),
  saddr: text(ipText('o.address')),
  target: text(ipText('coalesce(o.target, o.address)')),
  port: number('o.port'),
  classification: text('c.name', 'c'),
  success: number('(o.flags & 1)'),
  repeat: number('((o.flags >> 1) & 1)'),
  cooldown: number('((o.flags >> 2) & 1)'),
  ttl: number('o.ttl'),
  rtt_us: number('o.rtt_us'),
  icmp_type: number('(o.icmp >> 8)'),
  icmp_code: number('(o.icmp & 255)'),
  window: number('o.window'),
  location: text(LOCATION, 'l', 'p'),
  country: text('coalesce(p.country, p.country_code)', 'l', 'p'),
  country_code: text('p.country_code', 'l', 'p'),
  region: text('p.region', 'l', 'p'),
  city: text('p.city', 'l', 'p'),
  latitude: number('p.latitude', 'l', 'p'),
  longitude: number('p.longitude', 'l', 'p'),
  accuracy_km: number('p.accuracy_km', 'l', 'p'),
  asn: number('p.asn', 'l', 'p'),
  isp: text('p.as_organization', 'l', 'p'),
  data: text("nullif(hex(o.data), '')"),
} as const satisfies Record<string, ResultColumn>

export const RESULT_COLUMNS = Object.keys(COLUMNS)

const byName = new Map<string, ResultColumn>(Object.entries(COLUMNS))

export const resultColumn = (name: string): ResultColumn | undefined => byName.get(name)

const JOINS: readonly (readonly [JoinedTable, string])[] = [
  ['r', 'JOIN runs r ON r.id = o.run'],
  ['c', 'LEFT JOIN classifications c ON c.id = o.classification'],
  ['l', 'LEFT JOIN locations l ON l.address = o.address'],
  ['p', 'LEFT JOIN places p ON p.id = l.place'],
]

/** What follows FROM. */
export const joinedObservations = (needs: ReadonlySet<JoinedTable>): string =>
  ['observations o', ...JOINS.filter(([table]) => needs.has(table)).map(([, join]) => join)].join(' ')
