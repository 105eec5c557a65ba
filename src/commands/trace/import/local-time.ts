/** Dates of tables: ISO 8601 with or without a zone. Without one they are somebody's local time. */

import { InterplotError } from '../../../core/errors.ts'

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/
const MS_PER_MINUTE = 60_000

export interface LocalTime {
  /** Microseconds since the Unix epoch; null when it is no date. */
  timeUs: number
  /** The text did not say which zone. */
  zoneless: boolean
}

/** How far the zone's clocks are ahead of UTC then. */
const aheadMs = (format: Intl.DateTimeFormat, ms: number): number => {
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year!, month! - 1, day, hour! % 24, minute, second) - Math.floor(ms / 1000) * 1000
}

const fixedOffset = (zone: string): number | null => {
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(zone)
  return found === null
    ? null
    : (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * MS_PER_MINUTE
}

/**
 * @param zone `Europe/Berlin`, `+02:00`; absent: UTC. @returns a reader of dates; null for what is none.
 * @throws InterplotError ERR_USAGE for a zone that nobody knows.
 */
export const localTimes = (zone = 'UTC'): ((text: string) => LocalTime | null) => {
  const fixed = fixedOffset(zone)
  let format: Intl.DateTimeFormat | undefined
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: fixed === null ? zone : 'UTC', hourCycle: 'h23', year: 'numeric', month: 'numeric' },
      ...{ day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
  } catch (cause) {
    throw new InterplotError('ERR_USAGE', `there is no time zone "${zone}"`, {
      advice: 'Like Europe/Berlin, or +02:00.',
      cause,
    })
  }
  const ahead = (ms: number): number => fixed ?? aheadMs(format, ms)
  return (text) => {
    const found = DATE.exec(text.trim())
    if (found === null) return null
    const [, date, time = '00:00', own] = found
    const offset = own === undefined || own === 'Z' || own === 'UTC' ? 0 : fixedOffset(own)!
    const asUtcMs = Date.parse(`${date}T${time}Z`)
    if (Number.isNaN(asUtcMs) || asUtcMs < 0) return null
    if (own !== undefined) return { timeUs: (asUtcMs - offset) * 1000, zoneless: false }
    // The offset is that of the instant, which is known when the offset is: twice is enough where clocks change.
    const guess = asUtcMs - ahead(asUtcMs)
    return { timeUs: (asUtcMs - ahead(guess)) * 1000, zoneless: true }
  }
}
