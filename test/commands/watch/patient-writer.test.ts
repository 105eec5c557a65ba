import { describe, expect, it } from 'vitest'
import { makePatientWriter } from '../../../src/commands/watch/patient-writer.ts'
import {
  addConnection,
  type ConnectionBatch,
  makeConnectionBatch,
  STILL_OPEN,
} from '../../../src/core/connection-batch.ts'
import { InterplotError } from '../../../src/core/errors.ts'
import { watched } from './live/watched.ts'

const scene = () => {
  const written: number[] = []
  const notes: string[] = []
  const now = { ms: 0, busy: false }
  const writer = makePatientWriter({
    write(batch) {
      if (now.busy) throw new InterplotError('ERR_STORE_BUSY', 'busy', {})
      for (let row = 0; row < batch.count; row += 1) written.push(batch.id[row]!)
    },
    onNote: (line) => notes.push(line),
    nowMs: () => now.ms,
  })
  const batch = makeConnectionBatch(8)
  /** The same batch again and again, as sources do. */
  const put = (...ids: number[]): void => {
    batch.count = 0
    for (const id of ids) addConnection(batch, watched(id), STILL_OPEN)
    writer.put(batch)
  }
  return { written, notes, now, writer, put }
}

describe('a results file that is busy', () => {
  it('gets everything in order when it is free again', () => {
    const { written, notes, now, put } = scene()
    put(1)
    now.busy = true
    put(2, 3)
    now.ms = 1000
    put(4)
    now.busy = false
    now.ms = 2000
    // Not tried again that soon.
    put(5)
    expect(written).toEqual([1])
    now.ms = 6000
    put(6)
    expect(written).toEqual([1, 2, 3, 4, 5, 6])
    expect(notes).toHaveLength(2)
  })

  it('gets it with work that is due, or in the end', () => {
    const { written, now, put, writer } = scene()
    now.busy = true
    put(1)
    expect(writer.attempt(() => written.push(-1))).toBe(false)
    now.busy = false
    now.ms = 6000
    expect(writer.attempt(() => written.push(-1))).toBe(true)
    now.busy = true
    put(2)
    now.busy = false
    writer.finish()
    expect(written).toEqual([1, -1, 2])
  })

  it('is no excuse for another failure, nor in the end', () => {
    const { now, put, writer } = scene()
    now.busy = true
    put(1)
    expect(() => writer.finish()).toThrow('busy')
    now.ms = 6000
    now.busy = false
    expect(() =>
      writer.attempt(() => {
        throw new InterplotError('ERR_DISK_FULL', 'full', {})
      }),
    ).toThrow('full')
  })

  it('loses the oldest when there are too many, and says so', () => {
    const rows = 1 << 18
    const written: number[] = []
    const notes: string[] = []
    let busy = true
    let ms = 0
    const writer = makePatientWriter({
      write(batch: ConnectionBatch) {
        if (busy) throw new InterplotError('ERR_STORE_BUSY', 'busy', {})
        written.push(batch.id[0]!)
      },
      onNote: (line) => notes.push(line),
      nowMs: () => ms,
    })
    const batch = makeConnectionBatch(rows)
    for (let id = 1; id <= 3; id += 1) {
      batch.id[0] = id
      batch.count = rows
      writer.put(batch)
    }
    busy = false
    ms = 6000
    writer.finish()
    expect(written).toEqual([3])
    expect(notes.at(-1)).toContain(String(2 * rows))
  })
})
