/** What a geolocation provider is: something that is asked about many addresses and answers in batches. */

import type { Ipv6 } from '../../core/ip.ts'
import type { LocatedBatch } from '../../core/located-batch.ts'
import type { ProgressSink } from '../../core/progress.ts'
import type { Described } from '../../core/registry.ts'
import type { OnlineOptions } from '../online/online-options.ts'
import type { Overlay } from '../overlay.ts'

export interface AddressLists {
  /** Ascending, distinct. */
  ipv4: Uint32Array
  ipv6: readonly Ipv6[]
}

export interface ProviderOptions {
  /** Database files that the person names, first precedence first; none: those installed. */
  databases?: readonly string[]
  /** Where databases are installed; the person's data folder unless said. */
  dataFolder?: string
  /** The person's own networks, which go before anything that a database or a server says. */
  overlay?: Overlay
  /** For providers that ask a server. */
  online?: OnlineOptions
}

/** What was asked of a server so far, for the person. */
export interface LookupReport {
  /** Addresses sent, repetitions included. */
  readonly sent: number
  /** Addresses that stay not looked up, by reason: `timeout`, `not JSON`, `another address`, … */
  readonly failures: ReadonlyMap<string, number>
}

export interface OpenProvider {
  /** What the store notes beside a place. */
  readonly name: string
  /** The databases in short, joined by `+`: what a table says of where its places come from. */
  readonly source: string
  /** What a map made with these places has to say. */
  readonly attributions: readonly string[]
  /**
   * Addresses in ascending order, IPv4 before IPv6, each in one batch at most with its place or without one. An address for
   * which a server gave no valid answer is in none: it stays not looked up. A batch may be empty, a chance to stop.
   * @throws InterplotError when the work cannot go on (ERR_GEO_KEY, ERR_GEO_QUOTA, ERR_GEO_PLAN, ERR_GEO_BUDGET,
   *   ERR_GEO_PROVIDER), after all that was found before has been handed out.
   */
  locateMany(addresses: AddressLists, progress?: ProgressSink): AsyncIterable<LocatedBatch>
  /** Absent where nothing is asked of a server. */
  report?(): LookupReport
}

export interface GeoProvider extends Described {
  /** What it needs before it works, in a sentence for people; '' for nothing. */
  readonly needs: string
  /** Where addresses are sent to; absent when they stay on this machine. */
  readonly sendsTo?: string
  /** @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_INPUT_FILE, ERR_GEO_KEY, ERR_USAGE */
  open(options: ProviderOptions): Promise<OpenProvider>
}
