/**
 * Geolocation: `npx tsx bench/locate.ts DATABASE.mmdb [addresses]` (1,000,000 by default). The whole step over a results
 * file (read addresses, locate, store places), each part alone, and the maxmind package in the same run; prints one JSON
 * object.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import maxmind, { type CityResponse } from 'maxmind'
import { formatIpv4, ipv4 } from '../src/core/ip.ts'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { openMmdb } from '../src/geo/mmdb.ts'
import { mmdb } from '../src/geo/providers/mmdb.ts'
import { openStore } from '../src/store/store.ts'

const [databasePath, countText = '1000000'] = process.argv.slice(2)
if (databasePath === undefined) throw new Error('give the path of a database')
const count = Number(countText)
const random = randomStream('bench', 'locate')
const addresses = Uint32Array.from({ length: count }, () => random.nextUint32())
const sorted = addresses.slice().sort()
const figures = new Map<string, number>([['addresses', count]])
const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))

const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
  const before = performance.now()
  const value = await work()
  figures.set(name, Math.round(performance.now() - before))
  return value
}

try {
  const store = openStore(join(folder, 'results.db'), { mode: 'write' })
  const runId = store.beginRun({ command: 'bench', arguments: [], startedUs: 0 })
  const batch = makeReplyBatch(Math.ceil(count / 8) * 8)
  batch.count = count
  batch.address.set(addresses)
  batch.target.set(addresses)
  batch.flags.fill(REPLY_SUCCESS)
  store.appendReplies(runId, batch)

  let located = 0
  await timed('wholeStepMs', async () => {
    const provider = await mmdb.open({ databases: [databasePath] })
    for await (const found of provider.locateMany(store.unlocatedAddresses())) {
      located += store.putPlaces(provider.name, found).located
    }
  })
  figures.set('located', located)
  const points = await timed('pointsMs', () => store.points())
  figures.set('pointPlaces', points.weight.length)
  store.close()

  const reader = await timed('openMs', () => openMmdb(databasePath))
  await timed('findSortedMs', () => reader.findSorted(sorted, new Int32Array(count)))
  await timed('findRandomMs', () => {
    for (const address of addresses) reader.find(ipv4(address))
  })
  const peer = await maxmind.open<CityResponse>(databasePath)
  await timed('maxmindSortedMs', () => {
    for (const address of sorted) peer.get(formatIpv4(address))
  })
  process.stdout.write(`${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
