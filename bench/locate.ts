/**
 * Geolocation beside the maxmind package, on one database, in one run:
 *
 *   npx tsx bench/locate.ts DATABASE.mmdb [rates|memory|differential|file] [addresses]
 *
 * `rates` (the default): flattening, opening from the kept index, addresses to places in random and in ascending order, and
 * the package's time for the same; medians of 5, interleaved. `memory`: resident memory with the index open and every
 * address of the random ones looked up; run alone. `differential`: each network of the database, place and prefix, against
 * what the package says (minutes). `file`: addresses of a results file to places in it, step by step.
 */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type CityResponse, Reader } from 'maxmind'
import { formatIp, formatIpv4, type IpAddress, ipv4 } from '../src/core/ip.ts'
import type { LocatedBatch } from '../src/core/located-batch.ts'
import type { Place } from '../src/core/place.ts'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { databaseFromFile } from '../src/geo/database.ts'
import { indexPath, makeIndex, readIndex } from '../src/geo/indexed-database.ts'
import { makeLocator } from '../src/geo/locator.ts'
import type { MmdbMap, MmdbValue } from '../src/geo/mmdb-value.ts'
import { indexSource } from '../src/geo/place-source.ts'
import { mmdb } from '../src/geo/providers/mmdb.ts'
import { placeFromRecord } from '../src/geo/record.ts'
import { openStore } from '../src/store/store.ts'

const [databasePath, mode = 'rates', countText = '10000000'] = process.argv.slice(2)
if (databasePath === undefined) throw new Error('give the path of a database')
const count = Number(countText)
const RUNS = 5
const PEER_SHARE = 0.05
const CHUNK = 65_536

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const seconds = (work: () => void): number => {
  const before = performance.now()
  work()
  return (performance.now() - before) / 1000
}
const perSecond = (addresses: number, took: number): string => `${(addresses / took / 1e6).toFixed(1)} M/s`
const print = (name: string, value: string): boolean => process.stdout.write(`${name.padEnd(44)} ${value}\n`)

const randomAddresses = (): Uint32Array => {
  const random = randomStream('bench', 'locate')
  return Uint32Array.from({ length: count }, () => random.nextUint32())
}

/** Reads the places, so that none of the work can be left out. @returns a sum of latitudes. */
const consume = ({ placeIndex, places }: LocatedBatch): number => {
  let sum = 0
  for (let i = 0; i < placeIndex.length; i += 1) {
    const index = placeIndex[i]!
    if (index >= 0) sum += places[index]!.latitude ?? 0
  }
  return sum
}

const inChunks = (addresses: Uint32Array, locate: (chunk: Uint32Array) => LocatedBatch): number => {
  let sum = 0
  for (let from = 0; from < addresses.length; from += CHUNK)
    sum += consume(locate(addresses.subarray(from, from + CHUNK)))
  return sum
}

const rates = (): void => {
  const fileBytes = statSync(databasePath).size
  rmSync(indexPath(databasePath), { force: true })
  print('flatten and keep', `${seconds(() => makeIndex(databasePath)).toFixed(2)} s`)
  const opened = Array.from({ length: RUNS }, () => seconds(() => indexSource(readIndex(databasePath)!.index)))
  print('open from the kept index', `${(median(opened) * 1000).toFixed(0)} ms`)
  print(
    'index file',
    `${(statSync(indexPath(databasePath)).size / fileBytes).toFixed(2)}× the database's ${fileBytes} bytes`,
  )
  const addresses = randomAddresses()
  const sorted = addresses.slice().sort()
  const locator = makeLocator([databaseFromFile(databasePath)])
  const peer = new Reader<CityResponse & { latitude?: number }>(readFileSync(databasePath))
  const texts = Array.from(addresses.subarray(0, count * PEER_SHARE), formatIpv4)
  const took = { random: [] as number[], sorted: [] as number[], sortedAlone: [] as number[], peer: [] as number[] }
  let [sum, randomSum, sortedSum] = [0, 0, 0]
  for (let run = 0; run <= RUNS; run += 1) {
    const now = {
      random: seconds(() => {
        randomSum = inChunks(addresses, locator.locateIpv4)
      }),
      sorted: seconds(() => {
        sortedSum = inChunks(sorted, locator.locateSorted)
      }),
      sortedAlone: seconds(() => {
        for (let from = 0; from < count; from += CHUNK) locator.locateSorted(sorted.subarray(from, from + CHUNK))
      }),
      peer: seconds(() => {
        for (const text of texts) {
          const record = peer.get(text)
          sum += record?.latitude ?? record?.location?.latitude ?? 0
        }
      }),
    }
    // The first of them warms up: it makes the places.
    if (run === 0) print('first time, random order', perSecond(count, now.random))
    else for (const name of ['random', 'sorted', 'sortedAlone', 'peer'] as const) took[name].push(now[name])
  }
  const peerRate = texts.length / median(took.peer)
  print('maxmind package, random order', perSecond(texts.length, median(took.peer)))
  print(
    'random order',
    `${perSecond(count, median(took.random))}, ${(count / median(took.random) / peerRate).toFixed(1)}× the package`,
  )
  print(
    'ascending order',
    `${perSecond(count, median(took.sorted))}, ${(count / median(took.sorted) / peerRate).toFixed(1)}× the package`,
  )
  print('ascending order, places not read', perSecond(count, median(took.sortedAlone)))
  print('(checksum of the package)', String(Math.round(sum)))
  // The same places, added up in another order.
  if (Math.abs(randomSum - sortedSum) > 1) throw new Error(`places differ by order: ${randomSum}, ${sortedSum}`)
}

