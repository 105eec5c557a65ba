import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { CLASSIFICATIONS, makeReplyBatch } from '../../src/core/reply-batch.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('reply-writer')

describe('reply writer', () => {
  it('keeps what UDP answers say, and no TCP options, whatever the classification', () => {
    const path = join(folder, 'results.db')
    const batch = makeReplyBatch(8, 16)
    const kinds = ['syn-ack', 'dns', 'quic', 'rst'] as const
    for (const [row, kind] of kinds.entries()) {
      batch.classification[row] = CLASSIFICATIONS.indexOf(kind)
      batch.tcpFlags[row] = kind === 'syn-ack' ? 0x12 : kind === 'rst' ? 4 : 0
      batch.target[row] = row
      batch.address[row] = row
      batch.heap.fill(row + 1, row * 4, row * 4 + 4)
      batch.dataOffset[row] = row * 4
      batch.dataLength[row] = 4
    }
    batch.count = kinds.length
    const store = openStore(path, { mode: 'write', create: true })
    store.appendReplies(store.beginRun({ command: 'scan', arguments: [], startedUs: 0 }), batch)
    store.close()
    const database = new Database(path, { readonly: true })
    const rows = database.prepare('SELECT classification, data FROM results ORDER BY saddr').raw().all()
    database.close()
    expect(rows).toEqual([
      ['syn-ack', null],
      ['dns', '02020202'],
      ['quic', '03030303'],
      ['rst', null],
    ])
  })
})
