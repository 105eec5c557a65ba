/** A locator on this machine as a provider. */

import type { LocatedBatch } from '../core/located-batch.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import type { Locator } from './locator.ts'
import type { AddressLists, OpenProvider } from './providers/provider.ts'

/** Between batches the event loop runs, so that a person can interrupt and progress can be drawn. */
const BATCH_ADDRESSES = 65_536

async function* locateMany(
  locator: Locator,
  { ipv4, ipv6 }: AddressLists,
  progress: ProgressSink,
): AsyncIterableIterator<LocatedBatch> {
  const total = ipv4.length + ipv6.length
  let done = 0
  const advance = async (count: number): Promise<void> => {
    done += count
    progress({ done, total, unit: 'addresses' })
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let from = 0; from < ipv4.length; from += BATCH_ADDRESSES) {
    const addresses = ipv4.subarray(from, from + BATCH_ADDRESSES)
    yield locator.locateSorted(addresses)
    await advance(addresses.length)
  }
  for (let from = 0; from < ipv6.length; from += BATCH_ADDRESSES) {
    const addresses = ipv6.slice(from, from + BATCH_ADDRESSES)
    yield locator.locateIpv6(addresses)
    await advance(addresses.length)
  }
}

/** From so many addresses of a family on, flattening the databases pays, if not this time then the next. */
const FLATTEN_ADDRESSES = 100_000

/** Counts what is asked, and flattens the databases of a family when it has become much. */
const makeFlattener = (locator: Locator): ((family: 4 | 6, count: number, progress: ProgressSink) => void) => {
  const asked = new Map<4 | 6, number>()
  return (family, count, progress) => {
    const before = asked.get(family) ?? 0
    asked.set(family, before + count)
    if (before < FLATTEN_ADDRESSES && before + count >= FLATTEN_ADDRESSES) locator.flatten(family, progress)
  }
}

/** @param databases what places come from, in short. */
export const openLocal = (
  name: string,
  {
    locator,
    databases,
    attributions,
  }: { locator: Locator; databases: readonly string[]; attributions: readonly string[] },
): OpenProvider => {
  const flatten = makeFlattener(locator)
  return {
    name,
    source: databases.join('+'),
    attributions: [...new Set(attributions)],
    locateMany(lists, progress = silentProgress) {
      flatten(4, lists.ipv4.length, progress)
      flatten(6, lists.ipv6.length, progress)
      return locateMany(locator, lists, progress)
    },
  }
}
