/** What of its input a map shows: the options of `render` that choose, as the store and the readers of tables take them. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type FilterNode, parseFilter } from '../../core/filter-syntax.ts'
import { parseDurationUs } from '../../core/units.ts'
import { withoutUndefined } from '../../core/without-undefined.ts'
import { parseCountries } from '../../targets/region-syntax.ts'
import type { ColourKey } from './point-colouring.ts'

export interface QueryOptions {
  run?: number
  port?: number
  since?: string
  until?: string
  country?: string[]
  where?: string
  colorBy?: ColourKey
  animate?: string
  animateEach?: boolean
  /** Ids of traces, or how they begin. */
  trace?: string[]
  maskHops?: number
  /** Bans or connections, instead of who answered. */
  bans?: boolean
  connections?: boolean
  jail?: string[]
  host?: string[]
}

export interface MapQuery {
  run?: number
  port?: number
  /** Microseconds since the Unix epoch. */
  sinceUs?: number
  untilUs?: number
  /** ISO 3166-1 alpha-2. */
  countries?: string[]
  where?: FilterNode
  colourBy?: ColourKey
  frames?: { lengthUs: number; mode: 'first' | 'each' }
  /** Addresses themselves are wanted, for a map of their space. */
  addresses?: boolean
  /** Only these traces, and nothing else; ids, or how they begin. */
  traces?: string[]
  /** The first hops of traces are left out. */
  maskHops?: number
  bans?: boolean
  connections?: boolean
  /** Of bans: names, as the guards have them. */
  jails?: string[]
  hosts?: string[]
}

const US_PER_MS = 1000
/** 2026-11-20, 2026-11-20T08:00, with or without a zone; without, UTC. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?$/

/** A date, or a time back from now like `2h`. */
export const timeOption =
  (option: string) =>
  (text: string): number => {
    if (DATE.test(text)) {
      const zoned = /(?:Z|[+-]\d{2}:\d{2})$/.test(text) || !/[T ]/.test(text) ? text : `${text}Z`
      const ms = Date.parse(zoned.replace(' ', 'T'))
      if (!Number.isNaN(ms)) return ms * US_PER_MS
    }
    const ago = parseDurationUs(text)
    if (ago !== null) return systemClock.nowUs() - ago
    throw new InterplotError('ERR_USAGE', `${option} wants a date or a time back from now, not "${text}"`, {
      advice: 'Like 2026-11-20, 2026-11-20T08:00 (UTC), 36h or 7d.',
    })
  }

const FRAME_LENGTHS: Readonly<Record<string, string>> = { minute: '1m', hour: '1h', day: '1d', week: '7d' }

const frameLength = (text: string): number => {
  const lengthUs = parseDurationUs(FRAME_LENGTHS[text] ?? text)
  if (lengthUs !== null && lengthUs >= 1) return Math.round(lengthUs)
  throw new InterplotError('ERR_USAGE', `--animate wants the length of a frame, not "${text}"`, {
    advice: 'minute, hour, day, week, or a time like 10s or 6h.',
  })
}

const whenGiven = <T, R>(value: T | undefined, make: (value: T) => R): R | undefined =>
  value === undefined ? undefined : make(value)

/** @throws InterplotError ERR_USAGE for values that are not understood. */
export const mapQuery = (options: QueryOptions, addresses: boolean): MapQuery => {
  if (options.animateEach === true && options.animate === undefined) {
    throw new InterplotError('ERR_USAGE', '--animate-each needs --animate', {
      advice: 'Like: --animate day --animate-each',
    })
  }
  const query = withoutUndefined({
    run: options.run,
    port: options.port,
    sinceUs: whenGiven(options.since, timeOption('--since')),
    untilUs: whenGiven(options.until, timeOption('--until')),
    countries: whenGiven(options.country, (texts) => [...parseCountries(texts, '--country')].sort()),
    where: whenGiven(options.where, (text) => parseFilter(text, { option: '--where', signedDecimals: true })),
    colourBy: options.colorBy,
    traces: options.trace,
    maskHops: options.maskHops,
    bans: options.bans,
    connections: options.connections,
    jails: options.jail,
    hosts: options.host,
    frames: whenGiven(options.animate, (text) => ({
      lengthUs: frameLength(text),
      mode: options.animateEach === true ? ('each' as const) : ('first' as const),
    })),
  })
  if (query.sinceUs !== undefined && query.untilUs !== undefined && query.sinceUs >= query.untilUs) {
    throw new InterplotError('ERR_USAGE', '--since is not before --until', {
      advice: 'Give the earlier time to --since.',
    })
  }
  return addresses ? { ...query, addresses } : query
}
