/** `interplot geolocate` from a list to a table: as addresses come, rows go. */

import type { Readable } from 'node:stream'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, formatIpv6, type Ipv6 } from '../core/ip.ts'
import type { LocatedBatch } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import { formatCount } from '../core/units.ts'
import { type AddressChunk, makeAddressReader } from '../geo/address-input.ts'
import type { OpenProvider } from '../geo/providers/provider.ts'
import { openSink, type Sink } from '../output/sink.ts'
import { type GeolocateOptions, openProvider } from './geolocate-options.ts'
import { lookupNotes } from './geolocate-provider.ts'
import { EXIT_INTERRUPTED, onInterruption } from './interruption.ts'
import { refuseOverwriting } from './output-path.ts'
import { makePlaceRow, PLACE_FIELDS } from './place-table.ts'
import { outputFormatFor } from './scan-output.ts'
import { inputName, openInput } from './standard-input.ts'
import type { Terminal } from './terminal.ts'

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

/** The place of each address of `addresses` (at most SLOTS), by position. */
const locateIpv4 = async (provider: OpenProvider, addresses: Uint32Array): Promise<ListPart<number>> => {
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

interface ListCounts {
  total: number
  located: number
  /** Why the rest was not looked up. */
  stop: InterplotError | null
}

const locateChunks = async (
  chunks: AsyncIterable<AddressChunk>,
  provider: OpenProvider,
  {
    sink,
    formatRow,
    terminal,
  }: { sink: Sink; formatRow: (address: string, place: Place | null) => string; terminal: Terminal },
): Promise<ListCounts> => {
  const counts = { total: 0, located: 0, stop: null }
  for await (const chunk of chunks) {
    let text = ''
    const row = (place: Place | null | undefined, shown: string): void => {
      if (place === undefined) return
      if (place?.latitude !== undefined) counts.located += 1
      counts.total += 1
      text += formatRow(shown, place)
    }
    let stop: InterplotError | null = null
    for (let from = 0; stop === null && from < chunk.ipv4.length; from += SLOTS) {
      const slice = chunk.ipv4.subarray(from, from + SLOTS)
      const part = await locateIpv4(provider, slice)
      for (let i = 0; i < slice.length; i += 1) row(part.placeOf(i), formatIpv4(slice[i]!))
      stop = part.stop
    }
    if (stop === null && chunk.ipv6.length > 0) {
      const part = await locateIpv6(provider, chunk.ipv6)
      for (const address of chunk.ipv6) row(part.placeOf(address), formatIpv6(address))
      stop = part.stop
    }
    await sink.write(text)
    // A reader at the other end of a pipe wants rows now, not when a block is full.
    await sink.flush()
    if (stop !== null) return { ...counts, stop }
    terminal.live(`located ${formatCount(counts.located)} of ${formatCount(counts.total)} addresses`)
    if (sink.consumerGone) break
  }
  return counts
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
    ...(options.column === undefined ? {} : { column: options.column }),
  })
  const format = outputFormatFor(outputFile, options.outputModule)
  const writer = format.open(PLACE_FIELDS, { header: options.headerRow !== false })
  const formatRow = makePlaceRow(format, writer, provider.source)
  let counts: ListCounts = { total: 0, located: 0, stop: null }
  const interruption = onInterruption(() => endInput(input, path))
  const chunks = reader.chunks(() => interruption.requested)
  try {
    // An input that cannot be read shows before the output is touched.
    const first = await chunks.next()
    const sink = await openSink(outputFile)
    try {
      await sink.write(writer.header())
      counts = await locateChunks(resumed(first, chunks), provider, { sink, formatRow, terminal })
      await sink.write(writer.end())
    } finally {
      await sink.close()
    }
  } finally {
    interruption.dispose()
    // Else an endless pipe would keep the process alive.
    input.destroy()
    terminal.clear()
  }
  terminal.note(`${formatCount(counts.located)} of ${formatCount(counts.total)} addresses have a place`)
  for (const line of lookupNotes(provider)) terminal.note(line)
  for (const attribution of provider.attributions) terminal.note(attribution)
  for (const { line, text, reason } of reader.problems) terminal.note(`${name}:${line}: ${reason}: ${text}`)
  if (reader.problemCount > 0) terminal.note(`${formatCount(reader.problemCount)} lines passed over`)
  if (counts.stop !== null) throw counts.stop
  if (interruption.requested) return EXIT_INTERRUPTED
  return reader.problemCount > 0 && (options.strict === true || counts.total === 0) ? 1 : 0
}
