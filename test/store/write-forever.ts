/** A child process for crash.test.ts: appends batches without end and tells after each how many are committed. */

import { writeSync } from 'node:fs'
import { makeReplyBatch, REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import { openStore } from '../../src/store/store.ts'

const [path = ''] = process.argv.slice(2)
const store = openStore(path, { mode: 'write' })
const runId = store.beginRun({ command: 'test', arguments: [], startedUs: 0 })
const batch = makeReplyBatch(1000)
batch.count = 1000
batch.flags.fill(REPLY_SUCCESS)
for (let number = 0; number < 5000; number += 1) {
  for (let i = 0; i < 1000; i += 1) {
    batch.address[i] = number * 1000 + i
    batch.target[i] = number * 1000 + i
  }
  store.appendReplies(runId, batch)
  writeSync(1, `${number + 1}\n`)
}
