/**
 * fail2ban.log, as its helpers.py has it (getVerbosityFormat), and what of that stays when a system log brings its own time:
 *
 *   2026-01-02 03:04:05,678 fail2ban.actions        [812]: NOTICE  [sshd] Ban 192.0.2.1
 *
 * Version 0.8 has no number of the process. Times are local. Each part is matched from the line's start: what is further on may be
 * anybody's words.
 */

import type { BanContext, BanFormat, LineReading } from './contract.ts'
import { type Fail2banLogger, readFail2banMessage } from './fail2ban-message.ts'

const PREFIX = 'fail2ban.'
const LOGGERS = ['filter', 'actions', 'observer'] as const

const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)

/** Two digits; what is none makes it NaN. */
const two = (line: string, at: number): number => {
  const [tens, ones] = [line.charCodeAt(at), line.charCodeAt(at + 1)]
  return isDigit(tens) && isDigit(ones) ? tens * 10 + ones - 528 : Number.NaN
}

const pastBlanks = (line: string, from: number): number => {
  let at = from
  while (line.charCodeAt(at) === 32) at += 1
  return at
}

/** `2026-01-02 03:04:05` at the start of a line as if it were UTC; NaN for anything else. */
export const wallTimeMs = (line: string): number => {
  if (line.charCodeAt(4) !== 45 || line.charCodeAt(7) !== 45 || line.charCodeAt(13) !== 58) return Number.NaN
  const month = two(line, 5)
  const day = two(line, 8)
  const hour = two(line, 11)
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23) return Number.NaN
  return Date.UTC(two(line, 0) * 100 + two(line, 2), month - 1, day, hour, two(line, 14), two(line, 17))
}

/** Behind date and time, with what is less than a second; -1 when there is none. */
const pastTime = (line: string): number => {
  if (line.charCodeAt(4) !== 45 || line.charCodeAt(16) !== 58 || !isDigit(line.charCodeAt(0))) return -1
  let at = 19
  const mark = line.charCodeAt(at)
  if (mark === 44 || mark === 46) {
    at += 1
    while (isDigit(line.charCodeAt(at))) at += 1
  }
  return line.charCodeAt(at) === 32 ? at + 1 : -1
}

const fractionMs = (line: string): number => {
  const mark = line.charCodeAt(19)
  if (mark !== 44 && mark !== 46) return 0
  const last = line.charCodeAt(22)
  const value = isDigit(last) ? two(line, 20) * 10 + last - 48 : Number.NaN
  return Number.isNaN(value) ? 0 : value
}

interface LogRecord {
  logger: Fail2banLogger
  /** Where the message begins. */
  start: number
}

/** `NOTICE  [sshd] …`: behind the level; -1 when there is none. */
const pastLevel = (line: string, from: number): number => {
  let at = pastBlanks(line, from)
  const level = at
  while (isLetter(line.charCodeAt(at))) at += 1
  return at === level || line.charCodeAt(at) !== 32 ? -1 : pastBlanks(line, at)
}

const loggerAt = (line: string, from: number, to: number): Fail2banLogger => {
  for (const each of LOGGERS) if (to - from === each.length && line.startsWith(each, from)) return each
  return 'another'
}

/** `fail2ban.actions        [812]: NOTICE  [sshd] …` from `from` on. */
const recordAt = (line: string, from: number): LogRecord | null => {
  if (!line.startsWith(PREFIX, from)) return null
  let at = from + PREFIX.length
  const name = at
  while (isLetter(line.charCodeAt(at))) at += 1
  const logger = loggerAt(line, name, at)
  at = pastBlanks(line, at)
  if (line.charCodeAt(at) === 91) {
    at += 1
    const digits = at
    while (isDigit(line.charCodeAt(at))) at += 1
    if (at === digits || line.charCodeAt(at) !== 93) return null
    at += 1
  }
  at = pastBlanks(line, at)
  if (line.charCodeAt(at) !== 58) return null
  const start = pastLevel(line, at + 1)
  return start < 0 ? null : { logger, start }
}

export const isFail2banRecord = (line: string): boolean => {
  const from = pastTime(line)
  return from >= 0 && recordAt(line, from) !== null
}

/** A line of the file, or one that a system log wraps whole. */
export const readFail2banLine = (line: string, context: BanContext): LineReading => {
  const from = pastTime(line)
  if (from < 0) return null
  const record = recordAt(line, from)
  if (record === null || record.logger === 'another' || line.charCodeAt(record.start) !== 91) return null
  const ms = context.localTimes.lineMs(wallTimeMs(line))
  const timeUs = Number.isNaN(ms) ? null : Math.round((ms + fractionMs(line)) * 1000)
  return readFail2banMessage(line, record.start, record.logger, timeUs, context)
}

/** @param tag of the system log: `fail2ban.actions` where the level is in the message, `fail2ban` or `fail2ban-server` else. */
export const readFail2banEntry = (
  tag: string,
  message: string,
  timeUs: number | null,
  context: BanContext,
): LineReading => {
  if (tag.startsWith(PREFIX)) {
    const start = pastLevel(message, 0)
    return start < 0
      ? null
      : readFail2banMessage(message, start, loggerAt(tag, PREFIX.length, tag.length), timeUs, context)
  }
  if (message.startsWith('[')) return readFail2banMessage(message, 0, '', timeUs, context)
  const record = recordAt(message, 0)
  if (record !== null) return readFail2banMessage(message, record.start, record.logger, timeUs, context)
  return readFail2banLine(message, context)
}

export const fail2banLog: BanFormat = {
  name: 'fail2ban-log',
  aliases: ['fail2ban'],
  help: 'fail2ban.log: Ban, Unban, Restore Ban, Increase Ban; Found when attempts are asked for',
  recognizes: (lines) => lines.some(isFail2banRecord),
  open: (context) => ({ read: (line) => readFail2banLine(line, context) }),
}
