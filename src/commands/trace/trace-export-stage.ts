/** The work of `interplot trace export`: traces of a results file → one of the formats. */

import { InterplotError } from '../../core/errors.ts'
import { parseIp } from '../../core/ip.ts'
import { countOf } from '../../core/units.ts'
import { csv } from '../../output/csv.ts'
import { dotText } from '../../output/dot.ts'
import { graphmlText } from '../../output/graphml.ts'
import { openSink, type Sink } from '../../output/sink.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { TraceSummary } from '../../store/traces.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { refuseOverwriting } from '../output-path.ts'
import { timeOption } from '../render/map-query.ts'
import { makeTerminal, quietTerminal } from '../terminal.ts'
import { atlasJson } from './atlas-json.ts'
import { findingsFrom } from './findings-json.ts'
import { SEED_COLUMNS, seedRows } from './seed-columns.ts'
import { type AddressFacts, type ShownTrace, shownTrace } from './shown-trace.ts'
import type { ExportFormat, TraceExportOptions } from './trace-export-options.ts'
import { traceGraph } from './trace-graph.ts'
import { traceJson } from './trace-json.ts'

const selected = (store: Store, options: TraceExportOptions): TraceSummary[] => {
  const { trace, target } = options
  const since = options.since === undefined ? undefined : timeOption('--since')(options.since)
  const found = store
    .traces()
    .filter(({ id }) => trace === undefined || id === trace)
    .filter(
      (each) =>
        target === undefined ||
        each.target === parseIp(target) ||
        each.targetName?.toLowerCase() === target.toLowerCase(),
    )
    .filter(({ startedUs }) => since === undefined || startedUs >= since)
  if (found.length > 0) return found
  throw new InterplotError('ERR_INPUT_FILE', `${store.path} holds no such trace`, {
    advice: `See: sqlite3 ${store.path} 'select * from traces;'`,
  })
}

const loaded = (store: Store, summary: TraceSummary, maskHops: number): ShownTrace => {
  const { id, target, startedUs, reached, targetName, method, finishedUs, end, source } = summary
  const trace = {
    ...{ id, target, startedUs, reached, hops: store.hops(id) ?? [] },
    ...(targetName === null ? {} : { targetName }),
    ...(method === null ? {} : { method }),
    ...(finishedUs === null ? {} : { finishedUs }),
    ...(end === null ? {} : { end }),
    ...(source === null ? {} : { source }),
    ...findingsFrom(summary.findings),
  }
  return shownTrace(trace, maskHops)
}

/** One trace as text, or all of them at the end. */
interface Writer {
  header: string
  one?(trace: ShownTrace): string
  all?(traces: readonly ShownTrace[]): string
}

const writerOf = (format: ExportFormat, facts: AddressFacts): Writer => {
  const rows = csv.open(SEED_COLUMNS)
  const line = (value: object): string => `${JSON.stringify(value)}\n`
  const writers: Record<ExportFormat, Writer> = {
    ndjson: { header: '', one: (trace) => line(traceJson(trace, facts)) },
    atlas: { header: '', one: (trace) => line(atlasJson(trace)) },
    csv: {
      header: rows.header(),
      one: (trace) =>
        seedRows(trace, facts)
          .map((row) => rows.row(row))
          .join(''),
    },
    graphml: { header: '', all: (traces) => graphmlText(traceGraph(traces, facts)) },
    dot: { header: '', all: (traces) => dotText(traceGraph(traces, facts)) },
  }
  return writers[format]
}

const write = async (sink: Sink, writer: Writer, traces: Iterable<ShownTrace>): Promise<void> => {
  await sink.write(writer.header)
  if (writer.all !== undefined) await sink.write(writer.all([...traces]))
  else {
    for (const trace of traces) {
      await sink.write(writer.one?.(trace) ?? '')
      if (sink.consumerGone) break
    }
  }
  await sink.close()
}

/** @returns the exit code. @throws InterplotError */
export const traceExport = async (options: TraceExportOptions): Promise<number> => {
  const { db = DEFAULT_RESULTS_FILE, outputFile = '-', format = 'ndjson', maskHops = 0 } = options
  refuseOverwriting(outputFile, [db])
  const store = openStore(db, { mode: 'read' })
  try {
    const summaries = selected(store, options)
    const names = store.hostNames()
    const facts: AddressFacts = {
      name: (address) => names.get(address) ?? null,
      place: (address) => store.placeOf(address) ?? null,
      attributions: store.providers(),
    }
    const traces = function* (): Generator<ShownTrace> {
      for (const summary of summaries) yield loaded(store, summary, maskHops)
    }
    await write(await openSink(outputFile), writerOf(format, facts), traces())
    const terminal = options.quiet === true ? quietTerminal : makeTerminal()
    terminal.note(`${countOf(summaries.length, 'trace')} exported`)
    return 0
  } finally {
    store.close()
  }
}
