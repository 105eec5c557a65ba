/** Options of `trace` that cannot stand together, or would do nothing: said before any work. */

import { InterplotError } from '../../core/errors.ts'
import { DEFAULT_FLIGHT } from '../../probe/trace/flight.ts'
import type { TraceOptions } from './trace-options.ts'
import { checkRounds, type Rounds } from './trace-rounds.ts'

/** Null for a single round. */
export const roundsOf = ({ every, jitter = 0, rounds }: TraceOptions): Rounds | null =>
  every === undefined ? null : { everyUs: every, jitterUs: jitter, most: rounds }

/** @throws InterplotError ERR_USAGE */
export const checkTraceOptions = (options: TraceOptions): void => {
  const { firstTtl = DEFAULT_FLIGHT.firstTtl, maxTtl = DEFAULT_FLIGHT.maxTtl, ipv4, ipv6 } = options
  if (ipv4 === true && ipv6 === true) {
    throw new InterplotError('ERR_USAGE', '-4 and -6 exclude each other', { advice: 'Leave both out for either.' })
  }
  const { jitter, rounds: most, db, exitCodeOnChange, webhook } = options
  const rounds = roundsOf(options)
  if (rounds === null && (jitter !== undefined || most !== undefined)) {
    throw new InterplotError('ERR_USAGE', '--jitter and --rounds go with --every', { advice: 'Like --every 1h.' })
  }
  if (rounds !== null) checkRounds(rounds)
  if (db === false && (exitCodeOnChange === true || webhook !== undefined)) {
    throw new InterplotError('ERR_USAGE', 'the last trace is in the results file, and --no-db keeps none', {
      advice: 'Leave --no-db out.',
    })
  }
  if (firstTtl > maxTtl) {
    throw new InterplotError('ERR_USAGE', `the first TTL, ${firstTtl}, is beyond the last, ${maxTtl}`, {
      advice: 'Lower --first-ttl or raise --max-ttl.',
    })
  }
}
