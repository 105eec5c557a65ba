/**
 * Access logs of nginx and Apache, common and combined: `ADDR ident user [02/Jan/2026:03:04:05 +0000] "REQUEST" STATUS …`, with `host:port` in front
 * as Apache's vhost_combined has it. What failed is told by the status alone: 401, 403, 429, and nginx' 444 (closed without an answer). Paths that only
 * scanners ask for are matters of opinion, and end in 404 like a wrong link.
 *
 * User and request are a stranger's: servers write their quotation marks as `\x22` or `\"`, so that the first bare one begins the request, and what stands right before it is
 * the server's own time.
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { BanFormat, LineReading } from './contract.ts'

const FAILED: ReadonlySet<string> = new Set(['401', '403', '429', '444'])
const TIME = /^\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] $/
/** `[02/Jan/2026:03:04:05 +0000] ` */
const TIME_LENGTH = 29
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const QUOTE = 34
const BACKSLASH = 92

/** The next quotation mark without a backslash. */
const bareQuote = (line: string, from: number): number => {
  let escaped = false
  for (let at = from; at < line.length; at += 1) {
    const code = line.charCodeAt(at)
    if (code === QUOTE && !escaped) return at
    escaped = code === BACKSLASH && !escaped
  }
  return -1
}

interface Entry {
  /** Of the request's quotation marks. */
  start: number
  end: number
}

const entryOf = (line: string): Entry | null => {
  const start = bareQuote(line, 0)
  if (start < TIME_LENGTH || line.charCodeAt(start - 2) !== 93 || line.charCodeAt(start - TIME_LENGTH) !== 91)
    return null
  const end = bareQuote(line, start + 1)
  return end < 0 ? null : { start, end }
}

const timeOf = (text: string): number | null => {
  const found = TIME.exec(text)
  const month = found === null ? -1 : MONTHS.indexOf(found[2]!)
  if (found === null || month < 0 || month % 3 !== 0) return null
  const [day, year, hour, minute, second] = [found[1], found[3], found[4], found[5], found[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const offsetMs = (Number(found[8]) * 60 + Number(found[9])) * 60_000 * (found[7] === '-' ? -1 : 1)
  return (Date.UTC(year, month / 3, day, hour, minute, second) - offsetMs) * 1000
}

const VIRTUAL_HOST = /^[\w.-]*:\d{1,5}$/

const addressWord = (line: string): string => {
  const [first = '', second = ''] = line.slice(0, 512).split(' ', 2)
  return VIRTUAL_HOST.test(first) && parseBannedAddress(first) === null ? second : first
}

const read = (line: string): LineReading => {
  const entry = entryOf(line)
  if (entry === null) return null
  const status = line.slice(entry.end + 2, entry.end + 5)
  if (line.charCodeAt(entry.end + 1) !== 32 || !FAILED.has(status) || (line.charCodeAt(entry.end + 5) || 32) !== 32)
    return null
  const word = addressWord(line)
  const found = parseBannedAddress(word)
  if (found === null || found.prefixLength !== undefined) return notAnAddress(word)
  const timeUs = timeOf(line.slice(entry.start - TIME_LENGTH, entry.start))
  const event: BanEvent = { act: 'attempt', address: found.address, jail: 'web', timeUs }
  return event
}

export const webAccessLog: BanFormat = {
  name: 'web-access-log',
  aliases: ['nginx', 'apache'],
  help: 'access logs of nginx and Apache: answers 401, 403, 429 and 444',
  recognizes: (lines) =>
    lines.some((line) => {
      const entry = entryOf(line)
      return entry !== null && timeOf(line.slice(entry.start - TIME_LENGTH, entry.start)) !== null
    }),
  open: () => ({ read }),
}