const memory = (): void => {
  if (readIndex(databasePath) === null) throw new Error('run rates first: there is no index')
  const addresses = randomAddresses()
  const before = process.memoryUsage().rss
  const locator = makeLocator([databaseFromFile(databasePath)])
  inChunks(addresses, locator.locateIpv4)
  const { rss } = process.memoryUsage()
  const { size } = statSync(databasePath)
  const inFiles = (bytes: number): string =>
    `${(bytes / 1e6).toFixed(0)} MB, ${(bytes / size).toFixed(2)}× the database file`
  print('resident memory that the database takes', inFiles(rss - before))
  print(
    'resident memory of the process',
    `${inFiles(rss)}, of these ${(addresses.byteLength / 1e6).toFixed(0)} MB the addresses`,
  )
}

const decoded = (value: unknown): MmdbValue => {
  if (Array.isArray(value)) return value.map(decoded)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, each]) => [key, decoded(each)])) as MmdbMap
  }
  return value as MmdbValue
}

const differential = (): void => {
  const source = indexSource((readIndex(databasePath) ?? makeIndex(databasePath).stored).index)
  const peer = new Reader<never>(readFileSync(databasePath))
  const wantedFor = new WeakMap<object, Place | null>()
  let networks = 0
  const check = (first: IpAddress, bits: number, number: number): void => {
    networks += 1
    const [record, peerBits] = peer.getWithPrefixLength(formatIp(first)) as [object | null, number]
    let wanted: Place | null = null
    if (record !== null) {
      if (!wantedFor.has(record)) wantedFor.set(record, placeFromRecord(decoded(record) as MmdbMap))
      wanted = wantedFor.get(record) ?? null
    }
    if (bits !== peerBits || !isDeepStrictEqual(source.place(number), wanted)) {
      throw new Error(
        `${formatIp(first)}/${bits}: ${JSON.stringify(source.place(number))}, the package: /${peerBits} ${JSON.stringify(wanted)}`,
      )
    }
  }
  source.forEachIpv4((first, bits, number) => check(ipv4(first), bits, number))
  source.forEachIpv6(check)
  print('networks that answer as the package does', `${networks}, all of them`)
}

const file = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
  try {
    const store = openStore(join(folder, 'results.db'), { mode: 'write' })
    const addresses = randomAddresses()
    const runId = store.beginRun({ command: 'bench', arguments: [], startedUs: 0 })
    const batch = makeReplyBatch(Math.ceil(count / 8) * 8)
    batch.count = count
    batch.address.set(addresses)
    batch.target.set(addresses)
    batch.flags.fill(REPLY_SUCCESS)
    store.appendReplies(runId, batch)
    let located = 0
    const before = performance.now()
    const provider = await mmdb.open({ databases: [databasePath] })
    const lists = store.unlocatedAddresses()
    print('addresses out of the file', `${((performance.now() - before) / 1000).toFixed(2)} s`)
    for await (const found of provider.locateMany(lists)) located += store.putPlaces(provider.name, found).located
    print('all of it', `${((performance.now() - before) / 1000).toFixed(2)} s, ${located} of ${count} located`)
    store.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const modes: Record<string, () => void | Promise<void>> = { rates, memory, differential, file }
const run = modes[mode]
if (run === undefined) throw new Error(`${mode} is none of ${Object.keys(modes).join(', ')}`)
await run()
