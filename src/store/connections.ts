/** Connections into the results file, and those that are too old out of it. */

import type Database from 'better-sqlite3'
import { type ConnectionBatch, localOf, NO_RTT, NOT_TCP, remoteOf } from '../core/connection-batch.ts'
import { addressValue } from './address-value.ts'

const COLUMNS = [
  ...['run', 'id', 'protocol', 'local', 'local_port', 'remote', 'remote_port', 'initiator', 'packets_out', 'bytes_out'],
  ...[
    'packets_in',
    'bytes_in',
    'first_us',
    'last_us',
    'tcp_state',
    'rtt_us',
    'name',
    'name_source',
    'process',
    'device',
  ],
  'ended',
] as const

const UPSERT = `INSERT OR REPLACE INTO connections (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`
/** A time before 1970 is none, and one beyond what SQLite's integers and JavaScript's numbers share neither. */
const timeOf = (us: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(us)))

export interface ConnectionWriter {
  /** Rows 0 … count-1 replace what was known of these connections; committed on return. */
  put(runId: number, batch: ConnectionBatch): void
}

export const makeConnectionWriter = (database: Database.Database): ConnectionWriter => {
  const upsert = database.prepare(UPSERT)
  const put = database.transaction((runId: number, batch: ConnectionBatch): void => {
    for (let row = 0; row < batch.count; row += 1) {
      const rttUs = batch.rttUs[row]!
      const state = batch.tcpState[row]!
      upsert.run(
        runId,
        batch.id[row]!,
        batch.protocol[row]!,
        addressValue(localOf(batch, row)),
        batch.localPort[row]!,
        addressValue(remoteOf(batch, row)),
        batch.remotePort[row]!,
        batch.initiator[row]!,
        batch.packetsOut[row]!,
        batch.bytesOut[row]!,
        batch.packetsIn[row]!,
        batch.bytesIn[row]!,
        timeOf(batch.firstUs[row]!),
        timeOf(batch.lastUs[row]!),
        state === NOT_TCP ? null : state,
        rttUs === NO_RTT ? null : rttUs,
        batch.name[row] ?? null,
        batch.nameSource[row]!,
        batch.process[row] ?? null,
        batch.device[row] ?? null,
        batch.ended[row]!,
      )
    }
  })
  return { put: (runId, batch) => put.immediate(runId, batch) }
}

/** Forgets connections that were last seen before this time. @returns how many. */
export const purgeConnections = (database: Database.Database, beforeUs: number): number =>
  database
    .transaction(() => database.prepare('DELETE FROM connections WHERE last_us < ?').run(timeOf(beforeUs)).changes)
    .immediate()
