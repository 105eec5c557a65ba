/** How a provider that asks a server is opened; time, randomness and environment come from outside. */

import type { Clock } from '../../core/clock.ts'
import type { RandomStream } from '../../core/random.ts'

export interface Timeouts {
  connectMs: number
  /** Until the headers of the answer are there. */
  headersMs: number
  /** Between two pieces of its body. */
  bodyMs: number
  /** For all of it. */
  totalMs: number
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 15_000, bodyMs: 15_000, totalMs: 60_000 }

export interface OnlineOptions {
  /** Where the server is, unless it is the provider's own. */
  baseUrl?: string
  /** Addresses that may be sent in all, each repetition counted; the provider's default unless said. */
  budget?: number
  environment?: NodeJS.ProcessEnv
  /** Where keys.json is; the person's unless said. */
  configFolder?: string
  clock?: Clock
  /** For the jitter of waits. */
  random?: RandomStream
  /** Requests under way at once. */
  concurrency?: number
  timeouts?: Timeouts
}
