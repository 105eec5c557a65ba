/**
 * The results file: `npx tsx bench/store.ts [rows]` (1,000,000 by default). Inserts observations in batches of 10,000,
 * stores a place for every address, and reads the points back; prints one JSON object.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Place } from '../src/core/place.ts'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { openStore } from '../src/store/store.ts'

const ROWS_PER_BATCH = 10_000
const rows = Number(process.argv[2] ?? 1_000_000)
const random = randomStream('bench', 'store')
const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
const figures = new Map<string, number>([['rows', rows]])

const timed = <T>(name: string, work: () => T): T => {
  const before = performance.now()
  const value = work()
  figures.set(`${name}Ms`, Math.round(performance.now() - before))
  return value
}

try {
  const path = join(folder, 'results.db')
  const store = openStore(path, { mode: 'write' })
  const startedUs = 1_700_000_000_000_000
  const runId = store.beginRun({ command: 'bench', arguments: [], startedUs })
  const batches = Array.from({ length: Math.ceil(rows / ROWS_PER_BATCH) }, (_, b) => {
    const batch = makeReplyBatch(ROWS_PER_BATCH)
    batch.count = Math.min(ROWS_PER_BATCH, rows - b * ROWS_PER_BATCH)
    for (let i = 0; i < batch.count; i += 1) {
      batch.timeUs[i] = startedUs + (b * ROWS_PER_BATCH + i) * 10
      batch.target[i] = random.nextUint32()
      batch.address[i] = batch.target[i]!
      batch.rttUs[i] = random.nextBelow(300_000)
      batch.port[i] = 443
      batch.classification[i] = 1
      batch.flags[i] = REPLY_SUCCESS
      batch.ttl[i] = 40 + random.nextBelow(200)
      batch.tcpFlags[i] = 18
      batch.window[i] = random.nextUint32()
    }
    return batch
  })
  timed('append', () => {
    for (const batch of batches) store.appendReplies(runId, batch)
  })
  figures.set('appendPerSecond', Math.round(rows / ((figures.get('appendMs') ?? 0) / 1000)))
  const { ipv4 } = timed('unlocated', () => store.unlocatedAddresses())
  const places: Place[] = Array.from({ length: 100_000 }, (_, i) => ({
    latitude: Math.round(random.nextFloat() * 17e6 - 85e5) / 1e5,
    longitude: Math.round(random.nextFloat() * 36e6 - 18e6) / 1e5,
    country: 'Germany',
    countryCode: 'DE',
    city: `City ${i}`,
  }))
  const placeIndex = Int32Array.from(ipv4, () => random.nextBelow(places.length))
  timed('putPlaces', () => store.putPlaces('bench', { addresses: ipv4, placeIndex, places }))
  timed('locationCounts', () => store.locationCounts())
  const points = timed('points', () => store.points())
  figures.set('pointPlaces', points.weight.length)
  timed('resultsIterated', () => {
    let seen = 0
    for (const _row of store.results()) {
      seen += 1
      if (seen === 100_000) break
    }
  })
  timed('close', () => store.close())
  figures.set('bytesPerRow', Math.round(statSync(path).size / rows))
  process.stdout.write(`${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
