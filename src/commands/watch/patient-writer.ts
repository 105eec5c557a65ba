/**
 * Connections into a results file that another program may be writing to for longer than anybody waits in one go: what finds it busy is kept
 * and goes in first when it is free again. Watching goes on meanwhile.
 */

import { type ConnectionBatch, connectionBatchFrom, connectionBatchMessage } from '../../core/connection-batch.ts'
import { InterplotError } from '../../core/errors.ts'

/** Rows that wait at most, about 150 bytes each; of more, the oldest are lost: later rows of the same connections replace them. */
const MOST_ROWS = 500_000
/** Each try stands still for as long as the store waits for others. */
const AGAIN_MS = 5000

export interface PatientWriter {
  put(batch: ConnectionBatch): void
  /** Does work on the file that may as well be done later. @returns whether it was done. */
  attempt(work: () => void): boolean
  /** What waits still, now or never. @throws InterplotError ERR_STORE_BUSY */
  finish(): void
}

export interface PatientWriterOptions {
  write(batch: ConnectionBatch): void
  onNote(line: string): void
  nowMs(): number
}

const isBusy = (error: unknown): boolean => error instanceof InterplotError && error.code === 'ERR_STORE_BUSY'

/** Of the rows alone: the source fills its batch again. */
const copyOf = (batch: ConnectionBatch): ConnectionBatch => {
  const { buffer, name, process, device, ...rest } = connectionBatchMessage(batch)
  return connectionBatchFrom({
    ...{ ...rest, buffer: buffer.slice(0) },
    ...{ name: [...name], process: [...process], device: [...device] },
  })
}

export const makePatientWriter = ({ write, onNote, nowMs }: PatientWriterOptions): PatientWriter => {
  let waiting: ConnectionBatch[] = []
  let waitingRows = 0
  let lostRows = 0
  let againMs = Number.NEGATIVE_INFINITY
  let wasBusy = false

  const attempt = (work: () => void): boolean => {
    if (nowMs() < againMs) return false
    try {
      work()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (!wasBusy) onNote('Another program is writing to the results file: what is seen is kept until it has finished')
      wasBusy = true
      againMs = nowMs() + AGAIN_MS
      return false
    }
    return true
  }

  const writeWaiting = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      write(first)
      waiting.shift()
      waitingRows -= first.count
    }
    if (lostRows > 0) onNote(`${lostRows} changes of connections found no room while the results file was busy`)
    else if (wasBusy) onNote('The results file can be written again, and nothing is missing')
    wasBusy = false
    lostRows = 0
  }

  const keep = (batch: ConnectionBatch): void => {
    waiting.push(copyOf(batch))
    waitingRows += batch.count
    while (waitingRows > MOST_ROWS) {
      const count = waiting.shift()?.count ?? waitingRows
      waitingRows -= count
      lostRows += count
    }
  }

  return {
    put(batch) {
      const isDone = attempt(() => {
        if (wasBusy) writeWaiting()
        write(batch)
      })
      if (!isDone) keep(batch)
    },
    attempt: (work) =>
      attempt(() => {
        if (wasBusy) writeWaiting()
        work()
      }),
    finish() {
      if (wasBusy) writeWaiting()
      waiting = []
    },
  }
}
