/** What a geolocation provider is: something that is asked about many addresses and answers in batches. */

import type { Ipv6 } from '../../core/ip.ts'
import type { LocatedBatch } from '../../core/located-batch.ts'
import type { ProgressSink } from '../../core/progress.ts'
import type { Described } from '../../core/registry.ts'

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
}

export interface OpenProvider {
  /** What the store notes beside a place. */
  readonly name: string
  /** The databases in short, joined by `+`: what a table says of where its places come from. */
  readonly source: string
  /** What a map made with these places has to say. */
  readonly attributions: readonly string[]
  /** Every address appears in exactly one batch, with its place or without one. */
  locateMany(addresses: AddressLists, progress?: ProgressSink): AsyncIterable<LocatedBatch>
}

export interface GeoProvider extends Described {
  /** What it needs before it works, in a sentence for people; '' for nothing. */
  readonly needs: string
  /** @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_INPUT_FILE */
  open(options: ProviderOptions): Promise<OpenProvider>
}
