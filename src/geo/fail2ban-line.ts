/**
 * Addresses out of what fail2ban says: the answers of `fail2ban-client status JAIL`, `get JAIL banip` and `banned`, and its log
 * (lines like `2026-01-02 03:04:05,678 fail2ban.actions [812]: NOTICE [sshd] Ban 192.0.2.1`, through syslog too).
 */

import { type IpAddress, parseIp } from '../core/ip.ts'

/** Addresses, and the reason for each word that should be one. */
type Found = readonly (IpAddress | string)[]

const LOG_LINE = /\bfail2ban\.\w+\s*\[\d+\]:/
/** What bans or counts an address; "Unban" and "already banned" repeat one. */
const LOG_ADDRESS = /\[[^\]]+\]\s+(?:(?:Restore|Increase) )?(?:Ban|Found) (\S+)/
const STATUS_LINE = /^(?:Status\b|[|`]|-)/
const BANNED_LIST = /\bBanned IP list:(.*)$/
/** `[{'sshd': ['192.0.2.1']}]`, all jails. */
const ALL_JAILS = /^\[?\{'/

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

const addressesIn = (text: string): Found => words(text).map((word) => parseIp(word) ?? 'not an IP address')

/** Whether an input that begins with this line is fail2ban's. */
export const isFail2banLine = (line: string): boolean => {
  if (/^Status for the jail:/.test(line) || LOG_LINE.test(line) || ALL_JAILS.test(line)) return true
  const listed = line.split(/\s+/)
  return listed.length > 1 && listed.every((word) => parseIp(word) !== null)
}

/** Null for lines that need not hold any address. */
export const parseFail2ban = (line: string): Found | null | string => {
  const banned = BANNED_LIST.exec(line)
  if (banned !== null) return addressesIn(banned[1]!)
  if (LOG_LINE.test(line)) {
    const found = LOG_ADDRESS.exec(line)
    return found === null ? null : addressesIn(found[1]!)
  }
  if (STATUS_LINE.test(line)) return null
  if (ALL_JAILS.test(line)) return addressesIn(line.replaceAll(/'[^']*':/g, '').replaceAll(/[[\]{}']/g, ' '))
  // `banip`, and `banip --with-time`, which has a time after each.
  const [first, ...rest] = words(line)
  const address = parseIp(first ?? '')
  if (address === null) return 'not an IP address'
  return [address, ...rest.flatMap((word) => parseIp(word) ?? [])]
}
