/** A report of bans for people: tables and bars of plain text, without colours. Names of strangers are made printable. */

import { isoTime } from '../../core/clock.ts'
import { isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf, formatCount } from '../../core/units.ts'
import { csvField } from '../../output/csv.ts'
import { NEVER_US } from '../../store/ban-facts.ts'
import type { Ban } from '../../store/ban-reader.ts'
import type { BanReport, Ranked } from './ban-report.ts'
import { bannedText } from './ban-words.ts'

const minuteOf = (iso: string): string => iso.slice(0, 16).replace('T', ' ')
const NAME_MAX = 60

const nameOf = (label: string): string => (label === '' ? '(no name)' : printableText(label, NAME_MAX))

const share = (part: number, all: number): string => (all === 0 ? '' : `${((100 * part) / all).toFixed(1)} %`)

const table = (title: string, rows: readonly Ranked[], all: number): string[] => {
  if (rows.length === 0) return []
  const width = Math.max(4, ...rows.map(({ bans }) => formatCount(bans).length))
  const addressWidth = Math.max(9, ...rows.map(({ addresses }) => formatCount(addresses).length))
  return [
    '',
    title,
    `  ${'bans'.padStart(width)}  ${'share'.padStart(7)}  ${'addresses'.padStart(addressWidth)}`,
    ...rows.map(
      ({ label, bans, addresses }) =>
        `  ${formatCount(bans).padStart(width)}  ${share(bans, all).padStart(7)}  ${formatCount(addresses).padStart(addressWidth)}  ${nameOf(label)}`,
    ),
  ]
}

const BAR_WIDTH = 40
/** Further ones are in --json. */
const DAYS_SHOWN = 31

const bars = (title: string, rows: readonly { label: string; count: number }[]): string[] => {
  const most = Math.max(1, ...rows.map(({ count }) => count))
  const width = formatCount(most).length
  return [
    '',
    title,
    ...rows.map(({ label, count }) => {
      // Whatever is there shows.
      const length = count === 0 ? 0 : Math.max(1, Math.round((BAR_WIDTH * count) / most))
      return `  ${label}  ${formatCount(count).padStart(width)}  ${'█'.repeat(length)}`.trimEnd()
    }),
  ]
}

const dayBars = ({ days }: BanReport): string[] => {
  if (days.length === 0) return []
  const shown = days.slice(-DAYS_SHOWN)
  const title = shown.length < days.length ? `Bans per day (UTC), the last ${DAYS_SHOWN} days` : 'Bans per day (UTC)'
  return bars(
    title,
    shown.map(({ day, bans }) => ({ label: day, count: bans })),
  )
}

const offenders = ({ repeatOffenders, repeatOffenderCount }: BanReport): string[] => {
  if (repeatOffenders.length === 0) return []
  const width = Math.max(...repeatOffenders.map(({ address }) => address.length))
  return [
    '',
    `Repeat offenders (${formatCount(repeatOffenderCount)} banned more than once)`,
    ...repeatOffenders.map(({ address, bans, first, last, jails, place, network }) =>
      [
        `  ${address.padEnd(width)}  ${countOf(bans, 'ban').padStart(9)}  ${minuteOf(first)} – ${minuteOf(last)}`,
        jails.map(nameOf).join(', '),
        ...[place, network].flatMap((text) => (text === null ? [] : [nameOf(text)])),
      ].join('  '),
    ),
  ]
}

const attemptLines = ({ attempts }: BanReport): string[] => {
  if (attempts.count === 0) return []
  const width = Math.max(...attempts.top.map(({ count }) => formatCount(count).length))
  return [
    '',
    `Failed attempts: ${formatCount(attempts.count)} of ${countOf(attempts.addresses, 'address', 'addresses')}`,
    ...attempts.top.map(
      ({ address, count, place }) =>
        `  ${formatCount(count).padStart(width)}  ${address}${place === null ? '' : `  ${nameOf(place)}`}`,
    ),
  ]
}

const summary = (report: BanReport): string[] => {
  const { bans, addresses, networks, first, last, withoutTime } = report
  const places = [
    `${formatCount(report.located)} located`,
    ...(report.private > 0 ? [`${formatCount(report.private)} private`] : []),
    ...(report.anycast > 0 ? [`${formatCount(report.anycast)} anycast`] : []),
    ...(report.unlocated > 0 ? [`${formatCount(report.unlocated)} without a place`] : []),
    ...(report.notLookedUp > 0 ? [`${formatCount(report.notLookedUp)} not looked up`] : []),
  ]
  return [
    `${countOf(bans, 'ban')} of ${countOf(addresses, 'address', 'addresses')} in ${countOf(networks, 'network')} (/24, /48)`,
    ...(first === null || last === null ? [] : [`${minuteOf(first)} – ${minuteOf(last)} UTC; ${places.join(', ')}`]),
    ...(withoutTime === 0
      ? []
      : [`${formatCount(withoutTime)} of lists that do not say when: counted when they were first seen`]),
    ...(report.new === null
      ? []
      : [
          `new since the last report: ${countOf(report.new.bans, 'ban')} of ${countOf(report.new.addresses, 'address', 'addresses')}`,
        ]),
  ]
}

export const banReportLines = (report: BanReport): string[] => [
  ...summary(report),
  ...table('Countries', report.countries, report.bans),
  ...table('Cities', report.cities, report.bans),
  ...table('Autonomous systems', report.asns, report.bans),
  ...table('Networks (/24, /48)', report.topNetworks, report.bans),
  ...table('Networks, as the database divides them', report.databaseNetworks, report.bans),
  ...offenders(report),
  ...table('Jails', report.jails, report.bans),
  ...table('Servers', report.hosts, report.bans),
  ...dayBars(report),
  ...(report.bans === 0
    ? []
    : bars(
        'Bans per hour of the day (UTC)',
        report.hours.map((count, hour) => ({ label: `${String(hour).padStart(2, '0')}:00`, count })),
      )),
  ...attemptLines(report),
]

const CSV_COLUMNS =
  'time,address,family,host,jail,ends,failures,restored,increased,listed,country_code,country,region,city,latitude,longitude,asn,organization'

/** A row for each ban, in order of time. */
export function* banCsvLines(bans: readonly Ban[], placeOf: (ban: Ban) => Place | null | undefined): Generator<string> {
  yield CSV_COLUMNS
  for (const ban of bans) {
    const place = placeOf(ban) ?? {}
    const ends = ban.endsUs === null ? null : ban.endsUs === NEVER_US ? 'never' : isoTime(ban.endsUs)
    yield [
      ...[isoTime(ban.beganUs), bannedText(ban), isIpv4(ban.address) ? 4 : 6, printableText(ban.host)],
      ...[printableText(ban.jail), ends, ban.failures, ban.restored, ban.increased, ban.listed],
      ...[place.countryCode ?? null, place.country ?? null, place.region ?? null, place.city ?? null],
      ...[place.latitude ?? null, place.longitude ?? null, place.asn ?? null, place.asOrganization ?? null],
    ]
      .map(csvField)
      .join(',')
  }
}
