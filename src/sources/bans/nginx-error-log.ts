/**
 * nginx' error.log (its ngx_http_access_module, ngx_http_limit_req_module and ngx_http_limit_conn_module): who was forbidden or slowed down.
 *
 *   2026/01/02 03:04:05 [error] 123#123: *45 access forbidden by rule, client: 192.0.2.1, server: …, request: "…"
 *
 * Only messages that hold nothing of a stranger's before `client:` are read, and these from the start of the line. Times are local.
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { BanContext, BanFormat, LineReading } from './contract.ts'
import { wallClockMs } from './wall-clock.ts'

const START = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) \[[a-z]{1,8}\] \d{1,10}#\d{1,10}: /
const REFUSED =
  /^(?:\*\d{1,20} )?(?:access forbidden by rule|limiting requests, excess: \d{1,12}\.\d{1,6} by zone "[^"]{1,255}"|limiting connections by zone "[^"]{1,255}"), client: ([^ ,]{1,64})(?:,|$)/

const read = (line: string, { localTimes }: BanContext): LineReading => {
  const start = START.exec(line)
  if (start === null) return null
  const refused = REFUSED.exec(line.slice(start[0].length, start[0].length + 1024))
  if (refused === null) return null
  const found = parseBannedAddress(refused[1]!)
  if (found === null || found.prefixLength !== undefined) return notAnAddress(refused[1]!)
  const wallMs = wallClockMs(start.slice(1, 7))
  const timeUs = wallMs === null ? null : localTimes.lineMs(wallMs) * 1000
  const event: BanEvent = { act: 'attempt', address: found.address, jail: 'nginx', timeUs }
  return event
}

export const nginxErrorLog: BanFormat = {
  name: 'nginx-error-log',
  help: 'error.log of nginx: access forbidden, limiting requests or connections',
  recognizes: (lines) => lines.some((line) => START.test(line)),
  open: (context) => ({ read: (line) => read(line, context) }),
}
