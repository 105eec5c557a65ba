/**
 * What fail2ban-client prints (its client/beautifier.py): `status JAIL`, `banned`, `get JAIL banip`, and with `--with-time`
 *
 *   192.0.2.1 	2026-01-02 03:04:05 + 600 = 2026-01-02 03:14:05
 *
 * in local time. Nothing but `status` and `banned` says which jail it is.
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { BanContext, BanFinding, BanFormat, BanLines, LineReading } from './contract.ts'
import { endOfBanUs } from './fail2ban-message.ts'

const STATUS = /^Status for the jail: (\S{1,256})\s*$/
const BANNED_LIST = /^\s*[`|]- Banned IP list:\s*(.*)$/
const STATUS_TREE = /^(?:Status\s*$|\s*(?:\|\s*)?[`|]- )/
/** `[{'sshd': ['192.0.2.1']}, {'nginx': []}]` */
const ALL_JAILS = /^\[\{(?:'|")/
const QUOTED = /'((?:[^'\\]|\\.){0,256})'(:?)|"((?:[^"\\]|\\.){0,256})"(:?)/g
const WITH_TIME = /^(\S+)\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \+ (-?\d{1,12}) = (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*$/

const entry = (text: string, jail: string): BanFinding => {
  const found = parseBannedAddress(text)
  return found === null ? notAnAddress(text) : { act: 'ban', ...found, jail, timeUs: null }
}

const entries = (text: string, jail: string): BanFinding[] =>
  text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => entry(word, jail))

const ofAllJails = (line: string): BanFinding[] => {
  let jail = ''
  const findings: BanFinding[] = []
  for (const [, single, singleColon, double, doubleColon] of line.matchAll(QUOTED)) {
    const text = (single ?? double ?? '').replaceAll(/\\(.)/g, '$1')
    if ((singleColon ?? doubleColon) === ':') jail = text
    else findings.push(entry(text, jail))
  }
  return findings
}

/** A line of `get JAIL banip --with-time`; null for anything else. */
export const readBanWithTime = (
  line: string,
  jail: string,
  context: Pick<BanContext, 'localTimes'>,
): BanFinding | null => {
  const found = WITH_TIME.exec(line)
  if (found === null) return null
  const finding = entry(found[1]!, jail)
  if ('refused' in finding) return finding
  const endsUs = found[3] === '-1' ? null : endOfBanUs(found[4]!, context)
  const lastsUs = Number(found[3]) * 1e6
  // Where clocks go back an hour comes twice: the end and the duration say which of both it is.
  const beganUs = endsUs == null ? undefined : endsUs - lastsUs
  const timeUs = endOfBanUs(found[2]!, context, beganUs) ?? null
  const event: BanEvent = { ...finding, timeUs }
  if (endsUs === undefined) return event
  // Or it is the end that lies in that hour.
  return { ...event, endsUs: endsUs === null || timeUs === null || timeUs === beganUs ? endsUs : timeUs + lastsUs }
}

const open = (context: BanContext): BanLines => {
  let jail = ''
  return {
    read(line): LineReading {
      const status = STATUS.exec(line)
      if (status !== null) {
        jail = status[1]!
        return null
      }
      const banned = BANNED_LIST.exec(line)
      if (banned !== null) return entries(banned[1]!, jail)
      if (ALL_JAILS.test(line)) return ofAllJails(line)
      if (STATUS_TREE.test(line) || line.trim() === '') return null
      return readBanWithTime(line, jail, context) ?? entries(line, jail)
    },
  }
}

export const fail2banWords: BanFormat = {
  name: 'fail2ban-client',
  help: 'what fail2ban-client prints: status JAIL, banned, get JAIL banip, with --with-time, too',
  recognizes(lines) {
    const first = lines.find((line) => line.trim() !== '') ?? ''
    return STATUS.test(first) || /^Status\s*$/.test(first) || ALL_JAILS.test(first) || WITH_TIME.test(first)
  },
  open,
}
