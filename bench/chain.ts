/**
 * A million addresses, or as many as said, located with an installed city database and drawn at 4096 × 2048, as whole
 * processes of the built program: through a results file, and through tables. Prints seconds and the largest resident
 * memory of each step. Needs `npm run build` and `interplot geo install`; the first run also flattens the database.
 *
 * npx tsx bench/chain.ts [addresses]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { formatTargetLines } from '../src/output/target-lines.ts'
import { openStore } from '../src/store/store.ts'
import { timeProgram } from './whole-process.ts'

const ADDRESSES = Number(process.argv[2] ?? 1_000_000)

const folder = mkdtempSync(join(tmpdir(), 'interplot-chain-'))
const random = randomStream('chain', 'addresses')
const addresses = Uint32Array.from({ length: ADDRESSES }, () => 2 ** 24 + random.nextBelow(222 * 2 ** 24))

const fillResults = (path: string): void => {
  const store = openStore(path, { mode: 'write', create: true })
  const runId = store.beginRun({ command: 'scan', arguments: [], module: 'icmp-echo', startedUs: 0 })
  for (let from = 0; from < ADDRESSES; from += 8000) {
    const batch = makeReplyBatch(8000)
    const slice = addresses.subarray(from, from + 8000)
    batch.address.set(slice)
    batch.target.set(slice)
    batch.flags.fill(REPLY_SUCCESS)
    batch.count = slice.length
    store.appendReplies(runId, batch)
  }
  store.finishRun(runId, { finishedUs: 1, outcome: 'done', summary: {} })
  store.close()
}

try {
  fillResults(join(folder, 'results.db'))
  writeFileSync(join(folder, 'list.txt'), formatTargetLines(addresses, null))
  const size = ['--size', '4096x2048']
  const file = {
    geolocate: timeProgram(folder, ['geolocate', 'results.db']),
    render: timeProgram(folder, ['render', 'results.db', '-o', 'a.png', ...size]),
  }
  const table = {
    geolocate: timeProgram(folder, ['geolocate', 'list.txt', '-o', 'places.csv']),
    render: timeProgram(folder, ['render', 'places.csv', '-o', 'b.png', ...size]),
  }
  const total = ({ geolocate, render }: typeof file): number => Number((geolocate.seconds + render.seconds).toFixed(2))
  const rows = {
    addresses: ADDRESSES,
    of: 'whole processes',
    resultsFile: { ...file, totalSeconds: total(file) },
    table: { ...table, totalSeconds: total(table) },
  }
  process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
