/** Results files of any size for benchmarks: distinct addresses, all located, made by the store's own writers, observations in random order. */

import type { Place } from '../src/core/place.ts'
import { type RandomStream, randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { openStore, type Store } from '../src/store/store.ts'

const PLACES = 200_000
const ROWS_PER_BATCH = 10_000
const STARTED_US = 1_700_000_000_000_000

/** Ascending, distinct, all over the address space. */
const makeAddresses = (count: number, random: RandomStream): Uint32Array => {
  const addresses = new Uint32Array(count)
  const step = (223 * 2 ** 24) / count
  for (let i = 0; i < count; i += 1) addresses[i] = 2 ** 24 + Math.floor((i + random.nextFloat()) * step)
  return addresses
}

const shuffled = (values: Uint32Array, random: RandomStream): Uint32Array => {
  const copy = values.slice()
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = random.nextBelow(i + 1)
    const value = copy[i]!
    copy[i] = copy[j]!
    copy[j] = value
  }
  return copy
}

const fillObservations = (store: Store, addresses: Uint32Array, random: RandomStream): void => {
  const runId = store.beginRun({ command: 'bench', arguments: [], module: 'tcp-syn', startedUs: STARTED_US })
  const batch = makeReplyBatch(ROWS_PER_BATCH)
  batch.port.fill(443)
  batch.classification.fill(1)
  batch.flags.fill(REPLY_SUCCESS)
  batch.tcpFlags.fill(18)
  for (let from = 0; from < addresses.length; from += ROWS_PER_BATCH) {
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
  store.finishRun(runId, { finishedUs: STARTED_US + addresses.length * 10, outcome: 'done', summary: {} })
}

/** Neighbours are often at the same place, and some places have far more addresses than others. */
const fillLocations = (store: Store, addresses: Uint32Array, random: RandomStream): void => {
  const places: Place[] = Array.from({ length: PLACES }, (_, i) => ({
    latitude: Math.round(random.nextFloat() * 13e6 - 55e5) / 1e5,
    longitude: Math.round(random.nextFloat() * 36e6 - 18e6) / 1e5,
    country: 'Germany',
    countryCode: 'DE',
    city: `City ${i}`,
  }))
  const placeIndex = new Int32Array(addresses.length)
  let place = 0
  for (let i = 0; i < addresses.length; i += 1) {
    if (random.nextBelow(4) === 0) place = Math.floor(random.nextFloat() ** 2 * PLACES)
    placeIndex[i] = place
  }
  store.putPlaces('bench', { addresses, placeIndex, places })
}

export const makeLocatedFile = (path: string, count: number): void => {
  const random = randomStream('bench', 'points')
  const addresses = makeAddresses(count, random)
  const store = openStore(path, { mode: 'write' })
  fillObservations(store, shuffled(addresses, random), random)
  fillLocations(store, addresses, random)
  store.close()
}
