/**
 * A server as a provider. Addresses go in ascending slices, several requests under way at once, and come back in the order in
 * which they were taken. What needs no server is answered here and never leaves: the person's own networks, private and
 * other special-purpose addresses.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { type IpAddress, type Ipv6, ipv4, isIpv4 } from '../../core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../../core/located-batch.ts'
import type { Place } from '../../core/place.ts'
import { type ProgressSink, silentProgress } from '../../core/progress.ts'
import { randomSeed, randomStream } from '../../core/random.ts'
import type { Overlay } from '../overlay.ts'
import type { AddressLists, OpenProvider, ProviderOptions } from '../providers/provider.ts'
import { type Asker, type AskerMemory, makeAsker } from './asking.ts'
import { baseUrlFor } from './base-url.ts'
import { type Budget, makeBudget } from './budget.ts'
import { budgetUsedUp, keyMissing } from './diagnosis.ts'
import { type JsonClient, makeJsonClient } from './json-client.ts'
import { keysPath, readKey } from './key-file.ts'
import { type Knowledge, makeKnowledge } from './knowledge.ts'
import type { OnlineOptions, Pause } from './online-options.ts'
import type { AddressAnswer, OnlineService } from './service.ts'

const CONCURRENCY = 4
/** A slice ends here also when few of its addresses are for the server. */
const SLICE_MAX = 4096
/** The consumer of batches gets a chance to stop at least so often. */
const TICK_MS = 500

const realPause: Pause = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined)

interface Slice {
  addresses: readonly IpAddress[]
  /** Indexes of those that the server is asked for. */
  remote: readonly number[]
}

/** Slices of one family with at most `batchSize` addresses for the server each. */
function* slicesOf(addresses: Iterable<IpAddress>, batchSize: number, knowledge: Knowledge): IterableIterator<Slice> {
  let slice: IpAddress[] = []
  let remote: number[] = []
  for (const address of addresses) {
    if (knowledge.local(address) === undefined) remote.push(slice.length)
    slice.push(address)
    if (remote.length < batchSize && slice.length < SLICE_MAX) continue
    yield { addresses: slice, remote }
    slice = []
    remote = []
  }
  if (slice.length > 0) yield { addresses: slice, remote }
}

const columnOf = (addresses: readonly IpAddress[]): Uint32Array | readonly Ipv6[] =>
  addresses.every(isIpv4) ? Uint32Array.from(addresses) : addresses.filter((each): each is Ipv6 => !isIpv4(each))

/** Distinct places, numbered as they come. */
const makePlaces = (): { places: Place[]; indexOf: (place: Place | null) => number } => {
  const places: Place[] = []
  const indexByText = new Map<string, number>()
  return {
    places,
    indexOf(place) {
      if (place === null) return NO_PLACE
      const text = JSON.stringify(place)
      const known = indexByText.get(text)
      if (known !== undefined) return known
      indexByText.set(text, places.length)
      return places.push(place) - 1
    },
  }
}

interface Lookup {
  service: OnlineService
  client: JsonClient
  budget: Budget
  knowledge: Knowledge
  failures: Map<string, number>
  memory: AskerMemory
  options: OnlineOptions
}

interface Answered {
  batch: LocatedBatch
  taken: number
}

const makeSliceWorker = (lookup: Lookup, asker: Asker): ((slice: Slice) => Promise<Answered>) => {
  const { knowledge, failures } = lookup
  const { places, indexOf } = makePlaces()
  return async ({ addresses, remote }) => {
    const answers = remote.length === 0 ? [] : await asker.ask(remote.map((i) => addresses[i]!))
    const answerAt = new Map<number, AddressAnswer | null>(remote.map((index, i) => [index, answers[i] ?? null]))
    const found: IpAddress[] = []
    const placeIndex: number[] = []
    let taken = 0
    for (const [i, address] of addresses.entries()) {
      const answer = answerAt.get(i)
      if (answer === null) continue
      taken += 1
      if (answer !== undefined && 'failure' in answer) {
        failures.set(answer.failure, (failures.get(answer.failure) ?? 0) + 1)
        continue
      }
      found.push(address)
      placeIndex.push(indexOf(knowledge.complete(address, answer?.place ?? null)))
    }
    return { batch: { addresses: columnOf(found), placeIndex: Int32Array.from(placeIndex), places }, taken }
  }
}

