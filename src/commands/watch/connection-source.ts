/** Where connections come from: a live capture, a capture file, tables of the kernel. */

import type { ConnectionBatch } from '../../core/connection-batch.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { WatchTotals } from './watch-model.ts'

export interface SourceEvents {
  /** Rows 0 … count-1 are taken during the call; the batch is the source's again afterwards. */
  onBatch(batch: ConnectionBatch): void
  /** The source is done: what comes now is the last of each connection that has not ended. */
  onEnding(): void
  /** Where it stands, a few times a second; `nowUs` is the time of what is watched, since the Unix epoch. */
  onStanding(standing: SourceStanding): void | Promise<void>
  /** What a person has to know: an interface that went down, a file that breaks off. */
  onNote(line: string): void
}

export interface SourceStanding {
  nowUs: number
  totals: Omit<WatchTotals, 'packetsPerS' | 'bytesPerS'>
}

export interface ConnectionSource {
  /** `eth0`, `capture.pcap`, in words for a heading. */
  readonly title: string
  /** What of it is watched, or null where that cannot be chosen. */
  readonly filter: string | null
  /** This machine's own addresses, or none where the source is of another. */
  readonly ownAddresses: readonly IpAddress[]
  /** Goes on until there is nothing more, or `stop` is called. @throws InterplotError */
  run(events: SourceEvents): Promise<void>
  stop(): void
}
