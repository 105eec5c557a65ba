/** Bans of a results file, counted: who, from where, how often, when. What `--json` prints is this object. */

import { isoTime } from '../../core/clock.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { hasCoordinates } from '../../core/place.ts'
import type { AttemptCount, Ban } from '../../store/ban-reader.ts'
import { asWords, bannedText, networkOf, networkText, placeWords } from './ban-words.ts'

/** How much of a kind; addresses are distinct. */
export interface Ranked {
  label: string
  bans: number
  addresses: number
}

export interface Offender {
  address: string
  bans: number
  first: string
  last: string
  jails: string[]
  hosts: string[]
  place: string | null
  network: string | null
}

export interface BanReport {
  bans: number
  addresses: number
  /** Distinct networks of 24 bits, of 48 for IPv6. */
  networks: number
  first: string | null
  last: string | null
  /** Bans by what is known of their place; together all. */
  located: number
  private: number
  anycast: number
  unlocated: number
  notLookedUp: number
  /** Of lists that do not say when. */
  withoutTime: number
  /** Since the last report; null = there was none. */
  new: { bans: number; addresses: number } | null
  countries: Ranked[]
  cities: Ranked[]
  asns: Ranked[]
  topNetworks: Ranked[]
  /** Networks as the geolocation database has them; empty where it does not say. */
  databaseNetworks: Ranked[]
  jails: Ranked[]
  hosts: Ranked[]
  /** Banned more than once. */
  repeatOffenders: Offender[]
  repeatOffenderCount: number
  /** UTC; every day from the first to the last ban. */
  days: { day: string; bans: number }[]
  /** Bans by hour of the day, UTC. */
  hours: number[]
  /** Failures that led to no ban by themselves. */
  attempts: { count: number; addresses: number; top: { address: string; count: number; place: string | null }[] }
}

export interface ReportInput {
  bans: readonly Ban[]
  attempts: readonly AttemptCount[]
  /** Null: looked up, and nothing is known. Undefined: not looked up. */
  placeOf(entry: Pick<Ban, 'address' | 'place'>): Place | null | undefined
  /** Length of the prefix for which the database says so; undefined = not known. */
  prefixOf(address: IpAddress): number | undefined
  /** Bans of later runs are new; 0 = no report was made. */
  reportedRun: number
  /** Bans of runs after this one came while the report was made: they are new in the next. */
  lastRun: number
  /** How many rows a ranking has. */
  top: number
}

/** Bans and distinct addresses by label; the most frequent first. */
const makeRanking = () => {
  // Most networks have one address: a set for each costs more than everything else.
  const rows = new Map<string, { label: string; bans: number; first: string; addresses: Set<string> | null }>()
  return {
    /** @param key what is the same, whatever several databases call it. */
    add(label: string | null, who: string, key = label): void {
      if (label === null || key === null) return
      const row = rows.get(key)
      if (row === undefined) rows.set(key, { label, bans: 1, first: who, addresses: null })
      else {
        row.bans += 1
        if (row.addresses !== null) row.addresses.add(who)
        else if (row.first !== who) row.addresses = new Set([row.first, who])
      }
    },
    size: () => rows.size,
    top: (count: number): Ranked[] =>
      [...rows.values()]
        .map(({ label, bans, addresses }) => ({ label, bans, addresses: addresses?.size ?? 1 }))
        .sort((a, b) => b.bans - a.bans || b.addresses - a.addresses || (a.label < b.label ? -1 : 1))
        .slice(0, count),
  }
}

type PlaceCount = 'located' | 'private' | 'anycast' | 'unlocated' | 'notLookedUp'

const placeKind = (place: Place | null | undefined): PlaceCount => {
  if (place === undefined) return 'notLookedUp'
  if (place === null) return 'unlocated'
  if (place.state === 'private' || place.state === 'anycast') return place.state
  return hasCoordinates(place) ? 'located' : 'unlocated'
}

const DAY_US = 86_400_000_000
const HOUR_US = 3_600_000_000
/** Of a few bans decades apart, only days with bans are worth a row. */
const DAYS_MAX = 4000

const daysOf = (bans: readonly Ban[]): BanReport['days'] => {
  const counts = new Map<number, number>()
  for (const { beganUs } of bans) {
    const day = Math.floor(beganUs / DAY_US)
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  const known = [...counts.keys()].sort((a, b) => a - b)
  const [first = 0, last = -1] = [known[0], known.at(-1)]
  const days =
    last - first < DAYS_MAX ? Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i) : known
  return days.map((day) => ({ day: isoTime(day * DAY_US).slice(0, 10), bans: counts.get(day) ?? 0 }))
}

