/** The bans of a results file, as its facts tell of them (migrations/0010-bans.ts), and the failures that were none. */

import type Database from 'better-sqlite3'
import { type IpAddress, ipv6FromBytes } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { type AddressValue, addressFrom } from './address-value.ts'
import type { UnlocatedAddresses } from './location-queries.ts'

/** All that are named must hold. */
export interface BanSelection {
  /** Bans that began from then on, and before then; microseconds since the Unix epoch. */
  sinceUs?: number
  untilUs?: number
  /** Names, as the guards have them. */
  jails?: readonly string[]
  hosts?: readonly string[]
  /** ISO 3166-1 alpha-2, upper case. */
  countries?: readonly string[]
}

export interface Ban {
  address: IpAddress
  /** 32 or 128: one address. */
  prefixBits: number
  host: string
  jail: string
  beganUs: number
  /** Null: not known; NEVER_US: never. */
  endsUs: number | null
  failures: number | null
  restored: boolean
  increased: boolean
  /** Of a list without times: it began before `beganUs`, when it was first seen. */
  listed: boolean
  /** The import that first told of it. */
  run: number
  /** 0: looked up, and nothing was found; null: not looked up. */
  place: number | null
}

export interface AttemptCount {
  address: IpAddress
  host: string
  jail: string
  count: number
  place: number | null
}

const PLACE = 'iif(l.address IS NULL, NULL, coalesce(l.place, 0))'

interface Condition {
  where: string
  parameters: (string | number)[]
}

const conditionOf = (time: { from: string; scale: number }, selection: BanSelection): Condition => {
  const terms: string[] = []
  const parameters: Condition['parameters'] = []
  const add = (term: string, values: Condition['parameters']): void => {
    terms.push(term)
    parameters.push(...values)
  }
  const { sinceUs, untilUs, jails, hosts, countries } = selection
  if (sinceUs !== undefined) add(`${time.from} >= ?`, [Math.floor(sinceUs / time.scale)])
  if (untilUs !== undefined) add(`${time.from} < ?`, [Math.ceil(untilUs / time.scale)])
  const marks = (values: readonly string[]): string => values.map(() => '?').join(', ')
  if (jails !== undefined) add(`j.name IN (${marks(jails)})`, [...jails])
  if (hosts !== undefined) add(`j.host IN (${marks(hosts)})`, [...hosts])
  if (countries !== undefined) add(`p.country_code IN (${marks(countries)})`, [...countries])
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, parameters }
}

const joined = (table: string): string =>
  `${table} s JOIN jails j ON j.id = s.jail LEFT JOIN locations l ON l.address = s.address LEFT JOIN places p ON p.id = l.place`

type BanRow = [
  ...[address: AddressValue, prefixBits: number, host: string, jail: string, beganUs: number, endsUs: number | null],
  ...[failures: number | null, restored: number, increased: number, listed: number, run: number, place: number | null],
]

/** In order of their beginning. */
export const readBans = (database: Database.Database, selection: BanSelection): Ban[] => {
  const { where, parameters } = conditionOf({ from: 's.began_us', scale: 1 }, selection)
  const rows = database
    .prepare(
      `SELECT s.address, s.prefix_bits, j.host, j.name, s.began_us, s.ends_us, s.failures, s.restored, s.increased,
         s.listed, s.run, ${PLACE}
       FROM ${joined('ban_spans')} ${where}`,
    )
    .raw()
    .iterate(...parameters) as IterableIterator<BanRow>
  // SQLite makes a text anew for each row that has it.
  const texts = new Map<string, string>()
  const shared = (text: string): string => {
    const known = texts.get(text)
    if (known === undefined) texts.set(text, text)
    return known ?? text
  }
  const bans: Ban[] = []
  for (const [address, prefixBits, host, jail, beganUs, endsUs, failures, ...rest] of rows) {
    const [restored, increased, listed, run, place] = rest
    bans.push({
      ...{ address: addressFrom(address), prefixBits, host: shared(host), jail: shared(jail), beganUs, endsUs },
      ...{ failures, restored: restored === 1, increased: increased === 1, listed: listed === 1, run, place },
    })
  }
  return bans.sort((one, other) => one.beganUs - other.beganUs)
}

