/**
 * What fail2ban's loggers say of bans (its server/actions.py, observer.py and filter.py; 0.8 to 1.1):
 *
 *   actions    NOTICE  [jail] Ban ADDR · [jail] Restore Ban ADDR · [jail] Unban ADDR
 *   observer   NOTICE  [jail] Increase Ban ADDR (COUNT # DURATION -> END)
 *   filter     INFO    [jail] Found ADDR - TIME
 *
 * A message counts only as a whole, and only from the logger that writes it: strangers choose user names and other parts of lines that
 * fail2ban reports on. The jail ends at the first `] `, so that an identity that is banned as text can't forge another one's ban.
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress, quoted } from '../../core/banned-address.ts'
import type { BanContext, LineReading } from './contract.ts'
import { wallClockMs } from './wall-clock.ts'

const INCREASED = /^(\S+) \((?:\d+) # [\w ,:.-]{1,40} -> (?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)|infinite)\)$/
const FOUND = /^(\S+)(?: - \d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?$/
const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/
/** fail2ban writes an end that never comes as the last second of the year 9999. */
const NEVER = '9999-12-31 23:59:59'

/**
 * `2026-01-02 03:04:05` → microseconds; null where there is no end; undefined for what is no time.
 * @param besideUs as in LocalTimes.
 */
export const endOfBanUs = (
  text: string,
  { localTimes }: Pick<BanContext, 'localTimes'>,
  besideUs?: number,
): number | null | undefined => {
  if (text === NEVER) return null
  const found = LOCAL_TIME.exec(text)
  if (found === null) return undefined
  const wallMs = wallClockMs(found.slice(1))
  const besideMs = besideUs === undefined ? undefined : besideUs / 1000
  return wallMs === null ? undefined : localTimes.toldMs(wallMs, besideMs) * 1000
}

const event = (
  act: BanEvent['act'],
  jail: string,
  timeUs: number | null,
  text: string,
  again?: BanEvent['again'],
): LineReading => {
  const found = parseBannedAddress(text)
  // fail2ban bans whatever a filter takes for an identity: a user name, a session.
  if (found === null) return notAnAddress(text)
  const { address, prefixLength } = found
  const made: BanEvent = { act, address, jail, timeUs }
  if (prefixLength !== undefined) made.prefixLength = prefixLength
  if (again !== undefined) made.again = again
  return made
}

const increased = (rest: string, jail: string, timeUs: number | null, context: BanContext): LineReading => {
  const found = INCREASED.exec(rest)
  if (found === null) return { refused: `Increase Ban of ${quoted(rest)} is not as fail2ban writes it` }
  const reading = event('ban', jail, timeUs, found[1]!, 'increased')
  if (reading === null || !('act' in reading)) return reading
  const endsUs = found[2] === undefined ? null : endOfBanUs(found[2], context)
  return endsUs === undefined ? reading : { ...reading, endsUs }
}

/** The logger's name behind `fail2ban.`; empty where it is not said. */
export type Fail2banLogger = 'actions' | 'observer' | 'filter' | '' | 'another'

/** @param start where in the line the message begins. */
export const readFail2banMessage = (
  line: string,
  start: number,
  logger: Fail2banLogger,
  timeUs: number | null,
  context: BanContext,
): LineReading => {
  if (line.charCodeAt(start) !== 91 || logger === 'another') return null
  const end = line.indexOf('] ', start)
  if (end < 0) return null
  const verb = end + 2
  const jail = line.slice(start + 1, end)
  if (logger === 'actions' || logger === '') {
    if (line.startsWith('Ban ', verb)) return event('ban', jail, timeUs, line.slice(verb + 4))
    if (line.startsWith('Unban ', verb)) return event('unban', jail, timeUs, line.slice(verb + 6))
    if (line.startsWith('Restore Ban ', verb)) return event('ban', jail, timeUs, line.slice(verb + 12), 'restored')
  }
  if ((logger === 'observer' || logger === '') && line.startsWith('Increase Ban ', verb)) {
    return increased(line.slice(verb + 13), jail, timeUs, context)
  }
  if (context.attempts && (logger === 'filter' || logger === '') && line.startsWith('Found ', verb)) {
    // Without a time as 0.9 writes it, with one since.
    const address = FOUND.exec(line.slice(verb + 6))
    return address === null ? null : event('attempt', jail, timeUs, address[1]!)
  }
  return null
}
