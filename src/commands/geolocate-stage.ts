/** The work of `interplot geolocate`: on a results file, or from a list to a table. */

import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, formatIpv6 } from '../core/ip.ts'
import type { LocatedBatch } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import { formatCount, formatDuration } from '../core/units.ts'
import { type AddressChunk, makeAddressReader } from '../geo/address-input.ts'
import { geoProviders } from '../geo/providers/index.ts'
import type { OpenProvider } from '../geo/providers/provider.ts'
import { outputFormats } from '../output/index.ts'
import { openSink } from '../output/sink.ts'
import { isResultsFile } from '../store/results-file.ts'
import { openStore } from '../store/store.ts'
import { EXIT_INTERRUPTED, onInterruption } from './interruption.ts'
import { PLACE_FIELDS, placeValues } from './place-table.ts'
import { formatForFile } from './scan-output.ts'
import { inputName, isFed, openInput } from './standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from './terminal.ts'

export interface GeolocateOptions {
  file?: string
  database?: string[]
  refresh?: boolean
  column?: string
  outputFile?: string
  outputModule?: string
  headerRow?: boolean
  strict?: boolean
  quiet?: boolean
  json?: boolean
}

export interface FillResult {
  lookedUp: number
  located: number
  /** Addresses in the file, in all states. */
  counts: { addresses: number; located: number; unlocated: number; notLookedUp: number }
  interrupted: boolean
}

/** Looks up what a results file has no place for and keeps the answers, batch by batch. */
export const fillResultsFile = async (
  path: string,
  provider: OpenProvider,
  { refresh, terminal }: { refresh: boolean; terminal: Terminal },
): Promise<FillResult> => {
  const store = openStore(path, { mode: 'write' })
  let stopped = false
  const interruption = onInterruption(() => {
    stopped = true
  })
  try {
    const startedUs = systemClock.nowUs()
    const addresses = store.unlocatedAddresses(refresh ? 'all' : 'new')
    const runId = store.beginRun({ command: 'geolocate', arguments: process.argv.slice(2), startedUs })
    let lookedUp = 0
    let located = 0
    const progress = terminal.progress('locating')
    for await (const batch of provider.locateMany(addresses, progress)) {
      store.putPlaces(provider.name, batch)
      lookedUp += batch.placeIndex.length
      for (const index of batch.placeIndex) if (index >= 0) located += 1
      if (stopped) break
    }
    terminal.clear()
    const summary = { provider: provider.name, attributions: provider.attributions, lookedUp, located }
    const outcome = stopped ? 'interrupted' : 'done'
    store.finishRun(runId, { finishedUs: systemClock.nowUs(), outcome, summary })
    return { lookedUp, located, counts: store.locationCounts(), interrupted: stopped }
  } finally {
    interruption.dispose()
    store.close()
  }
}

const locateResultsFile = async (path: string, options: GeolocateOptions, terminal: Terminal): Promise<number> => {
  const startMs = performance.now()
  const provider = await openProvider(options)
  const result = await fillResultsFile(path, provider, { refresh: options.refresh === true, terminal })
  const { counts, lookedUp } = result
  const took = formatDuration((performance.now() - startMs) * 1000)
  terminal.note(`looked up ${formatCount(lookedUp)} addresses in ${took}`)
  terminal.note(
    `of ${formatCount(counts.addresses)} addresses ${formatCount(counts.located)} have a place, ${formatCount(counts.unlocated)} have none`,
  )
  if (options.json === true) process.stdout.write(`${JSON.stringify({ lookedUp, ...counts })}\n`)
  return result.interrupted ? EXIT_INTERRUPTED : 0
}

const openProvider = (options: GeolocateOptions): Promise<OpenProvider> =>
  geoProviders.get('mmdb').open(options.database === undefined ? {} : { databases: options.database })

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

const locateList = async (path: string, options: GeolocateOptions, terminal: Terminal): Promise<number> => {
  const provider = await openProvider(options)
  const name = inputName(path)
  const reader = makeAddressReader(openInput(path), {
    name,
    ...(options.column === undefined ? {} : { column: options.column }),
  })
  const outputFile = options.outputFile ?? '-'
  const format =
    options.outputModule === undefined
      ? (formatForFile(outputFile) ?? outputFormats.get('csv'))
      : outputFormats.get(options.outputModule)
  const writer = format.open(PLACE_FIELDS, { header: options.headerRow !== false })
  let total = 0
  let located = 0
  const chunks = reader.chunks()
  const first = await chunks.next()
  const sink = await openSink(outputFile)
  try {
    await sink.write(writer.header())
    for (let next = first; next.done !== true; next = await chunks.next()) {
      const places = await locateChunk(provider, next.value)
      let text = ''
      const row = (address: number | bigint, shown: string): void => {
        const place = places.get(address) ?? null
        if (place?.latitude !== undefined) located += 1
        total += 1
        text += writer.row(placeValues(shown, place))
      }
      for (const address of next.value.ipv4) row(address, formatIpv4(address))
      for (const address of next.value.ipv6) row(address, formatIpv6(address))
      await sink.write(text)
      terminal.live(`located ${formatCount(located)} of ${formatCount(total)} addresses`)
      if (sink.consumerGone) break
    }
    await sink.write(writer.end())
  } finally {
    await sink.close()
    terminal.clear()
  }
  terminal.note(`${formatCount(located)} of ${formatCount(total)} addresses have a place`)
  for (const attribution of provider.attributions) terminal.note(attribution)
  for (const { line, text, reason } of reader.problems) terminal.note(`${name}:${line}: ${reason}: ${text}`)
  if (reader.problemCount === 0) return 0
  terminal.note(`${formatCount(reader.problemCount)} lines passed over`)
  return options.strict === true ? 1 : 0
}

/** @returns the exit code. @throws InterplotError. */
export const geolocate = async (options: GeolocateOptions): Promise<number> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const file = options.file ?? (isFed() ? '-' : 'results.db')
  if (file !== '-' && isResultsFile(file)) {
    if (options.outputFile !== undefined || options.outputModule !== undefined) {
      throw new InterplotError('ERR_USAGE', 'places of a results file are kept in it; there is no other output', {
        advice: 'Leave the output options out, and read the view "results" with sqlite3.',
      })
    }
    return locateResultsFile(file, options, terminal)
  }
  if (options.refresh === true || options.json === true) {
    throw new InterplotError('ERR_USAGE', `--refresh and --json are for results files, and ${inputName(file)} is none`)
  }
  return locateList(file, options, terminal)
}
