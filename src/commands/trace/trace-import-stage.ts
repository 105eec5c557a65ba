/** The work of `interplot trace import`: files of other programs → traces, places and names in a results file. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type IpAddress, type Ipv4, type Ipv6, isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { countOf } from '../../core/units.ts'
import { openStore, type Store } from '../../store/store.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import type { ImportedTrace } from './import/contract.ts'
import { readTraceFile } from './import/trace-file.ts'

export interface TraceImportOptions {
  files: string[]
  db?: string
  timeZone?: string
  json?: boolean
  quiet?: boolean
}

interface Counts {
  traces: number
  hops: number
  places: number
  refused: number
  leftOut: number
}

/** Further ones are only counted. */
const REFUSALS_TOLD = 10
const EXIT_REFUSED = 1
const PROVIDER = 'seed'

/** Places of a file, where nothing better is known. @returns how many. */
const putPlaces = (store: Store, places: ReadonlyMap<IpAddress, Place>): number => {
  const fresh = [...places]
    .filter(([address]) => store.placeOf(address) === undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  for (const four of [true, false]) {
    const rows = fresh.filter(([address]) => isIpv4(address) === four)
    const addresses = rows.map(([address]) => address)
    if (rows.length === 0) continue
    store.putPlaces(PROVIDER, {
      addresses: four ? Uint32Array.from(addresses as Ipv4[]) : (addresses as Ipv6[]),
      placeIndex: Int32Array.from(rows, (_, i) => i),
      places: rows.map(([, place]) => place),
    })
  }
  return fresh.length
}

const putOne = (
  store: Store,
  runId: number,
  { trace, places, names, leftOut = 0 }: ImportedTrace,
  counts: Counts,
): void => {
  store.putTrace(runId, trace)
  counts.traces += 1
  counts.hops += trace.hops.length
  counts.leftOut += leftOut
  if (places !== undefined) counts.places += putPlaces(store, places)
  if (names !== undefined) {
    store.putHostNames(
      [...names].map(([address, name]) => ({ address, name })),
      trace.startedUs,
    )
  }
}

const importFile = async (
  path: string,
  store: Store,
  runId: number,
  terminal: Terminal,
  options: TraceImportOptions,
): Promise<Counts> => {
  const counts: Counts = { traces: 0, hops: 0, places: 0, refused: 0, leftOut: 0 }
  const traces = await readTraceFile({
    path,
    timeZone: options.timeZone,
    refuse(where, why) {
      counts.refused += 1
      if (counts.refused <= REFUSALS_TOLD) terminal.note(`${path}, ${where}: ${why}`)
    },
    note: (text) => terminal.note(`${path}: ${text}`),
  })
  try {
    for await (const each of traces) putOne(store, runId, each, counts)
  } catch (error) {
    if (counts.traces > 0)
      terminal.note(
        `${path}: ${countOf(counts.traces, 'trace')} before that ${counts.traces === 1 ? 'is' : 'are'} kept`,
      )
    throw error
  }
  return counts
}

const told = (path: string, { traces, hops, places, refused, leftOut }: Counts): string =>
  [
    `${path}: ${countOf(traces, 'trace')} with ${countOf(hops, 'hop')}`,
    ...(places === 0 ? [] : [countOf(places, 'place')]),
    ...(leftOut === 0 ? [] : [`${countOf(leftOut, 'late or unreadable answer')} left out`]),
    ...(refused === 0 ? [] : [`${countOf(refused, 'entry', 'entries')} refused`]),
  ].join(', ')

/** @returns the exit code: 1 when nothing of a file could be taken. @throws InterplotError */
export const traceImport = async (options: TraceImportOptions): Promise<number> => {
  const { db = DEFAULT_RESULTS_FILE, files } = options
  if (files.includes(db)) {
    throw new InterplotError('ERR_USAGE', `${db} is where the traces go`, {
      advice: 'Name another results file with --db.',
    })
  }
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const store = openStore(db, { mode: 'write', create: true })
  const runId = store.beginRun({
    command: 'trace import',
    arguments: process.argv.slice(2),
    startedUs: systemClock.nowUs(),
  })
  const finish = (outcome: 'done' | 'failed', summary: object): void =>
    store.finishRun(runId, { finishedUs: systemClock.nowUs(), outcome, summary })
  try {
    const results: Record<string, Counts> = {}
    for (const path of files) {
      const counts = await importFile(path, store, runId, terminal, options)
      results[path] = counts
      terminal.note(told(path, counts))
    }
    finish('done', { files: results })
    if (options.json === true) process.stdout.write(`${JSON.stringify(results)}\n`)
    return Object.values(results).some(({ traces }) => traces === 0) ? EXIT_REFUSED : 0
  } catch (error) {
    finish('failed', {})
    throw error
  } finally {
    store.close()
  }
}
