/**
 * `-v`, `-l` and `-L`: what happens, in lines of zmap's shape, `Nov 21 09:00:27.164 [INFO] scan: …` in local time, to
 * standard error, a file, or a file of its own in a folder. Levels are zmap's: 0 fatal … 5 trace.
 */

import { join } from 'node:path'
import { InterplotError } from '../../core/errors.ts'
import { openLineFile } from '../../output/line-file.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  /** 0 … 5. */
  verbosity?: number
  logFile?: string
  logDirectory?: string
  quiet?: boolean
}

export interface Log {
  write(level: LogLevel, source: string, message: string): void
  close(): void
}

const DEFAULT_VERBOSITY = LOG_LEVELS.indexOf('info')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

const digits = (value: number, count: number): string => String(value).padStart(count, '0')

const clockText = (date: Date, separator: string): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join(separator)

export const logLine = (date: Date, level: LogLevel, source: string, message: string): string => {
  const day = `${MONTHS[date.getMonth()]} ${digits(date.getDate(), 2)}`
  const time = `${clockText(date, ':')}.${digits(date.getMilliseconds(), 3)}`
  return `${day} ${time} [${level.toUpperCase()}] ${source}: ${message}`
}

/** `interplot-2026-11-21T090027.log`, which sorts by time. */
const fileNameAt = (date: Date): string => {
  const day = [date.getFullYear(), digits(date.getMonth() + 1, 2), digits(date.getDate(), 2)].join('-')
  return `interplot-${day}T${clockText(date, '')}.log`
}

/** What a command says, to the person and to the log. */
export interface LoggedTerminal extends Terminal {
  readonly log: Log
}

/**
 * The terminal of a command with a log. With `-l` or `-L` notes go to both; with `-v` alone they reach standard error in
 * the log's form, also with `-q`, which silences progress and summary only.
 * @throws InterplotError ERR_USAGE for both -l and -L, ERR_OUTPUT_FILE.
 */
export const makeLoggedTerminal = (options: LogOptions, source: string): LoggedTerminal => {
  const { verbosity = DEFAULT_VERBOSITY, logFile, logDirectory } = options
  if (logFile !== undefined && logDirectory !== undefined) {
    throw new InterplotError('ERR_USAGE', '--log-file and --log-directory say the same thing in two ways', {
      advice: 'Give one of them.',
    })
  }
  const screen = makeTerminal()
  const shown = options.quiet === true ? quietTerminal : screen
  const path = logDirectory === undefined ? logFile : join(logDirectory, fileNameAt(new Date()))
  const file = path === undefined ? null : openLineFile(path)
  const toScreen = file === null && options.verbosity !== undefined
  const log: Log = {
    write(level, from, message) {
      if (LOG_LEVELS.indexOf(level) > verbosity) return
      if (file !== null) file.write(logLine(new Date(), level, from, message))
      // What ends the program is said on standard error by main.
      else if (toScreen && level !== 'fatal') screen.note(logLine(new Date(), level, from, message))
    },
    close: () => file?.close(),
  }
  return {
    ...shown,
    note(line) {
      log.write('info', source, line)
      if (!toScreen) shown.note(line)
    },
    log,
  }
}
