/** Connections of a table that is read again and again: each keeps its number as long as it is there, and is handed out once more when it is gone. */

import type { Connection } from '../core/connection.ts'

/** Objects are the source's own and change with the next poll: read them, or copy them. */
export interface ConnectionPoll {
  /** What exists now, in the order in which it was first seen. */
  open: Connection[]
  /** What has ended since the last poll, as it was last seen; a TCP connection says `closed` or `reset`. Never handed out again. */
  ended: Connection[]
}

/** What a table says; numbers and times of sighting are the ledger's. */
export type Sighting = Omit<Connection, 'id' | 'firstUs' | 'lastUs'> & {
  /** When it began, where the table knows. */
  startUs?: number | null
}

export interface ConnectionLedger {
  /** Notes what the table says of the connection now. @returns null when there is no room for one more. */
  note(key: string | number, sighting: Sighting, nowUs: number): Connection | null
  /** What is noted under the key, if anything. */
  get(key: string | number): Connection | undefined
  /** It is over: `sweep` hands it out as ended. */
  end(key: string | number): void
  /** Whether the last sweep found that it had vanished. */
  hasVanished(key: string | number): boolean
  /** What was not noted since the last sweep has ended. */
  sweep(): ConnectionPoll
  /** Sightings for which there was no room. */
  readonly refused: number
}

interface Entry {
  connection: Connection
  round: number
}

const isOver = ({ tcpState }: Connection): boolean => tcpState === 'closed' || tcpState === 'reset'

/** @param capacity connections that are kept at once. */
export const makeConnectionLedger = ({ capacity }: { capacity: number }): ConnectionLedger => {
  const entries = new Map<string | number, Entry>()
  let vanished = new Set<string | number>()
  let ended: Connection[] = []
  let round = 0
  let lastId = 0
  let refused = 0

  const finish = ({ connection }: Entry): void => {
    if (connection.tcpState !== null && !isOver(connection)) connection.tcpState = 'closed'
    ended.push(connection)
  }

  return {
    note(key, { startUs = null, ...sighting }, nowUs) {
      const known = entries.get(key)
      if (known !== undefined) {
        const { connection } = known
        const moved = sighting.packetsIn !== connection.packetsIn || sighting.packetsOut !== connection.packetsOut
        Object.assign(connection, sighting)
        if (moved) connection.lastUs = nowUs
        known.round = round
        return connection
      }
      if (entries.size >= capacity) {
        refused += 1
        return null
      }
      lastId += 1
      const connection: Connection = { id: lastId, ...sighting, firstUs: startUs ?? nowUs, lastUs: nowUs }
      entries.set(key, { connection, round })
      return connection
    },
    get: (key) => entries.get(key)?.connection,
    end(key) {
      const entry = entries.get(key)
      if (entry === undefined) return
      entries.delete(key)
      finish(entry)
    },
    hasVanished: (key) => vanished.has(key),
    sweep() {
      const open: Connection[] = []
      vanished = new Set()
      for (const [key, entry] of entries) {
        if (entry.round === round) open.push(entry.connection)
        else {
          entries.delete(key)
          vanished.add(key)
          finish(entry)
        }
      }
      const poll = { open, ended }
      ended = []
      round += 1
      return poll
    },
    get refused() {
      return refused
    },
  }
}
