/**
 * What a map reads of a results file, as a whole process without the drawing: opens a file of so many distinct addresses,
 * all located, asks for the points and ends. The file is made beforehand by the store's own writers, observations in random
 * order. Prints seconds and the largest resident memory.
 *
 * npx tsx bench/points.ts [addresses] [file to make, or to use again when it is there; removed unless it is named]
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from '../src/core/place.ts'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { openStore, type Store } from '../src/store/store.ts'

const ADDRESSES = Number(process.argv[2] ?? 1_000_000)
const PLACES = 200_000
const ROWS_PER_BATCH = 10_000
const STARTED_US = 1_700_000_000_000_000

const random = randomStream('bench', 'points')

/** Ascending, distinct, all over the address space. */
const makeAddresses = (): Uint32Array => {
  const addresses = new Uint32Array(ADDRESSES)
  const step = (223 * 2 ** 24) / ADDRESSES
  for (let i = 0; i < ADDRESSES; i += 1) addresses[i] = 2 ** 24 + Math.floor((i + random.nextFloat()) * step)
  return addresses
}

const shuffled = (values: Uint32Array): Uint32Array => {
  const copy = values.slice()
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = random.nextBelow(i + 1)
    const value = copy[i]!
    copy[i] = copy[j]!
    copy[j] = value
  }
  return copy
}

const fillObservations = (store: Store, addresses: Uint32Array): void => {
  const runId = store.beginRun({ command: 'bench', arguments: [], module: 'tcp-syn', startedUs: STARTED_US })
  const batch = makeReplyBatch(ROWS_PER_BATCH)
  batch.port.fill(443)
  batch.classification.fill(1)
  batch.flags.fill(REPLY_SUCCESS)
  batch.tcpFlags.fill(18)
  for (let from = 0; from < ADDRESSES; from += ROWS_PER_BATCH) {
    const slice = addresses.subarray(from, from + ROWS_PER_BATCH)
    batch.address.set(slice)
    batch.target.set(slice)
    batch.count = slice.length
    for (let i = 0; i < batch.count; i += 1) {
      batch.timeUs[i] = STARTED_US + (from + i) * 10
      batch.rttUs[i] = 5000 + random.nextBelow(295_000)
      batch.ttl[i] = 40 + random.nextBelow(200)
      batch.window[i] = random.nextUint32()
    }
    store.appendReplies(runId, batch)
  }
  store.finishRun(runId, { finishedUs: STARTED_US + ADDRESSES * 10, outcome: 'done', summary: {} })
}

/** Neighbours are often at the same place, and some places have far more addresses than others. */
const fillLocations = (store: Store, addresses: Uint32Array): void => {
  const places: Place[] = Array.from({ length: PLACES }, (_, i) => ({
    latitude: Math.round(random.nextFloat() * 13e6 - 55e5) / 1e5,
    longitude: Math.round(random.nextFloat() * 36e6 - 18e6) / 1e5,
    country: 'Germany',
    countryCode: 'DE',
    city: `City ${i}`,
  }))
  const placeIndex = new Int32Array(ADDRESSES)
  let place = 0
  for (let i = 0; i < ADDRESSES; i += 1) {
    if (random.nextBelow(4) === 0) place = Math.floor(random.nextFloat() ** 2 * PLACES)
    placeIndex[i] = place
  }
  store.putPlaces('bench', { addresses, placeIndex, places })
}

const fill = (path: string): void => {
  const addresses = makeAddresses()
  const store = openStore(path, { mode: 'write' })
  fillObservations(store, shuffled(addresses))
  fillLocations(store, addresses)
  store.close()
}

/** What the measured process does: its figures go to standard output. */
const READ = `
const startMs = performance.now()
const { openStore } = await import(${JSON.stringify(new URL('../src/store/store.ts', import.meta.url).href)})
const store = openStore(process.env.RESULTS_FILE, { mode: 'read' })
const points = await store.points()
store.close()
const located = points.weight.reduce((sum, each) => sum + each, 0)
const places = points.weight.length
process.stdout.write(JSON.stringify({ readSeconds: (performance.now() - startMs) / 1000, located, places,
  residentMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
`

const folder = mkdtempSync(join(tmpdir(), 'interplot-points-'))
const path = process.argv[3] ?? join(folder, 'results.db')
try {
  if (!existsSync(path)) fill(path)
  const startMs = performance.now()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', fileURLToPath(import.meta.resolve('tsx')), '--input-type=module', '--eval', READ],
    { encoding: 'utf8', env: { ...process.env, RESULTS_FILE: path } },
  )
  if (status !== 0) throw new Error(stderr)
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2))
  process.stdout.write(`${JSON.stringify({ addresses: ADDRESSES, seconds, ...JSON.parse(stdout) })}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
