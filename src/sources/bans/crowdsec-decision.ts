/**
 * A decision of CrowdSec (its local API's model Decision): type, scope, value, scenario, and what is left of its duration. Only bans and
 * deletions of bans of addresses and ranges are events; captchas are neither.
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress, quoted } from '../../core/banned-address.ts'
import type { BanContext, LineReading } from './contract.ts'
import { parseDurationUs } from './go-duration.ts'
import { parseIsoUs } from './syslog-line.ts'

export interface Decision {
  type: unknown
  scope: unknown
  value: unknown
  scenario: unknown
  /** `3h59m45.1s`, what is left. */
  duration?: unknown
  /** The end as a date, from versions that say it. */
  until?: unknown
  createdAt?: unknown
  failures?: unknown
}

const JAIL_MAX = 256

const endsUs = ({ until, duration }: Decision, context: BanContext): number | null => {
  const date = typeof until === 'string' ? parseIsoUs(until, context) : null
  if (date !== null) return date
  const left = typeof duration === 'string' ? parseDurationUs(duration) : null
  return left === null ? null : context.nowUs() + left
}

export const readDecision = (decision: Decision, context: BanContext, act: 'ban' | 'unban' = 'ban'): LineReading => {
  if (typeof decision.value !== 'string') return { refused: 'a decision without a value' }
  if (decision.type !== 'ban') return null
  const scope = typeof decision.scope === 'string' ? decision.scope.toLowerCase() : 'ip'
  if (scope !== 'ip' && scope !== 'range') return { refused: `a ban of a ${quoted(scope)}, not of an address` }
  const found = parseBannedAddress(decision.value)
  if (found === null) return notAnAddress(decision.value)
  const jail = typeof decision.scenario === 'string' ? decision.scenario.slice(0, JAIL_MAX) : ''
  const timeUs = typeof decision.createdAt === 'string' ? parseIsoUs(decision.createdAt, context) : null
  const event: BanEvent = { act, ...found, jail, timeUs }
  const ends = endsUs(decision, context)
  if (ends !== null && act === 'ban') event.endsUs = ends
  const failures = Number(decision.failures)
  if (Number.isSafeInteger(failures) && failures > 0) event.failures = failures
  return event
}
