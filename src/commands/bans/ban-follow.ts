/**
 * `interplot bans --follow`: bans as they happen, written into the results file and printed with their places. A log is followed through
 * its rotation; a running fail2ban and its database are asked again and again, and may be gone meanwhile.
 */

import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { BanEvent } from '../../core/ban.ts'
import { isoTime, systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf } from '../../core/units.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { type FileChange, followFile } from '../../sources/bans/follow-file.ts'
import { openStore, type Store } from '../../store/store.ts'
import { onInterruption } from '../interruption.ts'
import type { Terminal } from '../terminal.ts'
import { eventWriter, importBans } from './ban-import.ts'
import type { BansOptions } from './ban-options.ts'
import { openBanProvider } from './ban-places.ts'
import {
  type BanSource,
  CLIENT,
  clientSource,
  databaseSource,
  defaultSource,
  isSqlite,
  openSources,
  textSource,
} from './ban-sources.ts'
import { asWords, bannedText, placeWords } from './ban-words.ts'
import { writePatiently } from './patient-write.ts'

export interface FollowedBan {
  event: BanEvent
  host: string
  place: Place | null
}

/** What was read and written, bans and unbans and attempts, in the order in which it was told. */
export type OnBans = (batch: readonly FollowedBan[]) => void

interface Following {
  store: Store
  options: BansOptions
  terminal: Terminal
  stop: AbortSignal
  /** Without telling anybody: what was before. */
  write(events: readonly BanEvent[]): void
  take(events: readonly BanEvent[]): Promise<void>
}

const DEFAULT_EVERY_US = 10_000_000
const BITS = { 4: 32, 6: 128 } as const

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

const prefixBitsOf = ({ address, prefixLength }: BanEvent): number => prefixLength ?? BITS[isIpv4(address) ? 4 : 6]

const lineOf = ({ event, host, place }: FollowedBan, json: boolean): string => {
  const { address, jail, timeUs, again } = event
  const time = isoTime(timeUs ?? systemClock.nowUs())
  const who = bannedText({ address, prefixBits: prefixBitsOf(event) })
  if (json) return JSON.stringify({ time, address: who, jail, host, again: again ?? null, place })
  return [
    time.slice(0, 19).replace('T', ' '),
    who,
    printableText(jail),
    ...(again === undefined ? [] : [again]),
    ...[placeWords(place), asWords(place)].flatMap((words) => (words === null ? [] : [printableText(words)])),
  ].join('  ')
}

const CHANGES: Readonly<Record<FileChange, string>> = {
  gone: 'is gone; looked for until it is back',
  back: 'is back',
  rotated: 'was rotated; going on with the new one',
  truncated: 'was emptied; going on from its beginning',
}

/** First what the log holds, then what is written to it. */
const followLog = async (path: string, { store, options, terminal, stop, take }: Following): Promise<void> => {
  const chunks = followFile(path, { stop, onChange: (change) => terminal.note(`${path} ${CHANGES[change]}`) })
  // Open before the log is read: what is written meanwhile is in one of both, and told twice it changes nothing.
  const first = chunks.next()
  const host = options.host?.[0]
  const sources = await openSources([path], options)
  const { newBans, sources: told } = await importBans(store, sources, { host, terminal, stopped: () => stop.aborted })
  terminal.note(`${path}: ${countOf(newBans, 'new ban')} until now; following`)
  async function* fromNow(): AsyncGenerator<Uint8Array> {
    for (let next = await first; next.done !== true; next = await chunks.next()) yield next.value
  }
  const format = told[0]?.format ?? options.format
  const source = textSource(path, fromNow(), { ...options, ...(format == null ? {} : { format }) })
  for await (const events of source.events) await take(events)
}

const keyOf = ({ address, jail, timeUs, act, host }: BanEvent): string => `${act} ${address} ${timeUs} ${host} ${jail}`

/** Asked again and again: what it did not say the time before is new. */
const followAnswers = async (
  name: string,
  open: () => BanSource,
  { options, terminal, stop, write, take }: Following,
): Promise<void> => {
  let known: Set<string> | null = null
  let failure: string | null = null
  while (!stop.aborted) {
    let [fresh, first]: (readonly BanEvent[])[] = [[], []]
    try {
      const events: BanEvent[] = []
      for await (const batch of open().events) for (const event of batch) events.push(event)
      if (failure !== null) terminal.note(`${name} answers again`)
      failure = null
      const before: ReadonlySet<string> | null = known
      if (before === null) terminal.note(`${name}: ${countOf(events.length, 'ban')} until now; asking for more`)
      if (before === null) first = events
      else fresh = events.filter((event) => !before.has(keyOf(event)))
      known = new Set(events.map(keyOf))
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      // Once, and not at every question.
      if (failure !== error.message) terminal.note(`${error.message}; asked again until it answers`)
      failure = error.message
    }
    if (first!.length > 0) write(first!)
    await take(fresh!)
    await wait((options.every ?? DEFAULT_EVERY_US) / 1000, undefined, { signal: stop }).catch(() => undefined)
  }
}

const followWord = async (word: string, following: Following): Promise<void> => {
  const { options, take } = following
  if (word === CLIENT) return followAnswers(word, () => clientSource(options.timeZone), following)
  if (word === '-') {
    const [source] = await openSources([word], options)
    for await (const events of source!.events) await take(events)
    return
  }
  if (isSqlite(word)) return followAnswers(word, () => databaseSource(word), following)
  return followLog(word, following)
}

/** Until Ctrl-C, or until standard input ends. @returns the exit code. @throws InterplotError. */
export const followBans = async (
  path: string,
  options: BansOptions,
  terminal: Terminal,
  onBans: OnBans = () => undefined,
): Promise<number> => {
  const words = options.sources.length > 0 ? options.sources : [defaultSource()]
  const provider = await openBanProvider(options.database, terminal)
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
    onBans(batch)
    const lines = batch.filter(({ event: { act } }) => act === 'ban').map((each) => lineOf(each, options.json === true))
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  }
  try {
    const following: Following = { store, options, terminal, stop: abort.signal, write: put, take }
    await Promise.all(words.map((word) => followWord(word, following)))
    return 0
  } finally {
    abort.abort()
    interruption.dispose()
    store.finishRun(run, { finishedUs: systemClock.nowUs(), outcome: 'done', summary })
    store.close()
  }
}
