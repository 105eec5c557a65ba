/** `--color-by`: what the colours of points say, from what is known of each. */

import { isoTime } from '../../core/clock.ts'
import { printableText } from '../../core/printable-text.ts'
import type { ColourGroup, Colouring, PointDetails } from '../../render/map-data.ts'
import { MOST_GROUPS } from '../../render/map-data.ts'

export const COLOUR_KEYS = [
  'port',
  'asn',
  'country',
  'rtt',
  'first-seen',
  'jail',
  'host',
  'service',
  'direction',
] as const
export type ColourKey = (typeof COLOUR_KEYS)[number]

/** Rows of points as far as their colours need them; columns of one length. */
export interface ColourableRows {
  readonly weight: Float64Array
  readonly details: Pick<PointDetails, 'country' | 'countryCode' | 'asn' | 'asOrganization'>
  /** Port, RTT in µs, or time in µs since the Unix epoch; NaN where there is none. */
  readonly key?: Float64Array
  /** Jail or server, of bans; service or direction, of connections. */
  readonly label?: readonly string[]
}

export interface PointColours {
  readonly colour: Uint8Array
  readonly colouring: Colouring
  /** Rows that have nothing to be coloured by: 1 for those. */
  readonly without: Uint8Array
}

/** Letters of a name in the legend. */
const NAME_MAX = 40
const SCALE_TOP = 255
/** Beyond these shares of the addresses, all look alike: a few stragglers must not take the whole scale. */
const SCALE_LOW_SHARE = 0.01
const SCALE_HIGH_SHARE = 0.99
const TIME_TICKS = 3

/** Ports that people know by name. */
const PORT_NAMES: Readonly<Record<number, string>> = {
  21: 'ftp',
  22: 'ssh',
  23: 'telnet',
  25: 'smtp',
  53: 'dns',
  80: 'http',
  110: 'pop3',
  123: 'ntp',
  143: 'imap',
  443: 'https',
  445: 'smb',
  993: 'imaps',
  1900: 'ssdp',
  3306: 'mysql',
  3389: 'rdp',
  5432: 'postgres',
  8080: 'http',
  8443: 'https',
}

/** Replies of protocols without ports are stored under 0. */
const portLabel = (port: number): string => {
  if (port === 0) return 'no port'
  const name = PORT_NAMES[port]
  return name === undefined ? String(port) : `${port} ${name}`
}

const GROUP_TITLES = {
  ...{ port: 'Port', asn: 'Network', country: 'Country', jail: 'Jail', host: 'Server' },
  ...{ service: 'Service', direction: 'Begun' },
} as const
type GroupKey = keyof typeof GROUP_TITLES

const labelOf = ({ details, key, label }: ColourableRows, by: GroupKey, row: number): string | null => {
  if (by === 'port') return key === undefined || Number.isNaN(key[row]!) ? null : portLabel(key[row]!)
  if (by === 'jail' || by === 'host' || by === 'service' || by === 'direction') {
    const name = label?.[row]
    return name === undefined || name === '' ? null : printableText(name, NAME_MAX)
  }
  if (by === 'country') return details.country[row] ?? details.countryCode[row] ?? null
  const asn = details.asn[row]!
  const name = details.asOrganization[row]
  return asn === 0 ? (name ?? null) : `AS${asn}${name == null ? '' : ` ${name}`}`
}

/** Countries have one name each, also where some rows say the code alone. */
const countryNames = ({ country, countryCode }: ColourableRows['details']): Map<string, string> => {
  const names = new Map<string, string>()
  for (const [row, code] of countryCode.entries()) {
    const name = country[row]
    if (code !== null && name != null && !names.has(code)) names.set(code, name)
  }
  return names
}

