/**
 * Options that are understood and whose work is not connected to the scanner yet: a scan refuses them by name rather than
 * do less than it was asked to. Whoever connects one takes its line out.
 */

import { InterplotError } from '../core/errors.ts'

export interface UnwiredOptions {
  maxRuntime?: number
  maxResults?: number
  retries?: number
  batch?: number
  cores?: readonly number[]
  maxSendtoFailures?: number
  minHitrate?: number
  listOfIpsFile?: string
  sourceMac?: string
  iplayer?: boolean
}

const UNWIRED = [
  ['maxRuntime', '--max-runtime'],
  ['maxResults', '--max-results'],
  ['retries', '--retries'],
  ['batch', '--batch'],
  ['cores', '--cores'],
  ['maxSendtoFailures', '--max-sendto-failures'],
  ['minHitrate', '--min-hitrate'],
  ['listOfIpsFile', '--list-of-ips-file'],
  ['sourceMac', '--source-mac'],
  ['iplayer', '--iplayer'],
] as const satisfies readonly (readonly [keyof UnwiredOptions, string])[]

/** What a dry run has no use for, or does itself. */
const FINE_IN_DRY_RUNS: ReadonlySet<string> = new Set([
  '--max-runtime',
  '--max-results',
  '--retries',
  '--batch',
  '--cores',
  '--max-sendto-failures',
  '--min-hitrate',
  '--source-mac',
  '--iplayer',
])

/** @throws InterplotError ERR_USAGE for the first that was given. */
export const refuseUnwired = (options: UnwiredOptions, isDryRun: boolean): void => {
  for (const [name, flag] of UNWIRED) {
    if (options[name] === undefined || (isDryRun && FINE_IN_DRY_RUNS.has(flag))) continue
    throw new InterplotError('ERR_USAGE', `${flag} is understood, but this version cannot do it yet`, {
      advice: 'Leave it out.',
    })
  }
}
