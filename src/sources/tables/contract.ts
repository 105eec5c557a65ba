/** Tables of connections that the kernel keeps anyway: read again and again, no packet is looked at. */

import type { Clock } from '../../core/clock.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { Described } from '../../core/registry.ts'
import type { ConnectionPoll } from '../connection-ledger.ts'

export interface ConnectionTable {
  /** @throws InterplotError when the kernel does not tell. */
  poll(): ConnectionPoll
  /** What the person should know of the last poll, each a sentence. */
  notes(): string[]
  /** Lines that could not be read, since the beginning. */
  readonly malformed?: number
  close?(): void
}

export interface TableOptions {
  clock: Pick<Clock, 'nowUs'>
  /** Addresses of this side. */
  isLocal(address: IpAddress): boolean
}

export interface TableKind extends Described {
  /** What it takes: "root", "nothing". */
  readonly needs: string
  /** For headings. */
  readonly title: string
  /** It has connections that only pass this machine, too. */
  readonly hasForwarded: boolean
  /** It goes by networks to tell which end is the local one. */
  readonly asksForNetworks: boolean
  /** @throws InterplotError with what to do where there is no such table. */
  open(options: TableOptions): ConnectionTable
}
