/** An entry of a system log, whatever brought it: who says it decides how it is read. */

import type { BanContext, BanFinding, LineReading } from './contract.ts'
import { isRefusal } from './contract.ts'
import { readFail2banEntry } from './fail2ban-log.ts'
import { isSshd, readSshdMessage } from './sshd-message.ts'

export interface LogEntry {
  tag: string
  message: string
  timeUs: number | null
  host?: string
}

const isFail2ban = (tag: string): boolean => tag.startsWith('fail2ban')

/** Whether a program's entries are read at all. */
export const isGuard = (tag: string): boolean => isSshd(tag) || isFail2ban(tag)

const withHost = (finding: BanFinding, host: string): BanFinding =>
  isRefusal(finding) ? finding : { ...finding, host }

export const readLogEntry = ({ tag, message, timeUs, host }: LogEntry, context: BanContext): LineReading => {
  if (isSshd(tag)) return readSshdMessage(message, timeUs, host)
  if (!isFail2ban(tag)) return null
  const reading = readFail2banEntry(tag, message, timeUs, context)
  if (reading === null || host === undefined) return reading
  return Array.isArray(reading) ? reading.map((each) => withHost(each, host)) : withHost(reading as BanFinding, host)
}
