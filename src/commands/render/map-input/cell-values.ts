/** What the cells of other people's tables mean: numbers, times and networks, written in many ways. */

/** How programs write that they do not know. */
const MISSING: ReadonlySet<string> = new Set(['', 'unknown', 'null', 'none', 'undefined', 'n/a', 'na', '-', '?'])
/** 52,5 as spreadsheets write it in many countries. */
const DECIMAL_COMMA = /^\s*-?\d+,\d+\s*$/

const [BLANK, MARKS] = [0x20, 'uUnN-?\u00A0']

/** Whether a row has nothing there; "unknown" is no place. */
export const isMissing = (value: unknown): boolean => {
  if (typeof value !== 'string') return value === undefined || value === null
  if (value.length === 0) return true
  if (value.length > 12) return false
  // Most values tell by their first letter that they are something.
  if (value.charCodeAt(0) > BLANK && !MARKS.includes(value[0]!)) return false
  return MISSING.has(value.trim().toLowerCase())
}

/** NaN for what is there and no number; null for what is missing. */
export const cellNumber = (value: unknown): number | null => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return value === undefined || value === null ? null : Number.NaN
  const number = Number(value)
  // Number('') and Number(' ') are 0.
  if (number !== 0 && !Number.isNaN(number)) return number
  if (isMissing(value)) return null
  return DECIMAL_COMMA.test(value) ? Number(value.replace(',', '.')) : number
}

/** Text as it stands; null for what is missing, or no text. */
export const cellText = (value: unknown): string | null => {
  if (typeof value === 'number') return String(value)
  return typeof value !== 'string' || isMissing(value) ? null : value
}

/** `AS64500` and `64500`; 0 for what is no number of a network. */
export const cellAsn = (value: unknown): number => {
  const number = cellNumber(typeof value === 'string' ? value.replace(/^\s*AS(?=\d)/i, '') : value)
  return number !== null && Number.isInteger(number) && number > 0 && number < 2 ** 32 ? number : 0
}

const DATE =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)\s?(?:(Z|UTC|GMT)|([+-]\d{2}):?(\d{2})?)?)?$/
const US_PER_MS = 1000
/** Numbers below are seconds (until the year 5138), then milliseconds, microseconds, nanoseconds. */
const LEAST_MS = 1e11
const LEAST_US = 1e14
const LEAST_NS = 1e17
/** What a Date holds (ECMAScript, time values). */
const LATEST_US = 8.64e18

const epochUs = (number: number): number => {
  if (number < LEAST_MS) return number * 1e6
  if (number < LEAST_US) return number * US_PER_MS
  return number < LEAST_NS ? number : number / US_PER_MS
}

/** ISO 8601 without a zone is UTC; numbers count from the Unix epoch. Microseconds; NaN for what is no time. */
export const cellTimeUs = (value: unknown): number => {
  const number = cellNumber(value)
  if (number === null) return Number.NaN
  if (!Number.isNaN(number)) {
    const us = epochUs(number)
    return number >= 0 && us < LATEST_US ? us : Number.NaN
  }
  const match = typeof value === 'string' && value.length < 50 ? DATE.exec(value.trim()) : null
  if (match === null) return Number.NaN
  const [, day, time = '00:00', , hours, minutes = '00'] = match
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`
  return Date.parse(`${day}T${time.replace(',', '.')}${zone}`) * US_PER_MS
}