const byGroups = (rows: ColourableRows, by: GroupKey): PointColours => {
  const counts = new Map<string, number>()
  const names = by === 'country' ? countryNames(rows.details) : new Map<string, string>()
  let unknown = 0
  const labels = Array.from(rows.weight, (weight, row) => {
    const label = names.get(rows.details.countryCode[row] ?? '') ?? labelOf(rows, by, row)
    if (label === null) unknown += weight
    else counts.set(label, (counts.get(label) ?? 0) + weight)
    return label
  })
  const ranked = [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  const isFull = ranked.length + (unknown > 0 ? 1 : 0) > MOST_GROUPS
  const named = ranked.slice(0, isFull ? MOST_GROUPS - 1 : ranked.length)
  const left = ranked.slice(named.length).reduce((sum, [, count]) => sum + count, 0) + unknown
  const groups: ColourGroup[] = named.map(([label, count]) => ({ label, count }))
  if (left > 0) groups.push({ label: isFull ? 'others' : 'unknown', count: left, rest: true })
  const numbers = new Map(named.map(([label], number) => [label, number]))
  const colour = Uint8Array.from(labels, (label) => numbers.get(label ?? '') ?? named.length)
  return {
    colour,
    colouring: { kind: 'groups', title: GROUP_TITLES[by], groups },
    without: new Uint8Array(colour.length),
  }
}

/** The values below which shares of the weight lie. */
const sharesOf = (keys: Float64Array, weight: Float64Array, shares: readonly number[]): number[] => {
  const order = Uint32Array.from(keys.keys())
    .filter((row) => !Number.isNaN(keys[row]!))
    .sort((a, b) => keys[a]! - keys[b]!)
  const all = order.reduce((sum, row) => sum + weight[row]!, 0)
  let [next, sum] = [0, 0]
  return shares.map((share) => {
    while (next < order.length - 1 && sum + weight[order[next]!]! < all * share) {
      sum += weight[order[next]!]!
      next += 1
    }
    return order.length === 0 ? Number.NaN : keys[order[next]!]!
  })
}

const MS_TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]

const msLabel = (us: number): string => `${Number((us / 1000).toPrecision(2))} ms`

/** Round numbers; the ends of a scale that has fewer than two of them. */
const rttTicks = (lowUs: number, highUs: number): { at: number; label: string }[] => {
  const round = MS_TICKS.filter((ms) => ms * 1000 >= lowUs && ms * 1000 <= highUs)
  if (round.length < 2) return [lowUs, highUs].map((us, at) => ({ at, label: msLabel(us) }))
  return round.map((ms) => ({
    at: Math.log((ms * 1000) / lowUs) / Math.log(highUs / lowUs),
    label: `${ms} ms`,
  }))
}

const MINUTE_US = 60_000_000
const DAY_US = 86_400_000_000

/** As exact as the time between first and last asks for; UTC. */
const timeLabel = (timeUs: number, rangeUs: number): string => {
  const text = isoTime(timeUs).replace('T', ' ')
  if (rangeUs >= 3 * DAY_US) return text.slice(0, 10)
  if (rangeUs >= DAY_US / 2) return text.slice(5, 16)
  return rangeUs >= 10 * MINUTE_US ? text.slice(11, 16) : text.slice(11, 21)
}

const timeTicks = (lowUs: number, highUs: number): { at: number; label: string }[] =>
  Array.from({ length: TIME_TICKS }, (_, i) => {
    const at = i / (TIME_TICKS - 1)
    return { at, label: timeLabel(lowUs + at * (highUs - lowUs), highUs - lowUs) }
  })

const byScale = ({ key, weight }: ColourableRows, by: 'rtt' | 'first-seen'): PointColours => {
  const keys = key ?? new Float64Array(weight.length).fill(Number.NaN)
  const isTime = by === 'first-seen'
  const [first = Number.NaN, last = Number.NaN] = sharesOf(
    keys,
    weight,
    isTime ? [0, 1] : [SCALE_LOW_SHARE, SCALE_HIGH_SHARE],
  )
  const low = isTime ? first : Math.max(1, first)
  const high = isTime ? Math.max(last, low + 1) : Math.max(last, low * 2)
  const toneOf = (value: number): number =>
    isTime ? (value - low) / (high - low) : Math.log(Math.max(1, value) / low) / Math.log(high / low)
  const colour = Uint8Array.from(keys, (value) =>
    Number.isNaN(value) ? 0 : Math.round(SCALE_TOP * Math.min(1, Math.max(0, toneOf(value)))),
  )
  const ticks = Number.isNaN(low) ? [] : isTime ? timeTicks(low, high) : rttTicks(low, high)
  return {
    colour,
    colouring: { kind: 'scale', title: isTime ? 'First seen' : 'Round trip time', ticks },
    without: Uint8Array.from(keys, (value) => (Number.isNaN(value) ? 1 : 0)),
  }
}

export const colourPoints = (rows: ColourableRows, by: ColourKey): PointColours =>
  by === 'rtt' || by === 'first-seen' ? byScale(rows, by) : byGroups(rows, by)