const HOUR_US = 3_600_000_000

/** By address and jail. */
export const readAttempts = (database: Database.Database, selection: BanSelection): AttemptCount[] => {
  const { where, parameters } = conditionOf({ from: 's.hour', scale: HOUR_US }, selection)
  return database
    .prepare<unknown[], Omit<AttemptCount, 'address'> & { address: AddressValue }>(
      `SELECT s.address, j.host, j.name AS jail, sum(s.count) AS count, ${PLACE} AS place
       FROM ${joined('ban_attempts')} ${where} GROUP BY s.address, s.jail`,
    )
    .all(...parameters)
    .map((row) => ({ ...row, address: addressFrom(row.address) }))
}

type PlaceRow = { [Field in keyof Place]-?: Place[Field] | null } & { id: number }

/** Places by their number, of all addresses that were banned or tried. */
export const readBanPlaces = (database: Database.Database): Map<number, Place> => {
  const rows = database
    .prepare<[], PlaceRow>(
      `SELECT id, latitude, longitude, state, country_code AS countryCode, country, region, city, asn,
         as_organization AS asOrganization FROM places WHERE id IN (
         SELECT place FROM locations
         WHERE address IN (SELECT address FROM ban_facts UNION SELECT address FROM ban_attempts))`,
    )
    .iterate()
  const places = new Map<number, Place>()
  for (const { id, ...facts } of rows) {
    places.set(id, Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as Place)
  }
  return places
}

/** Who was banned or tried and was never looked up: ascending, distinct. */
export const unlocatedBanned = (database: Database.Database): UnlocatedAddresses => {
  const rows = database
    .prepare<[], AddressValue>(
      `SELECT address FROM (SELECT address FROM ban_facts UNION SELECT address FROM ban_attempts) b
       WHERE NOT EXISTS (SELECT 1 FROM locations l WHERE l.address = b.address) ORDER BY address`,
    )
    .pluck()
    .all()
  const isFour = (value: AddressValue): value is number => typeof value === 'number'
  return {
    ipv4: Uint32Array.from(rows.filter(isFour)),
    ipv6: rows.flatMap((value) => (isFour(value) ? [] : [ipv6FromBytes(value)])),
  }
}

export const hasBans = (database: Database.Database): boolean =>
  database.prepare('SELECT 1 FROM ban_facts LIMIT 1').get() !== undefined

/** The last run that a report told of; 0 before the first report. */
export const reportedRun = (database: Database.Database): number =>
  Number(database.prepare('SELECT run FROM ban_reports').pluck().get() ?? 0)

/** All runs until now are told of, or all until one. @returns the last of them. */
export const putReported = (database: Database.Database, run?: number): number =>
  Number(
    database
      .prepare(
        `INSERT OR REPLACE INTO ban_reports (id, run) VALUES (1, coalesce(?, (SELECT max(id) FROM runs), 0)) RETURNING run`,
      )
      .pluck()
      .get(run ?? null),
  )

/** Forgets bans that ended, and attempts that were, before then. @returns how many facts and counts. */
export const purgeBans = (database: Database.Database, beforeUs: number): number => {
  const cutUs = Math.round(beforeUs)
  const old = `SELECT n.address, n.prefix_bits, n.jail, n.time_us, n.kind FROM ban_numbers n
    LEFT JOIN ban_spans s ON s.address = n.address AND s.prefix_bits = n.prefix_bits AND s.jail = n.jail AND s.ban = n.ban
    WHERE n.time_us < ? AND max(coalesce(s.ends_us, 0), coalesce(s.last_us, 0)) < ?`
  return database
    .transaction(() => {
      const isOld = database.prepare('SELECT 1 FROM ban_facts WHERE time_us < ? LIMIT 1').get(cutUs) !== undefined
      const facts = isOld
        ? database
            .prepare(`DELETE FROM ban_facts WHERE (address, prefix_bits, jail, time_us, kind) IN (${old})`)
            .run(cutUs, cutUs).changes
        : 0
      const hour = Math.floor(cutUs / HOUR_US)
      return facts + database.prepare('DELETE FROM ban_attempts WHERE hour < ?').run(hour).changes
    })
    .immediate()
}
