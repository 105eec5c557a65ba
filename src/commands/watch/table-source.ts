/** The kernel's own tables as a source of connections: sockets with their processes, or a gateway's connection tracking. Asked once a second. */

import type { Connection } from '../../core/connection.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch, STILL_OPEN } from '../../core/connection-batch.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { ConnectionTable } from '../../sources/tables/contract.ts'
import type { ConnectionSource } from './connection-source.ts'

const BATCH_ROWS = 4096
const POLL_MS = 1000

export interface TableSourceOptions {
  title: string
  ownAddresses: readonly IpAddress[]
  open(): ConnectionTable
  /** Connections that are left out. */
  isLeftOut(connection: Connection): boolean
}

/** What a connection carried as of the last poll: what is the same is not handed over again. */
const fingerprint = ({ packetsOut, packetsIn, bytesOut, bytesIn, tcpState, process }: Connection): string =>
  `${packetsOut} ${packetsIn} ${bytesOut} ${bytesIn} ${tcpState} ${process}`

export const tableSource = ({ title, ownAddresses, open, isLeftOut }: TableSourceOptions): ConnectionSource => {
  let stopped = false
  let wake = (): void => undefined
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return {
    ...{ title, filter: null, ownAddresses },
    async run({ onBatch, onEnding, onStanding, onNote }) {
      const table = open()
      const batch = makeConnectionBatch(BATCH_ROWS)
      const told = new Set<string>()
      const known = new Map<number, string>()
      let last: readonly Connection[] = []
      let seen = 0
      let ended = { packets: 0, bytes: 0 }
      const handOver = (): void => {
        if (batch.count > 0) onBatch(batch)
        batch.count = 0
      }
      const add = (connection: Connection, state: number): void => {
        addConnection(batch, connection, state)
        if (batch.count === batch.capacity) handOver()
      }
      const round = async (): Promise<void> => {
        const { open: now, ended: over } = table.poll()
        const shown = now.filter((each) => !isLeftOut(each))
        last = shown
        for (const connection of shown) {
          const print = fingerprint(connection)
          const before = known.get(connection.id)
          if (before === undefined) seen += 1
          if (before === print) continue
          known.set(connection.id, print)
          add(connection, STILL_OPEN)
        }
        for (const connection of over) {
          if (isLeftOut(connection)) continue
          known.delete(connection.id)
          ended = {
            packets: ended.packets + connection.packetsIn + connection.packetsOut,
            bytes: ended.bytes + connection.bytesIn + connection.bytesOut,
          }
          add(connection, HAS_ENDED)
        }
        handOver()
        for (const note of table.notes()) {
          // Numbers in it grow: once is enough.
          const kind = note.replaceAll(/\d+/g, '#')
          if (!told.has(kind)) onNote(note)
          told.add(kind)
        }
        const { packets, bytes } = shown.reduce(
          (sum, each) => ({
            packets: sum.packets + each.packetsIn + each.packetsOut,
            bytes: sum.bytes + each.bytesIn + each.bytesOut,
          }),
          ended,
        )
        await onStanding({
          nowUs: Date.now() * 1000,
          totals: {
            ...{ packets, bytes, seen, flows: shown.length, malformed: table.malformed ?? 0 },
            ...{ evicted: 0, droppedByKernel: null, duplicates: 0, notIp: 0, notKept: 0 },
          },
        })
      }
      try {
        while (!stopped) {
          await round()
          if (!stopped) await pause()
        }
        onEnding()
        for (const connection of last) add(connection, STILL_OPEN)
        handOver()
      } finally {
        table.close?.()
      }
    },
    stop() {
      stopped = true
      wake()
    },
  }
}
