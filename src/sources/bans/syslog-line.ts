/**
 * Lines of system logs: RFC 3164 as rsyslog and journalctl write it into files (`Jan  2 03:04:05 host sshd[1]: …`, no year, local time), the same with
 * ISO 8601 times, and RFC 5424 (`<38>1 2026-01-02T03:04:05Z host sshd 1 - - …`).
 */

import type { BanContext } from './contract.ts'
import { wallClockMs } from './wall-clock.ts'

export interface SyslogLine {
  /** Null when the date is none. */
  timeUs: number | null
  host: string
  tag: string
  processId: string | null
  message: string
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const TRADITIONAL =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(\.\d{1,9})? (\S{1,255}) ([^\s:[\]]{1,64}) *(?:\[([^\]\s]{1,32})\])?: ?/
const ISO_TIME = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/
const ISO = new RegExp(
  `^(?:<\\d{1,3}>)?${ISO_TIME.source} (\\S{1,255}) ([^\\s:[\\]]{1,64}) *(?:\\[([^\\]\\s]{1,32})\\])?: ?`,
)
const RFC_5424 = new RegExp(
  `^<\\d{1,3}>1 (?:${ISO_TIME.source}|-) (\\S{1,255}) (\\S{1,48}) (\\S{1,128}) \\S{1,32} (?:-|(?:\\[(?:[^\\]"\\\\]|"(?:[^"\\\\]|\\\\.){0,4096}"){0,4096}\\]){1,16})(?: \\uFEFF?|$)`,
)
/** RFC 5424 section 6: a field that is not known. */
const NIL = '-'
/** Clocks of two machines, and one zone for another: further ahead is last year. */
const AHEAD_MS = 86_400_000

/** The last year in which the date is not in the future. */
const yearlessUs = (month: number, found: RegExpExecArray, context: BanContext): number | null => {
  const [day, hour, minute, second] = [found[2], found[3], found[4], found[5]].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null
  const nowMs = context.nowUs() / 1000
  const nowYear = new Date(nowMs).getUTCFullYear()
  // The 29th of February may be four years back.
  for (let year = nowYear + 1; year > nowYear - 8; year -= 1) {
    const wallMs = Date.UTC(year, month, day, hour, minute, second)
    if (new Date(wallMs).getUTCMonth() !== month) continue
    if (wallMs > nowMs + 2 * AHEAD_MS) continue
    if (context.localTimes.toldMs(wallMs) <= nowMs + AHEAD_MS) {
      return Math.round((context.localTimes.lineMs(wallMs) + Number(found[6] ?? 0) * 1000) * 1000)
    }
  }
  return null
}

/** From an ISO time's groups that begin at `at`. */
const isoUs = (found: RegExpExecArray, at: number, { localTimes }: BanContext): number | null => {
  if (found[at] === undefined) return null
  const wallMs = wallClockMs(found.slice(at, at + 6))
  if (wallMs === null) return null
  const fractionUs = Number((found[at + 6] ?? '').padEnd(6, '0').slice(0, 6))
  const zone = found[at + 7]
  if (zone === undefined) return localTimes.lineMs(wallMs) * 1000 + fractionUs
  if (zone === 'Z') return wallMs * 1000 + fractionUs
  const offset = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000 * (zone.startsWith('-') ? -1 : 1)
  return (wallMs - offset) * 1000 + fractionUs
}

export const parseIsoUs = (text: string, context: BanContext): number | null => {
  const found = ISO_TIME.exec(text)
  return found === null || found.index !== 0 || found[0].length !== text.length ? null : isoUs(found, 1, context)
}

/** Null for what is no line of a system log. The time is worked out only for the programs that are wanted. */
export const parseSyslogLine = (
  line: string,
  context: BanContext,
  wanted: (tag: string) => boolean = () => true,
): SyslogLine | null => {
  const traditional = TRADITIONAL.exec(line)
  if (traditional !== null) {
    const month = MONTHS.indexOf(traditional[1]!)
    if (month < 0 || month % 3 !== 0) return null
    const tag = traditional[8]!
    const timeUs = wanted(tag) ? yearlessUs(month / 3, traditional, context) : null
    const [host, processId] = [traditional[7]!, traditional[9] ?? null]
    return { timeUs, host, tag, processId, message: line.slice(traditional[0].length) }
  }
  const found = ISO.exec(line) ?? RFC_5424.exec(line)
  if (found === null) return null
  const [host, tag, processId = NIL] = [found[9]!, found[10]!, found[11]]
  const timeUs = wanted(tag) ? isoUs(found, 1, context) : null
  return { timeUs, host, tag, processId: processId === NIL ? null : processId, message: line.slice(found[0].length) }
}
