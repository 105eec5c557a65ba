/** `interplot geolocate` from a list to a table: as addresses come, rows go. */

import { statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, formatIpv6, type Ipv6 } from '../../core/ip.ts'
import type { LocatedBatch } from '../../core/located-batch.ts'
import type { Place } from '../../core/place.ts'
import { formatCount } from '../../core/units.ts'
import { type AddressChunk, type AddressReader, makeAddressReader } from '../../geo/address-input.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { openSink, type Sink } from '../../output/sink.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { refuseOverwriting } from '../output-path.ts'
import { inputName, openInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'
import { type GeolocateOptions, openProvider } from './geolocate-options.ts'
import { lookupNotes } from './geolocate-provider.ts'
import { describePlaces, noPlaces, type PlaceCounts, placeKind, sumOf } from './place-counts.ts'
import { openPlaceRows, type PlaceRows } from './place-rows.ts'

/** The chunks from `first` on. */
async function* resumed(
  first: IteratorResult<AddressChunk>,
  rest: AsyncIterableIterator<AddressChunk>,
): AsyncIterableIterator<AddressChunk> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

const SLOTS = 65_536

/** Hands out batches; what ends them early is returned, so that what came before is written first. */
const eachBatch = async (
  batches: AsyncIterable<LocatedBatch>,
  note: (batch: LocatedBatch) => void,
): Promise<InterplotError | null> => {
  try {
    for await (const batch of batches) note(batch)
    return null
  } catch (error) {
    if (error instanceof InterplotError) return error
    throw error
  }
}

interface ListPart<K> {
  /** An address that was not looked up has none: neither a place nor null. */
  placeOf(key: K): Place | null | undefined
  stop: InterplotError | null
}

const NOTHING_ASKED = { placeOf: () => undefined, stop: null } as const

/** The place of each address of `addresses` (at most SLOTS), by position. */
const locateIpv4 = async (provider: OpenProvider, addresses: Uint32Array): Promise<ListPart<number>> => {
  if (addresses.length === 0) return NOTHING_ASKED
  // Address and position in one number, exact below 2^48: sorted, they give the distinct addresses and the way back.
  const order = Float64Array.from(addresses, (address, i) => address * SLOTS + i).sort()
  const distinct = new Uint32Array(order.length)
  let count = 0
  for (const key of order) {
    const address = Math.floor(key / SLOTS)
    if (count > 0 && distinct[count - 1] === address) continue
    distinct[count] = address
    count += 1
  }
  const found = new Array<Place | null | undefined>(addresses.length).fill(undefined)
  let at = 0
  const note = ({ addresses: asked, placeIndex, places }: LocatedBatch): void => {
    for (let i = 0; i < placeIndex.length; i += 1) {
      const place = places[placeIndex[i]!] ?? null
      const end = (Number(asked[i]!) + 1) * SLOTS
      while (at < order.length && order[at]! < end - SLOTS) at += 1
      for (; at < order.length && order[at]! < end; at += 1) found[order[at]! % SLOTS] = place
    }
  }
  const stop = await eachBatch(provider.locateMany({ ipv4: distinct.subarray(0, count), ipv6: [] }), note)
  return { placeOf: (position) => found[position], stop }
}

const locateIpv6 = async (provider: OpenProvider, addresses: readonly Ipv6[]): Promise<ListPart<Ipv6>> => {
  if (addresses.length === 0) return NOTHING_ASKED
  const found = new Map<bigint, Place | null>()
  const ipv6 = [...new Set(addresses)].sort((a, b) => (a < b ? -1 : 1))
  const note = ({ addresses: asked, placeIndex, places }: LocatedBatch): void => {
    for (let i = 0; i < placeIndex.length; i += 1) found.set(BigInt(asked[i]!), places[placeIndex[i]!] ?? null)
  }
  const stop = await eachBatch(provider.locateMany({ ipv4: new Uint32Array(0), ipv6 }), note)
  return { placeOf: (address) => found.get(address), stop }
}

/** Whoever feeds a pipe got the same Ctrl-C and ends too; what it still says is waited for this long. */
const LAST_WORDS_MS = 2000

/** Ctrl-C ends the input; what came before is located and written. */
const endInput = (input: Readable, path: string): void => {
  if (path === '-') setTimeout(() => input.destroy(), LAST_WORDS_MS).unref()
  else input.destroy()
}

interface ListOutput {
  rows: PlaceRows
  counts: PlaceCounts
}

/** Rows in the order of the input; none for addresses that were not looked up. */
const rowsOf = async (
  { ipv4, ipv6, families, lines }: AddressChunk,
  provider: OpenProvider,
  { rows, counts }: ListOutput,
): Promise<{ text: string; stop: InterplotError | null }> => {
  const four = await locateIpv4(provider, ipv4)
  const six = four.stop === null ? await locateIpv6(provider, ipv6) : NOTHING_ASKED
  let text = ''
  let at4 = 0
  for (let i = 0; i < families.length; i += 1) {
    const isFour = families[i] === 4
    const other = isFour ? undefined : ipv6[i - at4]!
    const place = other === undefined ? four.placeOf(at4) : six.placeOf(other)
    if (place !== undefined) {
      counts[placeKind(place)] += 1
      text += rows.row(other === undefined ? formatIpv4(ipv4[at4]!) : formatIpv6(other), place, lines[i] ?? '')
    }
    if (isFour) at4 += 1
  }
  return { text, stop: four.stop ?? six.stop }
}

/** @returns why the rest was not looked up, or null. */
const locateChunks = async (
  chunks: AsyncIterable<AddressChunk>,
  provider: OpenProvider,
  { sink, output, progress }: { sink: Sink; output: ListOutput; progress: (done: number) => void },
): Promise<InterplotError | null> => {
  let done = 0
  for await (const chunk of chunks) {
    const { text, stop } = await rowsOf(chunk, provider, output)
    await sink.write(text)
    // A reader at the other end of a pipe wants rows now, not when a block is full.
    await sink.flush()
    if (stop !== null) return stop
    done += chunk.families.length
    progress(done)
    if (sink.consumerGone) break
  }
  return null
}

/** How many addresses a file is going to have, as far as the part read so far tells. */
const makeEstimate = (path: string, input: Readable): ((done: number) => number | undefined) => {
  const size = path === '-' ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  return (done) => {
    const read = 'bytesRead' in input ? Number(input.bytesRead) : 0
    return size > 0 && read > 0 ? Math.max(done, Math.round((done * size) / read)) : undefined
  }
}

const summarize = (
  terminal: Terminal,
  { name, counts, provider }: { name: string; counts: PlaceCounts; provider: OpenProvider },
  reader: AddressReader,
): void => {
  const total = sumOf(counts)
  terminal.note(`of ${formatCount(total)} addresses ${describePlaces(counts)}`)
  for (const line of lookupNotes(provider)) terminal.note(line)
  for (const attribution of provider.attributions) terminal.note(attribution)
  for (const { line, text, reason } of reader.problems) terminal.note(`${name}:${line}: ${reason}: ${text}`)
  if (reader.problemCount > 0) terminal.note(`${formatCount(reader.problemCount)} addresses or lines passed over`)
}

/** @returns the exit code. @throws InterplotError. */
export const locateList = async (path: string, options: GeolocateOptions, terminal: Terminal): Promise<number> => {
  const outputFile = options.outputFile ?? '-'
  refuseOverwriting(outputFile, [path])
  const provider = await openProvider(options)
  const name = inputName(path)
  const input = openInput(path)
  const reader = makeAddressReader(input, {
    name,
    keepLines: options.keepColumns === true,
    ...(options.inputFormat === undefined ? {} : { format: options.inputFormat }),
    ...(options.column === undefined ? {} : { column: options.column }),
  })
  const counts = noPlaces()
  let stop: InterplotError | null = null
  const interruption = onInterruption(() => endInput(input, path))
  const chunks = reader.chunks(() => interruption.requested)
  try {
    // An input that cannot be read shows before the output is touched, and says how it is written.
    const first = await chunks.next()
    const form = { name, format: reader.format, header: reader.header }
    const rows = openPlaceRows(form, { ...options, outputFile, source: provider.source })
    const estimate = makeEstimate(path, input)
    const draw = terminal.progress('locating')
    const progress = (done: number): void => {
      const total = estimate(done)
      draw({ done, unit: 'addresses', ...(total === undefined ? {} : { total }) })
    }
    const sink = await openSink(outputFile)
    try {
      await sink.write(rows.header())
      stop = await locateChunks(resumed(first, chunks), provider, { sink, output: { rows, counts }, progress })
      await sink.write(rows.end())
    } finally {
      await sink.close()
    }
  } finally {
    interruption.dispose()
    // Else an endless pipe would keep the process alive.
    input.destroy()
    terminal.clear()
  }
  summarize(terminal, { name, counts, provider }, reader)
  if (stop !== null) throw stop
  if (interruption.requested) {
    terminal.note(`interrupted: lines 1 to ${formatCount(reader.lineNumber)} of ${name} are done`)
    return EXIT_INTERRUPTED
  }
  return reader.problemCount > 0 && (options.strict === true || sumOf(counts) === 0) ? 1 : 0
}
