/**
 * The connections that pass a gateway, from its own table (Linux, CAP_NET_ADMIN): no packet is captured. The table is read at each poll; news in between tell of connections that were
 * there between two polls only, and of the last counts of those that ended. Packets are counted before an interface cuts them up (segmentation offload): fewer than on the wire.
 */

import { existsSync, readFileSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { ConntrackEntry } from '../../link/conntrack-message.ts'
import { type ConntrackEvents, openConntrackEvents, walkConntrack } from '../../link/conntrack-table.ts'
import { type ConnectionPoll, makeConnectionLedger } from '../connection-ledger.ts'
import { readConntrackLine } from './conntrack-line.ts'
import { sightingOf } from './conntrack-sighting.ts'

const CAPACITY = 2_000_000
const TEXT_TABLE = '/proc/net/nf_conntrack'
const ACCOUNTING = '/proc/sys/net/netfilter/nf_conntrack_acct'

export interface ConntrackSource {
  /** @throws InterplotError ERR_LINK_UNAVAILABLE when the kernel no longer tells. */
  poll(): ConnectionPoll
  /** What the person should know, each a sentence. */
  notes(): string[]
  close(): void
}

export interface ConntrackOptions {
  clock: Pick<Clock, 'nowUs'>
  /** Own addresses, and those of the networks behind the gateway. */
  isLocal: (address: IpAddress) => boolean
}

/** The kernel's numbers are 32 bits of a hash; with a port, two entries at once hardly ever have the same. */
const keyOf = ({ kernelId, original, protocol }: ConntrackEntry): string | number =>
  kernelId === null
    ? `${protocol} ${original.source}:${original.sourcePort} ${original.destination}:${original.destinationPort}`
    : kernelId * 65536 + original.sourcePort

/** The last news of a connection do not tell its state in every kernel. */
const keepingState = (entry: ConntrackEntry, known: ConntrackEntry['tcpState']): ConntrackEntry =>
  entry.tcpState === 'unknown' && known !== null ? { ...entry, tcpState: known } : entry

const isCounting = (): boolean | null => {
  try {
    return readFileSync(ACCOUNTING, 'utf8').trim() !== '0'
  } catch {
    // Another form of /proc: nothing is known.
    return null
  }
}

/** The table as text. Lines that are no entries are left out. */
const walkText = (text: string, visit: (entry: ConntrackEntry) => void): void => {
  for (const line of text.split('\n')) {
    const read = readConntrackLine(line)
    if (read !== null) visit(read.entry)
  }
}

const readText = (): string => {
  try {
    return readFileSync(TEXT_TABLE, 'utf8')
  } catch (cause) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'the table of tracked connections can no longer be read', {
      cause,
    })
  }
}

/** News of connections; null where the kernel gives none but has its table as text. */
const tryEvents = (): ConntrackEvents | null => {
  try {
    return openConntrackEvents()
  } catch (error) {
    const other = error instanceof InterplotError && error.code === 'ERR_LINK_UNAVAILABLE'
    if (other && existsSync(TEXT_TABLE)) return null
    throw error
  }
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openConntrack = ({ clock, isLocal }: ConntrackOptions): ConntrackSource => {
  const ledger = makeConnectionLedger({ capacity: CAPACITY })
  const events = tryEvents()
  let lostNews = 0

  const see = (entry: ConntrackEntry): void => {
    ledger.note(keyOf(entry), sightingOf(entry, isLocal), clock.nowUs())
  }

  const hearNews = (): void => {
    const complete = events?.drain((event, entry) => {
      const key = keyOf(entry)
      const known = ledger.get(key)
      if (event === 'destroy') {
        // It was missed in the table, and handed out as ended, before the news of it came.
        if (known === undefined && ledger.hasVanished(key)) return
        see(keepingState(entry, known?.tcpState ?? null))
        ledger.end(key)
        // What the table has said already counts more than the beginning.
      } else if (known === undefined) see(entry)
    })
    if (complete === false) lostNews += 1
  }

  return {
    poll() {
      hearNews()
      if (events === null) walkText(readText(), see)
      else walkConntrack(see)
      hearNews()
      return ledger.sweep()
    },
    notes() {
      const notes: string[] = []
      if (isCounting() === false) {
        notes.push(
          'The kernel does not count bytes and packets of connections: sudo sysctl net.netfilter.nf_conntrack_acct=1 (for those that begin from then on).',
        )
      }
      if (lostNews > 0)
        notes.push(`News of connections came faster than they were read, ${lostNews} times: short ones are missing.`)
      if (ledger.refused > 0) notes.push(`${ledger.refused} sightings of connections had no room.`)
      return notes
    },
    close: () => events?.close(),
  }
}
