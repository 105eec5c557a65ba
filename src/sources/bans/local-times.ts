/**
 * Local times without a zone → the instant, by the rules of a time zone (IANA, as Node.js has them) or a fixed offset.
 *
 * Where clocks go back, an hour comes twice. Lines of a log are in order, so its times are taken as the first of both until one would
 * lie before the line above it: from there on as the second. Times that never were, where clocks go forward, count on by the old offset.
 */

import { InterplotError } from '../../core/errors.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Clocks change at whole quarters of an hour. */
const SLOT_MS = 15 * MINUTE_MS
/** Days whose offset is kept; a log goes through them in order. */
const DAYS_MAX = 4096
/** Threads of one program may write in another order than they looked at the clock. */
const DISORDER_MS = 60_000

export interface LocalTimes {
  /**
   * When a line was written.
   * @param wallMs the local date and time taken as if it were UTC, as Date.UTC makes it. @returns milliseconds since the Unix epoch.
   */
  lineMs(wallMs: number): number
  /**
   * A time that a line tells of, which says nothing of the order of lines.
   * @param besideMs when it was by something else that is known: of an hour that comes twice, the time that is nearer.
   */
  toldMs(wallMs: number, besideMs?: number): number
}

const fixedOffsetMs = (zone: string): number | null => {
  if (zone === 'UTC' || zone === 'Z') return 0
  const found = /^([+-])(\d\d):?([0-5]\d)$/.exec(zone)
  return found === null ? null : (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * MINUTE_MS
}

/** How far the zone's clocks are ahead of UTC at an instant. */
const aheadBy = (zone: string): ((ms: number) => number) => {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', era: 'short' },
      ...{ day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
  } catch (cause) {
    throw new InterplotError('ERR_USAGE', `there is no time zone "${zone}"`, {
      advice: 'Like Europe/Berlin, or +02:00.',
      cause,
    })
  }
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour') % 24,
      part('minute'),
      part('second'),
    )
    return wall - Math.floor(ms / 1000) * 1000
  }
}

/** @param zone `Europe/Berlin`, `+02:00`; absent: this machine's. @throws InterplotError ERR_USAGE for a zone that nobody knows. */
export const localTimes = (zone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone): LocalTimes => {
  const fixed = fixedOffsetMs(zone)
  if (fixed !== null) return { lineMs: (wallMs) => wallMs - fixed, toldMs: (wallMs) => wallMs - fixed }
  const ahead = aheadBy(zone)
  /** By the day: its offset, or null where it changes. */
  const days = new Map<number, number | null>()
  /** On such days by the quarter of an hour: the offsets of the first and the second time that it comes. */
  const slots = new Map<number, readonly [number, number]>()
  let [lastMs, day, offset] = [Number.NEGATIVE_INFINITY, Number.NaN, null as number | null]
  const offsetOfDay = (number: number): number | null => {
    const kept = days.get(number)
    if (kept !== undefined) return kept
    const before = ahead((number - 1) * DAY_MS)
    const found = before === ahead((number + 2) * DAY_MS) ? before : null
    if (days.size >= DAYS_MAX) days.clear()
    days.set(number, found)
    return found
  }
  const offsetsOfSlot = (slot: number): readonly [first: number, second: number] => {
    const kept = slots.get(slot)
    if (kept !== undefined) return kept
    const wallMs = slot * SLOT_MS
    const before = ahead(wallMs - DAY_MS)
    const after = ahead(wallMs + DAY_MS)
    const [beforeIsRight, afterIsRight] = [ahead(wallMs - before) === before, ahead(wallMs - after) === after]
    const offsets = [beforeIsRight || !afterIsRight ? before : after, afterIsRight ? after : before] as const
    if (slots.size >= DAYS_MAX) slots.clear()
    slots.set(slot, offsets)
    return offsets
  }
  const onDayOfChange = (wallMs: number, besideMs?: number): number => {
    const [first, second] = offsetsOfSlot(Math.floor(wallMs / SLOT_MS))
    if (besideMs !== undefined) {
      const isNearer = Math.abs(wallMs - second - besideMs) < Math.abs(wallMs - first - besideMs)
      return wallMs - (isNearer ? second : first)
    }
    return wallMs - first < lastMs - DISORDER_MS ? wallMs - second : wallMs - first
  }
  const toldMs = (wallMs: number, besideMs?: number): number => {
    if (!Number.isFinite(wallMs)) return Number.NaN
    const number = Math.floor(wallMs / DAY_MS)
    if (number !== day) {
      offset = offsetOfDay(number)
      day = number
    }
    return offset === null ? onDayOfChange(wallMs, besideMs) : wallMs - offset
  }
  return {
    toldMs,
    lineMs(wallMs) {
      const instantMs = toldMs(wallMs)
      if (!Number.isNaN(instantMs)) lastMs = instantMs
      return instantMs
    },
  }
}
