/**
 * What sshd says of those who do not get in (OpenSSH's auth.c, packet.c, kex.c, sshd.c; since 9.8 said by `sshd-session`, since 10 also by `sshd-auth`).
 * The user name, the client's version and its offers are a stranger's words: the address is taken from sshd's own words at the
 * end of the line, or before the first of a stranger's. Tests forge each of them.
 *
 * Left out, since another line tells of the same failure: PAM's `authentication failure`, `Received disconnect`; and a refused public key
 * of a user that exists, since clients offer all that they have.
 */

import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { Refusal } from './contract.ts'

const PORT = 'port (\\d{1,5})'
/** Words that begin a line → how it goes on up to the address, which is the first group; the port is the second. */
const SHAPES: readonly (readonly [beginning: string, shape: RegExp])[] = [
  ['Failed publickey for invalid user ', new RegExp(` from (\\S+) ${PORT} ssh2(?:: \\S+ \\S+)?$`)],
  ['Failed publickey ', /^$/],
  ['Failed ', new RegExp(` from (\\S+) ${PORT}(?: ssh2)?(?:: \\S+ \\S+)?$`)],
  ['Invalid user ', new RegExp(` from (\\S+)(?: ${PORT})?$`)],
  ['Connection closed by ', new RegExp(` (\\S+) ${PORT} \\[preauth\\]$`)],
  ['Connection reset by ', new RegExp(` (\\S+) ${PORT} \\[preauth\\]$`)],
  ['Disconnected from ', new RegExp(` (\\S+) ${PORT} \\[preauth\\]$`)],
  ['maximum authentication attempts exceeded for ', new RegExp(` from (\\S+) ${PORT}(?: ssh2)?(?: \\[preauth\\])?$`)],
  ['Disconnecting ', new RegExp(` (\\S+) ${PORT}: Too many authentication failures(?: \\[preauth\\])?$`)],
  [
    'banner exchange: Connection from ',
    new RegExp(`^banner exchange: Connection from (\\S+) ${PORT}: (?:invalid format|could not read protocol version)$`),
  ],
  [
    'Did not receive identification string from ',
    new RegExp(`^Did not receive identification string from (\\S+)(?: ${PORT})?$`),
  ],
  ['Bad protocol version identification ', new RegExp(`' from (\\S+)(?: ${PORT})?$`)],
  ['Unable to negotiate with ', new RegExp(`^Unable to negotiate with (\\S+) ${PORT}: no matching `)],
  [
    'User ',
    / from (\S+) not allowed because (?:not listed in AllowUsers|listed in DenyUsers|not in any group|a group is listed in DenyGroups|none of user's groups are listed in AllowGroups)$/,
  ],
]
const SEVERITY = /^(?:error|fatal): (?:PAM: )?/
/** rsyslog's word for the same line again and again. */
const REPEATED = /^message repeated (\d{1,9}) times: \[ (.*)\]$/s

export const isSshd = (tag: string): boolean => tag === 'sshd' || tag === 'sshd-session' || tag === 'sshd-auth'

/** A password or what stands for one: neither a key, of which clients offer many, nor the question what is allowed. */
const PASSWORD = /^Failed (?!none |publickey |hostbased )/

/** What one line tells of a connection that did not get in. */
export interface SshdFailure {
  address: IpAddress
  port: string | null
  /** That failed; 0: another line of the connection. */
  passwords: number
}

const placeIn = (message: string): RegExpExecArray | null => {
  for (const [beginning, shape] of SHAPES) {
    if (message.startsWith(beginning)) return shape.exec(message)
  }
  return null
}

export const readSshdMessage = (line: string): SshdFailure | Refusal | null => {
  const repeated = line.startsWith('message repeated ') ? REPEATED.exec(line) : null
  const message = (repeated?.[2] ?? line).replace(SEVERITY, '')
  const place = placeIn(message)
  if (place?.[1] === undefined) return null
  const found = parseBannedAddress(place[1])
  if (found === null || found.prefixLength !== undefined) return notAnAddress(place[1])
  const passwords = PASSWORD.test(message) ? Number(repeated?.[1] ?? 1) : 0
  return { address: found.address, port: place[2] ?? null, passwords }
}
