/**
 * The distinct addresses of everything in the file. Reading and sorting them takes most of the time of "what is to be
 * looked up" and of "how many of each", so that they are kept until somebody writes observations, hops, bans or connections: through this
 * connection, which says so, or another, which changes `PRAGMA data_version` (sqlite.org/pragma.html).
 */

import type Database from 'better-sqlite3'
import { type Ipv6, ipv6FromBytes } from '../core/ip.ts'
import { type ColumnReader, sortDistinct } from './column-reader.ts'

export interface DistinctAddresses {
  /** Ascending. Shared: not to be written to. */
  readonly ipv4: Uint32Array
  /** Ascending. */
  readonly ipv6: readonly Ipv6[]
}

export interface DistinctAddressReader {
  read(): DistinctAddresses
  /** For when observations, hops, bans or connections were written through this connection. */
  forget(): void
}

/** Tables with addresses beside the observations; of connections, the remote ends. */
const FURTHER = [
  ['hops', 'address'],
  ['ban_facts', 'address'],
  ['ban_attempts', 'address'],
  ['connections', 'remote'],
] as const

const readIpv6 = (database: Database.Database): Ipv6[] => {
  const rows = database
    .prepare(
      `SELECT address FROM observations WHERE typeof(address) = 'blob'
       UNION SELECT address FROM hops WHERE typeof(address) = 'blob'
       UNION SELECT address FROM ban_facts WHERE typeof(address) = 'blob'
       UNION SELECT address FROM ban_attempts WHERE typeof(address) = 'blob'
       UNION SELECT remote FROM connections WHERE typeof(remote) = 'blob'`,
    )
    .pluck()
    .all() as Uint8Array[]
  return rows.map((blob) => ipv6FromBytes(blob))
}

const readAll = (database: Database.Database, columns: ColumnReader): DistinctAddresses => {
  const observed = columns.readIntegers('address', 'observations')
  let others = observed.others
  let ipv4 = sortDistinct(observed.values)
  for (const [table, column] of FURTHER) {
    const { values, others: more } = columns.readIntegers(column, table)
    others += more
    if (values.length === 0) continue
    const further = sortDistinct(values)
    const both = new Uint32Array(ipv4.length + further.length)
    both.set(ipv4)
    both.set(further, ipv4.length)
    ipv4 = sortDistinct(both)
  }
  return { ipv4, ipv6: others === 0 ? [] : readIpv6(database) }
}

export const makeDistinctAddressReader = (
  database: Database.Database,
  columns: ColumnReader,
): DistinctAddressReader => {
  let known: DistinctAddresses | null = null
  let knownVersion = -1
  return {
    read() {
      const version = Number(database.pragma('data_version', { simple: true }))
      if (known === null || version !== knownVersion) known = readAll(database, columns)
      knownVersion = version
      return known
    },
    forget() {
      known = null
    },
  }
}