const EMPTY: LocatedBatch = { addresses: new Uint32Array(0), placeIndex: new Int32Array(0), places: [] }

async function* locateMany(
  lookup: Lookup,
  { ipv4: four, ipv6 }: AddressLists,
  progress: ProgressSink,
): AsyncIterableIterator<LocatedBatch> {
  const { service, client, budget, knowledge, memory, options } = lookup
  const abort = new AbortController()
  const { pause = realPause, random = randomStream(randomSeed(), 'jitter'), concurrency = CONCURRENCY } = options
  const asker = makeAsker({ memory, service, client, budget, pause, random, cancelSignal: abort.signal })
  const work = makeSliceWorker(lookup, asker)
  const total = four.length + ipv6.length
  const slices = (function* () {
    const asIpv4 = (function* () {
      for (const address of four) yield ipv4(address)
    })()
    yield* slicesOf(asIpv4, service.batchSize, knowledge)
    yield* slicesOf(ipv6, service.batchSize, knowledge)
  })()
  const underWay: Promise<Answered>[] = []
  let done = 0
  const fill = (): void => {
    while (underWay.length < concurrency && asker.stopped === null && !asker.budgetEnded) {
      const next = slices.next()
      if (next.done === true) return
      underWay.push(work(next.value))
    }
  }
  try {
    for (fill(); underWay.length > 0; fill()) {
      let timer: NodeJS.Timeout | undefined
      const tick = new Promise<null>((resolve) => {
        timer = setTimeout(resolve, TICK_MS, null)
      })
      const first = await Promise.race([underWay[0]!, tick])
      clearTimeout(timer)
      if (first === null) {
        yield EMPTY
        continue
      }
      underWay.shift()
      done += first.taken
      progress({ done, total, unit: 'addresses' })
      if (first.batch.placeIndex.length > 0) yield first.batch
    }
    if (asker.stopped !== null) throw asker.stopped
    if (asker.budgetEnded) throw budgetUsedUp(service.name, budget.total, total - done)
  } finally {
    abort.abort()
    await Promise.allSettled(underWay)
  }
}

/** @param service as it was opened, with its key. */
export const openOnline = (
  service: OnlineService,
  { overlay, online: options = {} }: { overlay?: Overlay; online?: OnlineOptions },
): OpenProvider => {
  const lookup: Lookup = {
    service,
    client: makeJsonClient(options.timeouts),
    budget: makeBudget(options.budget ?? service.budget),
    knowledge: makeKnowledge(overlay),
    failures: new Map(),
    memory: { oneByOne: false },
    options,
  }
  return {
    name: service.name,
    source: overlay === undefined ? service.name : `static+${service.name}`,
    attributions: service.attributions,
    locateMany: (addresses, progress = silentProgress) => locateMany(lookup, addresses, progress),
    report: () => ({ sent: lookup.budget.sent, failures: lookup.failures }),
  }
}

/**
 * A service of an account: at its own address unless the person names another, with a key.
 * @throws InterplotError ERR_GEO_KEY, ERR_INPUT_FILE, ERR_USAGE
 */
export const openWithKey = (
  name: string,
  ownUrl: string,
  makeService: (base: URL, key: string) => OnlineService,
  options: ProviderOptions,
): OpenProvider => {
  const { environment = process.env, baseUrl, configFolder } = options.online ?? {}
  const base = baseUrlFor(name, ownUrl, { chosen: baseUrl, environment })
  const key = readKey(name, environment, configFolder)
  if (base === null || key === null) throw keyMissing(name, keysPath(environment, configFolder))
  return openOnline(makeService(base, key), options)
}
