/** How a provider that asks a server is opened; waiting, randomness and environment come from outside. */

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

/** Lets so many milliseconds pass, or fewer when the signal comes. Never rejects. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

export interface OnlineOptions {
  /** Where the server is, unless it is the provider's own. */
  baseUrl?: string
  /** Addresses that may be sent in all, each repetition counted; the provider's default unless said. */
  budget?: number
  environment?: NodeJS.ProcessEnv
  /** Where keys.json is; the person's unless said. */
  configFolder?: string
  /** How waits between tries pass. */
  pause?: Pause
  /** For the jitter of waits. */
  random?: RandomStream
  /** Requests under way at once. */
  concurrency?: number
  timeouts?: Timeouts
}
