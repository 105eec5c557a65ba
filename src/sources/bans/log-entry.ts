/** An entry of a system log, whatever brought it: who says it decides how it is read. */

import type { BanContext, BanFinding, LineReading } from './contract.ts'
import { isRefusal } from './contract.ts'
import { readFail2banEntry } from './fail2ban-log.ts'
import { sshdReader } from './sshd-connections.ts'
import { isSshd } from './sshd-message.ts'

export interface LogEntry {
  tag: string
  message: string
  timeUs: number | null
  host?: string
  /** Null or absent when nothing says. */
  processId?: string | null
}

const isFail2ban = (tag: string): boolean => tag.startsWith('fail2ban')

/** Whether a program's entries are read at all. */
export const isGuard = (tag: string): boolean => isSshd(tag) || isFail2ban(tag)

const withHost = (finding: BanFinding, host: string): BanFinding =>
  isRefusal(finding) ? finding : { ...finding, host }

/** Of one log: lines of one connection are counted together. */
export const logEntryReader = (context: BanContext): ((entry: LogEntry) => LineReading) => {
  const readSshd = sshdReader()
  return (entry) => {
    const { tag, message, timeUs, host } = entry
    if (isSshd(tag)) return readSshd(entry)
    if (!isFail2ban(tag)) return null
    const reading = readFail2banEntry(tag, message, timeUs, context)
    if (reading === null || host === undefined) return reading
    return Array.isArray(reading) ? reading.map((each) => withHost(each, host)) : withHost(reading as BanFinding, host)
  }
}
