/**
 * The connections of this machine as its kernel lists them (Linux), with the processes that have them: no capture, no privilege. Bytes, packets and round trips are known of TCP
 * alone, where the kernel tells them (link/socket-traffic.ts); of all else they are 0. What begins and ends between two polls is not seen, but for TCP connections that this end
 * closed first: the kernel remembers them for a minute, as `closed`.
 */

import { readFileSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import type { Connection, Initiator } from '../../core/connection.ts'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'
import { listTcpTraffic, type TcpTraffic } from '../../link/socket-traffic.ts'
import { IP_PROTOCOL } from '../../wire/ipv4.ts'
import { type ConnectionPoll, makeConnectionLedger } from '../connection-ledger.ts'
import { readSocketRows, type SocketRow } from './socket-lines.ts'
import { makeSocketOwners } from './socket-owners.ts'

const TABLES: readonly (readonly [file: string, protocol: number])[] = [
  ['tcp', IP_PROTOCOL.tcp],
  ['tcp6', IP_PROTOCOL.tcp],
  ['udp', IP_PROTOCOL.udp],
  ['udp6', IP_PROTOCOL.udp],
  ['icmp', IP_PROTOCOL.icmp],
  ['icmp6', IP_PROTOCOL.ipv6Icmp],
]
const CAPACITY = 1_000_000
const NO_TRAFFIC = { packetsOut: 0, bytesOut: 0, packetsIn: 0, bytesIn: 0, rttUs: null }

export interface SocketTable {
  /** @throws InterplotError ERR_LINK_UNAVAILABLE when there is no such table. */
  poll(): ConnectionPoll
  /** What the person should know about the last poll, each a sentence. */
  notes(): string[]
  /** Lines of the tables that could not be read, since the beginning. */
  readonly malformed: number
}

export interface SocketTableOptions {
  clock: Pick<Clock, 'nowUs'>
  /** Where the tables are: `/proc`. Others are read without asking the kernel for traffic. */
  root?: string
}

interface ProtocolRow extends SocketRow {
  protocol: number
}

type Ends = Pick<ProtocolRow, 'local' | 'localPort' | 'remote' | 'remotePort'>

const keyOf = (protocol: number, { local, localPort, remote, remotePort }: Ends): string =>
  `${typeof local} ${protocol} ${local}:${localPort} ${remote}:${remotePort}`

const readTable = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // A kernel without IPv6 has no such tables.
    if (systemErrorCode(error) === 'ENOENT') return null
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `the table of sockets ${path} cannot be read`, { cause: error })
  }
}

const readRows = (root: string): { rows: ProtocolRow[]; malformed: number } => {
  const all: ProtocolRow[] = []
  let malformed = 0
  let tables = 0
  for (const [file, protocol] of TABLES) {
    const text = readTable(`${root}/net/${file}`)
    if (text === null) continue
    tables += 1
    const found = readSocketRows(text)
    malformed += found.malformed
    for (const row of found.rows) all.push({ ...row, protocol })
  }
  if (tables === 0) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `there is no table of sockets in ${root}/net`, {
      advice: 'This source needs Linux with /proc.',
    })
  }
  return { rows: all, malformed }
}

const isConnected = (row: ProtocolRow): boolean =>
  BigInt(row.remote) !== 0n && !(row.protocol === IP_PROTOCOL.tcp && row.tcpState === 'listen')

/** Who connects to a port on which somebody listens began; otherwise we did. Of other protocols nobody knows. */
const initiatorOf = (row: ProtocolRow, listening: ReadonlySet<number>): Initiator => {
  if (row.protocol !== IP_PROTOCOL.tcp) return 'unknown'
  if (row.tcpState === 'syn-sent') return 'local'
  return row.tcpState === 'syn-received' || listening.has(row.localPort) ? 'remote' : 'local'
}

export const makeSocketTable = ({ clock, root = '/proc' }: SocketTableOptions): SocketTable => {
  const ledger = makeConnectionLedger({ capacity: CAPACITY })
  const owners = makeSocketOwners(root)
  const inodes = new Map<string, number>()
  let malformed = 0
  let knowsTraffic = true

  const trafficByKey = (): Map<string, TcpTraffic> => {
    const traffic = root === '/proc' ? listTcpTraffic() : null
    knowsTraffic = traffic !== null
    return new Map((traffic ?? []).map((each) => [keyOf(IP_PROTOCOL.tcp, each), each]))
  }

  /** A connection that is over keeps its last process; the same ends with another socket are another connection. */
  const settleSocket = (key: string, row: ProtocolRow): void => {
    const before = inodes.get(key) ?? 0
    if (before !== 0 && row.inode !== 0 && row.inode !== before) ledger.end(key)
    if (row.inode !== 0) inodes.set(key, row.inode)
  }

  const note = (row: ProtocolRow, traffic: TcpTraffic | undefined, listening: ReadonlySet<number>): void => {
    const key = keyOf(row.protocol, row)
    settleSocket(key, row)
    const known: Connection | undefined = ledger.get(key)
    const counts = traffic ?? known ?? NO_TRAFFIC
    // Sockets of echo requests have an identifier where others have a port.
    const hasPorts = row.protocol === IP_PROTOCOL.tcp || row.protocol === IP_PROTOCOL.udp
    ledger.note(
      key,
      {
        protocol: row.protocol,
        local: row.local,
        localPort: hasPorts ? row.localPort : 0,
        remote: row.remote,
        remotePort: hasPorts ? row.remotePort : 0,
        initiator: known?.initiator ?? initiatorOf(row, listening),
        packetsOut: counts.packetsOut,
        bytesOut: counts.bytesOut,
        packetsIn: counts.packetsIn,
        bytesIn: counts.bytesIn,
        tcpState: row.protocol === IP_PROTOCOL.tcp ? row.tcpState : null,
        rttUs: counts.rttUs,
        name: null,
        nameSource: 'none',
        process: owners.nameOf(row.inode) ?? known?.process ?? null,
        device: null,
      },
      clock.nowUs(),
    )
  }

  return {
    poll() {
      const found = readRows(root)
      malformed += found.malformed
      const listening = new Set<number>()
      for (const row of found.rows) {
        if (row.protocol === IP_PROTOCOL.tcp && row.tcpState === 'listen') listening.add(row.localPort)
      }
      const rows = found.rows.filter(isConnected)
      owners.refresh(new Set(rows.map(({ inode }) => inode).filter((inode) => inode !== 0)))
      const traffic = trafficByKey()
      for (const row of rows) {
        note(row, row.protocol === IP_PROTOCOL.tcp ? traffic.get(keyOf(row.protocol, row)) : undefined, listening)
      }
      const polled = ledger.sweep()
      for (const key of inodes.keys()) if (ledger.get(key) === undefined) inodes.delete(key)
      return polled
    },
    notes() {
      const notes: string[] = []
      if (!knowsTraffic) notes.push('This kernel does not tell how much its connections carry.')
      if (owners.unreadable > 0) {
        notes.push(`The sockets of ${owners.unreadable} processes may be read by root only: their names are missing.`)
      }
      if (ledger.refused > 0) notes.push(`${ledger.refused} sightings of connections had no room.`)
      return notes
    },
    get malformed() {
      return malformed
    },
  }
}
