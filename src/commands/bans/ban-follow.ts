/**
 * `interplot bans --follow`: bans as they happen, written into the results file, printed with their places and shown on the live map
 * (`--serve`).
 */

import { hostname } from 'node:os'
import type { BanEvent } from '../../core/ban.ts'
import { systemClock } from '../../core/clock.ts'
import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { openStore, type Store } from '../../store/store.ts'
import { onInterruption } from '../interruption.ts'
import { inputName } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'
import { eventWriter } from './ban-import.ts'
import type { BanMapFeed } from './ban-map-feed.ts'
import type { BansOptions } from './ban-options.ts'
import { openBanProvider } from './ban-places.ts'
import { defaultSource } from './ban-sources.ts'
import { followedLine } from './followed-ban.ts'
import { followWord } from './followed-sources.ts'
import { writePatiently } from './patient-write.ts'

const placesOf = async (
  store: Store,
  provider: OpenProvider | null,
  events: readonly BanEvent[],
): Promise<Map<IpAddress, Place | null>> => {
  const found = new Map<IpAddress, Place | null>()
  if (provider === null) return found
  const addresses = [...new Set(events.map(({ address }) => address))]
  const ipv4 = Uint32Array.from(addresses.filter(isIpv4)).sort()
  const ipv6 = addresses.flatMap((each) => (isIpv4(each) ? [] : [each])).sort((a, b) => (a < b ? -1 : 1))
  for await (const batch of provider.locateMany({ ipv4, ipv6 })) {
    store.putPlaces(provider.name, batch)
    for (const [i, address] of batch.addresses.entries()) {
      found.set(address as IpAddress, batch.places[batch.placeIndex[i]!] ?? null)
    }
  }
  return found
}

const openFeed = async (
  { serve, port, home }: BansOptions,
  words: readonly string[],
  provider: OpenProvider | null,
): Promise<BanMapFeed | null> => {
  if (serve !== true) return null
  const { openBanMapFeed } = await import('./ban-map-feed.ts')
  return openBanMapFeed({
    ...{ sources: words.map(inputName), attributions: provider?.attributions ?? [] },
    ...{ port: port ?? null, home: home ?? null },
  })
}

/** All wait until the last of so many is there, and until what then is to be done is done. */
const meeting = (count: number, then: () => Promise<void>): (() => Promise<void>) => {
  let left = count
  let open = (): void => undefined
  const done = new Promise<void>((resolve) => {
    open = resolve
  }).then(then)
  return () => {
    left -= 1
    if (left === 0) open()
    return done
  }
}

/** Until Ctrl-C, or until standard input ends. @returns the exit code. @throws InterplotError. */
export const followBans = async (path: string, options: BansOptions, terminal: Terminal): Promise<number> => {
  const words = options.sources.length > 0 ? options.sources : [defaultSource()]
  const provider = await openBanProvider(options.database, terminal)
  const feed = await openFeed(options, words, provider)
  if (feed !== null) terminal.note(`The map: ${feed.url}`)
  try {
    return await follow(path, words, { options, terminal, provider, feed })
  } finally {
    await feed?.close()
  }
}

interface FollowParts {
  options: BansOptions
  terminal: Terminal
  provider: OpenProvider | null
  feed: BanMapFeed | null
}

const follow = async (
  path: string,
  words: readonly string[],
  { options, terminal, provider, feed }: FollowParts,
): Promise<number> => {
  const store = openStore(path, { mode: 'write', create: true })
  const summary = provider === null ? {} : { provider: provider.name, attributions: provider.attributions }
  const run = store.beginRun({
    ...{ command: 'bans', arguments: process.argv.slice(2), startedUs: systemClock.nowUs(), summary },
  })
  const host = options.host?.[0]
  const put = eventWriter(store.banWriter(run), host)
  const abort = new AbortController()
  const interruption = onInterruption(() => abort.abort())
  const take = async (events: readonly BanEvent[]): Promise<void> => {
    if (events.length === 0) return
    const patience = { terminal, stop: abort.signal }
    await writePatiently(() => put(events), patience)
    const places = await writePatiently(() => placesOf(store, provider, events), patience)
    const batch = events.map((event) => ({
      event,
      host: host ?? event.host ?? hostname(),
      place: places.get(event.address) ?? null,
    }))
    feed?.take(batch)
    const bans = batch.filter(({ event: { act } }) => act === 'ban')
    const lines = bans.map((each) => followedLine(each, options.json === true))
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  }
  try {
    const begin = meeting(words.length, async () => feed?.begin(store, provider))
    await Promise.all(
      words.map((word) => {
        let once: Promise<void> | undefined
        const begun = (): Promise<void> => (once ??= begin())
        return followWord(word, { ...{ store, options, terminal, stop: abort.signal }, write: put, begun, take })
      }),
    )
    return 0
  } finally {
    abort.abort()
    interruption.dispose()
    store.finishRun(run, { finishedUs: systemClock.nowUs(), outcome: 'done', summary })
    store.close()
  }
}
