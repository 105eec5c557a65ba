/** Places out of database files in MaxMind DB format, on this machine. */

import { type ProgressSink, silentProgress } from '../../core/progress.ts'
import { databaseFromFile } from '../database.ts'
import { defaultLocator } from '../default-locator.ts'
import { type Locator, makeLocator } from '../locator.ts'
import { attributionForType } from '../sources.ts'
import type { AddressLists, GeoProvider, OpenProvider } from './provider.ts'

/** Between batches the event loop runs, so that a person can interrupt and progress can be drawn. */
const BATCH_ADDRESSES = 65_536

/** From so many addresses of a family on, flattening the databases pays, if not this time then the next. */
const FLATTEN_ADDRESSES = 100_000

const locateMany = async function* (locator: Locator, { ipv4, ipv6 }: AddressLists, progress = silentProgress) {
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

const openProvider = (
  locator: Locator,
  databases: readonly string[],
  attributions: readonly string[],
): OpenProvider => {
  const asked = new Map<4 | 6, number>()
  const note = (family: 4 | 6, count: number, progress: ProgressSink | undefined): void => {
    const before = asked.get(family) ?? 0
    asked.set(family, before + count)
    if (before < FLATTEN_ADDRESSES && before + count >= FLATTEN_ADDRESSES) locator.flatten(family, progress)
  }
  return {
    name: 'mmdb',
    source: databases.join('+'),
    attributions: [...new Set(attributions)],
    locateMany(lists, progress) {
      note(4, lists.ipv4.length, progress)
      note(6, lists.ipv6.length, progress)
      return locateMany(locator, lists, progress)
    },
  }
}

export const mmdb: GeoProvider = {
  name: 'mmdb',
  help: 'database files in MaxMind DB format, offline: DB-IP, GeoLite2, IPinfo, …',
  needs: 'a database: interplot geo install fetches a free one, or name a file',
  async open({ databases = [], dataFolder }) {
    if (databases.length > 0) {
      const opened = databases.map(databaseFromFile)
      // Opened at once: a wrong file shows before any work, and its type tells whom to name.
      const types = opened.map((database) => database.metadata(4)?.databaseType ?? database.name)
      return openProvider(
        makeLocator(opened),
        types,
        types.flatMap((type) => attributionForType(type) ?? []),
      )
    }
    const { locator, attributions } = defaultLocator(dataFolder)
    return openProvider(locator, locator.databases, attributions)
  },
}
