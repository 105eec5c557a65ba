/** `journalctl -o json`: one object a line; what is no UTF-8 or holds control characters comes as an array of bytes. */

import type { BanFormat, LineReading } from './contract.ts'
import { parseJsonObject } from './json-object.ts'
import { isGuard, type LogEntry, logEntryReader } from './log-entry.ts'

const MESSAGE_MAX = 65_536

const textOf = (value: unknown): string | null => {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || value.length > MESSAGE_MAX) return null
  return value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
    ? new TextDecoder().decode(Uint8Array.from(value as number[]))
    : null
}

/** fail2ban's own handler for the journal says its logger in a field. */
const tagOf = (entry: Readonly<Record<string, unknown>>): string => {
  const logger = textOf(entry['LOGGER'])
  if (logger?.startsWith('fail2ban.') === true) return logger
  return textOf(entry['SYSLOG_IDENTIFIER']) ?? textOf(entry['_COMM']) ?? ''
}

const timeUsOf = (value: unknown): number | null => {
  if (typeof value !== 'string' || !/^\d{1,17}$/.test(value)) return null
  const timeUs = Number(value)
  return Number.isSafeInteger(timeUs) ? timeUs : null
}

export const journalJson: BanFormat = {
  name: 'journal-json',
  aliases: ['journald'],
  help: 'journalctl -o json: failed logins of sshd, bans of fail2ban',
  recognizes: (lines) =>
    lines.some((line) => {
      const entry = parseJsonObject(line)
      return entry !== null && 'MESSAGE' in entry && '__REALTIME_TIMESTAMP' in entry
    }),
  open(context) {
    const readEntry = logEntryReader(context)
    return {
      read(line): LineReading {
        const entry = parseJsonObject(line)
        if (entry === null) return { refused: 'not a JSON object' }
        const tag = tagOf(entry)
        if (!isGuard(tag)) return null
        const message = textOf(entry['MESSAGE'])
        if (message === null) return null
        const host = textOf(entry['_HOSTNAME'])
        const made: Omit<LogEntry, 'message'> = {
          ...{ tag, timeUs: timeUsOf(entry['__REALTIME_TIMESTAMP']), processId: textOf(entry['_PID']) },
          ...(host === null ? {} : { host }),
        }
        // fail2ban's handler writes the bare message, without the level that stands before it elsewhere.
        const isBare = tag.startsWith('fail2ban.') && message.startsWith('[')
        return readEntry({ ...made, message: isBare ? `NOTICE ${message}` : message })
      },
    }
  },
}
