/**
 * How many bans an import was the first to tell of: the rules of migrations/0010-bans.ts once more, over columns, because the view takes
 * half of an import's time for it. A property test holds both together.
 */

import { FACT_KINDS } from './ban-facts.ts'
import type { ColumnReader } from './column-reader.ts'
import { LOG_LAG_US, SAME_US } from './migrations/0010-bans.ts'

const NONE = Number.NEGATIVE_INFINITY
const COLUMNS = 'address, prefix_bits, jail, time_us, kind, coalesce(ends_us, -1), coalesce(last_us, time_us), run'
const IN_ORDER = '(SELECT * FROM ban_facts ORDER BY address, prefix_bits, jail, time_us, kind)'

/** The latest of each kind among the facts before, of one address in a jail. */
interface Before {
  own: number
  log: number
  increased: number
  unban: number
  /** Anything but an unban. */
  any: number
  ends: number
}

const nothing = (): Before => ({ own: NONE, log: NONE, increased: NONE, unban: NONE, any: NONE, ends: NONE })

const begins = (kind: number, timeUs: number, { own, log, increased, unban, any, ends }: Before): boolean => {
  const hasEnded = ends !== NONE && ends < timeUs
  const wasJustTold = timeUs - Math.max(own, log, increased) <= SAME_US
  switch (kind) {
    case FACT_KINDS.unban:
      return false
    case FACT_KINDS.own:
      return !wasJustTold
    case FACT_KINDS.logged:
      if (wasJustTold) return false
      return own === NONE || timeUs - own > LOG_LAG_US || log > own || unban > own || hasEnded
    case FACT_KINDS.restored:
      return any === NONE || hasEnded
    default:
      return any === NONE || unban >= any || hasEnded
  }
}

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || (one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0)

export const countNewBans = (columns: ColumnReader, runs: ReadonlySet<number>): number => {
  let [address, bits, jail]: unknown[] = []
  let before = nothing()
  let [count, firstRun] = [0, Number.NaN]
  columns.visit(COLUMNS, IN_ORDER, [], (...row) => {
    const [ownAddress, ownBits, ownJail, timeUs = 0, kind = 0, endsUs = -1, lastUs = 0, ownRun = 0] = row
    if (jail !== ownJail || bits !== ownBits || !isSame(address, ownAddress)) {
      if (runs.has(firstRun)) count += 1
      firstRun = Number.NaN
      before = nothing()
      ;[address, bits, jail] = [ownAddress, ownBits, ownJail]
    }
    if (begins(kind, timeUs, before)) {
      if (runs.has(firstRun)) count += 1
      firstRun = ownRun
    } else if (kind !== FACT_KINDS.unban && ownRun < firstRun) firstRun = ownRun
    if (kind === FACT_KINDS.unban) before.unban = timeUs
    else before.any = Math.max(before.any, lastUs)
    if (kind === FACT_KINDS.own) before.own = timeUs
    if (kind === FACT_KINDS.logged) before.log = timeUs
    if (kind === FACT_KINDS.increased) before.increased = timeUs
    if (endsUs !== -1 && endsUs > before.ends) before.ends = endsUs
  })
  return runs.has(firstRun) ? count + 1 : count
}