const hoursOf = (bans: readonly Ban[]): number[] => {
  const hours = new Array<number>(24).fill(0)
  for (const { beganUs } of bans) {
    const hour = ((Math.floor(beganUs / HOUR_US) % 24) + 24) % 24
    hours[hour]! += 1
  }
  return hours
}

interface Repeated {
  bans: Ban[]
  place: Place | null | undefined
}

const offenderOf = ([address, { bans, place }]: [string, Repeated]): Offender => ({
  address,
  bans: bans.length,
  first: isoTime(bans[0]!.beganUs),
  last: isoTime(bans.at(-1)!.beganUs),
  jails: [...new Set(bans.map(({ jail }) => jail))].sort(),
  hosts: [...new Set(bans.map(({ host }) => host))].sort(),
  place: placeWords(place),
  network: asWords(place),
})

const attemptsOf = ({ attempts, placeOf, top }: ReportInput): BanReport['attempts'] => {
  const counts = new Map<string, { count: number; place: string | null }>()
  for (const entry of attempts) {
    const address = formatIp(entry.address)
    const known = counts.get(address)
    if (known === undefined) counts.set(address, { count: entry.count, place: placeWords(placeOf(entry)) })
    else known.count += entry.count
  }
  const ranked = [...counts].map(([address, entry]) => ({ address, ...entry }))
  return {
    count: ranked.reduce((sum, { count }) => sum + count, 0),
    addresses: ranked.length,
    top: ranked.sort((a, b) => b.count - a.count || (a.address < b.address ? -1 : 1)).slice(0, top),
  }
}

/** @param input its bans in order of time. */
export const banReport = (input: ReportInput): BanReport => {
  const { bans, placeOf, prefixOf, reportedRun, lastRun, top } = input
  const places: Record<PlaceCount, number> = { located: 0, private: 0, anycast: 0, unlocated: 0, notLookedUp: 0 }
  const rankings = {
    ...{ countries: makeRanking(), cities: makeRanking(), asns: makeRanking(), topNetworks: makeRanking() },
    ...{ databaseNetworks: makeRanking(), jails: makeRanking(), hosts: makeRanking() },
  }
  const byAddress = new Map<string, Repeated>()
  const fresh = { bans: 0, addresses: new Set<string>() }
  for (const ban of bans) {
    const who = bannedText(ban)
    const place = placeOf(ban)
    places[placeKind(place)] += 1
    const known = byAddress.get(who)
    if (known === undefined) byAddress.set(who, { bans: [ban], place })
    else known.bans.push(ban)
    rankings.countries.add(place?.country ?? place?.countryCode ?? null, who, place?.countryCode)
    rankings.cities.add(place?.city === undefined ? null : placeWords(place), who)
    rankings.asns.add(asWords(place), who, place?.asn === undefined ? undefined : `AS${place.asn}`)
    rankings.topNetworks.add(networkOf(ban), who)
    const bits = prefixOf(ban.address)
    rankings.databaseNetworks.add(bits === undefined ? null : networkText(ban.address, bits), who)
    rankings.jails.add(ban.jail, who)
    rankings.hosts.add(ban.host, who)
    if (ban.run > reportedRun && ban.run <= lastRun) {
      fresh.bans += 1
      fresh.addresses.add(who)
    }
  }
  const repeated = [...byAddress]
    .filter(([, { bans: each }]) => each.length > 1)
    .sort(([a, one], [b, other]) => other.bans.length - one.bans.length || (a < b ? -1 : 1))
  const ranked = Object.fromEntries(
    Object.entries(rankings).map(([name, ranking]) => [name, ranking.top(top)]),
  ) as Record<keyof typeof rankings, Ranked[]>
  return {
    ...{ bans: bans.length, addresses: byAddress.size, networks: rankings.topNetworks.size() },
    first: bans.length === 0 ? null : isoTime(bans[0]!.beganUs),
    last: bans.length === 0 ? null : isoTime(bans.at(-1)!.beganUs),
    ...places,
    withoutTime: bans.reduce((sum, { listed }) => sum + (listed ? 1 : 0), 0),
    new: reportedRun === 0 ? null : { bans: fresh.bans, addresses: fresh.addresses.size },
    ...ranked,
    repeatOffenders: repeated.slice(0, top).map(offenderOf),
    repeatOffenderCount: repeated.length,
    days: daysOf(bans),
    hours: hoursOf(bans),
    attempts: attemptsOf(input),
  }
}
