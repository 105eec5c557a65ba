/** The history of a path as text: a line for each hop with its round trips over time, then the changes of the path. */

import { isoTime } from '../../core/clock.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import { countOf } from '../../core/units.ts'
import type { HopSeries, PathChange, PathHistory } from '../../probe/trace/path-history.ts'

export type AddressText = (address: IpAddress) => string

const BARS = '▁▂▃▄▅▆▇█'
const WIDEST_SPARKLINE = 40

export const minuteOf = (us: number): string => isoTime(us).slice(0, 16).replace('T', ' ')

/** A bar for each trace, or for some in a row the best of them; a blank where nobody answered. */
export const sparkline = (values: readonly (number | null)[], width = WIDEST_SPARKLINE): string => {
  const columns = Math.min(width, values.length)
  const best = Array.from({ length: columns }, (_, i) => {
    const part = values.slice(
      Math.floor((i * values.length) / columns),
      Math.floor(((i + 1) * values.length) / columns),
    )
    const known = part.filter((each) => each !== null)
    return known.length === 0 ? null : Math.min(...known)
  })
  const known = best.filter((each) => each !== null)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return best
    .map((each) => {
      if (each === null) return ' '
      return BARS[high === low ? 0 : Math.round(((each - low) / (high - low)) * (BARS.length - 1))]
    })
    .join('')
}

const ms = (us: number | undefined): string => (us === undefined ? '-' : (us / 1000).toFixed(1))

const OVER_TIME = 'over time'
const columnOf = (traces: number): number => Math.max(OVER_TIME.length, Math.min(WIDEST_SPARKLINE, traces))

const hopLine = ({ ttl, addresses, rttUs, sent, answered }: HopSeries, textOf: AddressText): string => {
  const known = rttUs.filter((each) => each !== null)
  const sorted = known.toSorted((a, b) => a - b)
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - answered)) / sent)
  const figures = [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1), known.at(-1)]
  const [first] = addresses
  const more = addresses.length > 1 ? ` and ${addresses.length - 1} more` : ''
  return [
    String(ttl).padStart(3),
    `${loss} %`.padStart(6),
    ...figures.map((each) => ms(each).padStart(8)),
    ` ${sparkline(rttUs).padEnd(columnOf(rttUs.length))} `,
    first === undefined ? 'no answer' : `${textOf(first)}${more}`,
  ].join(' ')
}

/** A router more or less moves all hops behind it. */
const MOST_TOLD = 3

/** `hop 5: a → b; hop 6: c → d; and 4 more hops` */
export const changeText = ({ hops }: Pick<PathChange, 'hops'>, textOf: AddressText): string => {
  const told = hops
    .slice(0, MOST_TOLD)
    .map(({ ttl, before, after }) => `hop ${ttl}: ${before.map(textOf).join(', ')} → ${after.map(textOf).join(', ')}`)
  const more = hops.length - told.length
  return [...told, ...(more > 0 ? [`and ${countOf(more, 'more hop')}`] : [])].join('; ')
}

export const historyLines = (host: string, history: PathHistory, textOf: AddressText = formatIp): string[] => {
  const { traces, hops, changes } = history
  const [first, last] = [traces[0], traces.at(-1)]
  if (first === undefined || last === undefined) return [`${host}: no traces`]
  const heading = ['hop', '  loss', ...['best', 'median', 'worst', 'last'].map((each) => each.padStart(8))]
  return [
    `${host}: ${countOf(traces.length, 'trace')} from ${minuteOf(first.startedUs)} to ${minuteOf(last.startedUs)} UTC, ${countOf(changes.length, 'change')} of the path`,
    '',
    [...heading, ` ${OVER_TIME.padEnd(columnOf(traces.length))} `, 'router'].join(' '),
    ...hops.map((hop) => hopLine(hop, textOf)),
    ...(changes.length === 0 ? [] : ['', 'changes']),
    ...changes.map((change) => `${minuteOf(change.atUs)}  ${changeText(change, textOf)}  (trace ${change.id})`),
  ]
}
