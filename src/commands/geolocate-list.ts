/** `interplot geolocate` from a list to a table: as addresses come, rows go. */

import type { Readable } from 'node:stream'
import { formatIpv4, formatIpv6 } from '../core/ip.ts'
import type { LocatedBatch } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import { formatCount } from '../core/units.ts'
import { type AddressChunk, makeAddressReader } from '../geo/address-input.ts'
import type { OpenProvider } from '../geo/providers/provider.ts'
import type { RowWriter } from '../output/format.ts'
import { outputFormats } from '../output/index.ts'
import { openSink, type Sink } from '../output/sink.ts'
import { type GeolocateOptions, openProvider } from './geolocate-options.ts'
import { EXIT_INTERRUPTED, onInterruption } from './interruption.ts'
import { refuseOverwriting } from './output-path.ts'
import { PLACE_FIELDS, placeValues } from './place-table.ts'
import { formatForFile } from './scan-output.ts'
import { inputName, openInput } from './standard-input.ts'
import type { Terminal } from './terminal.ts'

/** Ascending and distinct. */
const sortedDistinct = (addresses: Uint32Array): Uint32Array => {
  const sorted = addresses.slice().sort()
  let count = 0
  for (const address of sorted) {
    if (count === 0 || sorted[count - 1] !== address) {
      sorted[count] = address
      count += 1
    }
  }
  return sorted.subarray(0, count)
}

/** The chunks from `first` on. */
async function* resumed(
  first: IteratorResult<AddressChunk>,
  rest: AsyncIterableIterator<AddressChunk>,
): AsyncIterableIterator<AddressChunk> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

/** The places of a chunk's addresses, by address. */
const locateChunk = async (
  provider: OpenProvider,
  chunk: AddressChunk,
): Promise<Map<number | bigint, Place | null>> => {
  const found = new Map<number | bigint, Place | null>()
  const note = ({ addresses, placeIndex, places }: LocatedBatch): void => {
    for (let i = 0; i < placeIndex.length; i += 1) found.set(addresses[i]!, places[placeIndex[i]!] ?? null)
  }
  const ipv6 = [...new Set(chunk.ipv6)].sort((a, b) => (a < b ? -1 : 1))
  for await (const batch of provider.locateMany({ ipv4: sortedDistinct(chunk.ipv4), ipv6 })) note(batch)
  return found
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
}

const locateChunks = async (
  chunks: AsyncIterable<AddressChunk>,
  provider: OpenProvider,
  { sink, writer, terminal }: { sink: Sink; writer: RowWriter; terminal: Terminal },
): Promise<ListCounts> => {
  const counts = { total: 0, located: 0 }
  for await (const chunk of chunks) {
    const places = await locateChunk(provider, chunk)
    let text = ''
    const row = (address: number | bigint, shown: string): void => {
      const place = places.get(address) ?? null
      if (place?.latitude !== undefined) counts.located += 1
      counts.total += 1
      text += writer.row(placeValues(shown, place))
    }
    for (const address of chunk.ipv4) row(address, formatIpv4(address))
    for (const address of chunk.ipv6) row(address, formatIpv6(address))
    await sink.write(text)
    // A reader at the other end of a pipe wants rows now, not when a block is full.
    await sink.flush()
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
  const format =
    options.outputModule === undefined
      ? (formatForFile(outputFile) ?? outputFormats.get('csv'))
      : outputFormats.get(options.outputModule)
  const writer = format.open(PLACE_FIELDS, { header: options.headerRow !== false })
  let counts: ListCounts = { total: 0, located: 0 }
  const interruption = onInterruption(() => endInput(input, path))
  const chunks = reader.chunks(() => interruption.requested)
  try {
    // An input that cannot be read shows before the output is touched.
    const first = await chunks.next()
    const sink = await openSink(outputFile)
    try {
      await sink.write(writer.header())
      counts = await locateChunks(resumed(first, chunks), provider, { sink, writer, terminal })
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
  for (const attribution of provider.attributions) terminal.note(attribution)
  for (const { line, text, reason } of reader.problems) terminal.note(`${name}:${line}: ${reason}: ${text}`)
  if (reader.problemCount > 0) terminal.note(`${formatCount(reader.problemCount)} lines passed over`)
  if (interruption.requested) return EXIT_INTERRUPTED
  return reader.problemCount > 0 && (options.strict === true || counts.total === 0) ? 1 : 0
}
