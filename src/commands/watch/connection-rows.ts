/** Connections on standard output, as they come: a line for each new one, or an object for each that is over. */

import { once } from 'node:events'
import { type ConnectionBatch, connectionOf, STILL_OPEN } from '../../core/connection-batch.ts'
import type { AddressPlaces } from '../address-places.ts'
import { connectionJson, connectionLine } from './connection-lines.ts'

export interface ConnectionRows {
  take(batch: ConnectionBatch): void
  /** From now on a row is the last of its connection, whether that has ended or not. */
  end(): void
  /** When whoever reads them has caught up. */
  drained(): Promise<void>
}

/** Lines that are written at once. */
const LINES_AT_ONCE = 1024

export const makeConnectionRows = (form: 'json' | 'lines', places: AddressPlaces): ConnectionRows => {
  /** That have their line, and are not over. */
  const announced = new Set<number>()
  let isEnding = false
  let isGone = false
  process.stdout.once('error', () => {
    isGone = true
  })
  let waiting: string[] = []
  const flush = (): void => {
    if (waiting.length > 0) process.stdout.write(`${waiting.join('\n')}\n`)
    waiting = []
  }
  const isWanted = (id: number, isOver: boolean): boolean => {
    if (form === 'json') return isOver || isEnding
    const isNew = !announced.has(id)
    if (isOver) announced.delete(id)
    else announced.add(id)
    return isNew
  }
  return {
    take(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        if (!isWanted(batch.id[row]!, batch.ended[row] !== STILL_OPEN)) continue
        const connection = connectionOf(batch, row)
        const located = { ...connection, place: places.place(connection.remote) }
        waiting.push(form === 'json' ? JSON.stringify(connectionJson(located)) : connectionLine(located))
        if (waiting.length >= LINES_AT_ONCE) flush()
      }
      flush()
    },
    end() {
      isEnding = true
    },
    async drained() {
      // A reader that has gone does not catch up, and that is no failure (main.ts).
      if (!isGone && process.stdout.writableNeedDrain) await once(process.stdout, 'drain').catch(() => undefined)
    },
  }
}
