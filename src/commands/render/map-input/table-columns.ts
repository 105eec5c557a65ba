/** How tables call what a map can show: the columns of our own tables, of the programs before us, and of anybody. */

const COLUMN_NAMES = {
  latitude: ['latitude', 'lat'],
  longitude: ['longitude', 'lon', 'lng', 'long'],
  weight: ['weight', 'count'],
  source: ['source'],
  location: ['location'],
  city: ['city', 'city_name'],
  country: ['country', 'country_name'],
  countryCode: ['country_code', 'country_iso_code', 'iso_code'],
  asn: ['asn', 'as_number'],
  asOrganization: ['as_organization', 'isp', 'organization', 'org'],
  address: ['address', 'ip', 'saddr', 'ip_address', 'addr'],
  accuracyKm: ['accuracy_km', 'accuracy_radius'],
  time: ['timestamp', 'time', 'timestamp_str', 'timestamp_ts', 'date_created', 'first_seen', 'datetime', 'date'],
  port: ['port', 'sport'],
  rttUs: ['rtt_us'],
  rttMs: ['rtt_ms', 'rtt'],
  trace: ['id'],
  hop: ['hop'],
} as const

/** What a column says. */
export type Role = keyof typeof COLUMN_NAMES
export const ROLES = Object.keys(COLUMN_NAMES) as Role[]

/** Without regard to case, underscores, hyphens and blanks: `Country Code`, `countryCode` and `country_code` are one. */
export const foldColumn = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '')

interface Meaning {
  role: Role
  /** From 0; the lowest of several columns of a role is taken. */
  rank: number
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  ROLES.flatMap((role) => COLUMN_NAMES[role].map((name, rank) => [foldColumn(name), { role, rank }] as const)),
)

export const meaningOf = (name: string): Meaning | undefined => MEANINGS.get(foldColumn(name))

/** The names under which a column would be found, for messages. */
export const namesOf = (...roles: readonly Role[]): string => roles.flatMap((role) => COLUMN_NAMES[role]).join(', ')

/** A row of a table, whatever wrote it; the same object may stand for one row after the other. */
export interface TableRow {
  /** Undefined where the table or the row has no such column. */
  cell(role: Role): unknown
  /** By the table's own name. */
  column(name: string): unknown
}
