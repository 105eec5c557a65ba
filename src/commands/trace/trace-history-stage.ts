/** The work of `interplot trace history`: traces of a results file → text, JSON, CSV or a picture. */

import { extname } from 'node:path'
import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress, parseIp } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf } from '../../core/units.ts'
import { writeAtomically } from '../../output/atomic-file.ts'
import { csvField } from '../../output/csv.ts'
import { type HistoryTrace, type PathHistory, pathHistory } from '../../probe/trace/path-history.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { TraceSummary } from '../../store/traces.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import type { PictureSize } from '../option-parsers.ts'
import { checkOutput } from '../output-path.ts'
import { timeOption } from '../render/map-query.ts'
import { pixelsOf } from '../render/render-options.ts'
import { type AddressText, historyLines, minuteOf } from './history-text.ts'
import { EXIT_CHANGED } from './route-change.ts'

export interface HistoryOptions {
  host: string
  db?: string
  since?: string
  until?: string
  method?: string
  json?: boolean
  csv?: boolean
  outputFile?: string
  size?: PictureSize
  style?: string
  exitCode?: boolean
}

const PICTURES = ['.png', '.svg']
const SIZE: PictureSize = { width: 1600, height: 900, unit: 'px' }

const isTo = ({ target, targetName }: TraceSummary, host: string): boolean =>
  target === parseIp(host) || targetName?.toLowerCase() === host.toLowerCase()

const noTraces = (store: Store, host: string, hosts: readonly string[]): InterplotError =>
  new InterplotError('ERR_USAGE', `${store.path} has no such traces to ${printableText(host)}`, {
    advice:
      hosts.length === 0 ? 'It has none at all: run interplot trace.' : `It has some to ${hosts.slice(-5).join(', ')}.`,
  })

/** Traces of one way of asking one address: only those can be told from each other by their routers. */
type ComparedTrace = HistoryTrace & Pick<TraceSummary, 'target' | 'method'>

/** A name may have had several addresses, and other kinds of probes take other ways through load balancers. */
const comparedHistory = (traces: readonly ComparedTrace[]): PathHistory => {
  const groups = new Map<string, ComparedTrace[]>()
  for (const trace of traces) {
    const key = `${formatIp(trace.target)} ${trace.method}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [trace])
    else group.push(trace)
  }
  const changes = [...groups.values()].flatMap((group) => pathHistory(group).changes)
  return { ...pathHistory(traces), changes: changes.sort((one, other) => one.atUs - other.atUs) }
}

const readTraces = (store: Store, { host, since, until, method }: HistoryOptions): ComparedTrace[] => {
  const sinceUs = since === undefined ? Number.NEGATIVE_INFINITY : timeOption('--since')(since)
  const untilUs = until === undefined ? Number.POSITIVE_INFINITY : timeOption('--until')(until)
  const all = store.traces()
  const wanted = all.filter(
    (trace) =>
      isTo(trace, host) &&
      trace.startedUs >= sinceUs &&
      trace.startedUs < untilUs &&
      (method === undefined || trace.method === method || trace.method?.split(' ')[0] === method),
  )
  const hosts = [...new Set(all.map(({ target, targetName }) => printableText(targetName ?? formatIp(target))))]
  if (wanted.length === 0) throw noTraces(store, host, hosts)
  return wanted.map(({ id, startedUs, reached, target, method: how }) => ({
    ...{ id, startedUs, reached, target, method: how },
    hops: store.hops(id) ?? [],
  }))
}

const asJson = (host: string, { traces, hops, changes }: PathHistory): string =>
  JSON.stringify(
    {
      host,
      traces: traces.map(({ id, startedUs, reached }) => ({ id, time: isoTime(startedUs), reached })),
      hops: hops.map(({ ttl, addresses, rttUs, sent, answered }) => ({
        ...{ hop: ttl, addresses: addresses.map(formatIp), sent, answered },
        rttMs: rttUs.map((each) => (each === null ? null : each / 1000)),
      })),
      changes: changes.map(({ id, previousId, atUs, hops: changed }) => ({
        ...{ trace: id, previousTrace: previousId, time: isoTime(atUs) },
        hops: changed.map(({ ttl, before, after }) => ({
          ...{ hop: ttl, before: before.map(formatIp), after: after.map(formatIp) },
        })),
      })),
    },
    null,
    2,
  )

const asCsv = (traces: readonly HistoryTrace[], { changes, hops }: PathHistory): string[] => {
  const changed = new Map(changes.map(({ id, hops: each }) => [id, new Set(each.map(({ ttl }) => ttl))]))
  const order = traces.toSorted((one, other) => one.startedUs - other.startedUs)
  return [
    'time,trace,hop,addresses,best_rtt_ms,changed',
    ...order.flatMap((trace, i) =>
      hops
        .filter(({ ttl }) => trace.hops.some((hop) => hop.ttl === ttl))
        .map(({ ttl, rttUs }) => {
          const found = trace.hops.flatMap(({ ttl: at, address }) => (at === ttl && address !== null ? [address] : []))
          const rtt = rttUs[i]
          const row = [
            isoTime(trace.startedUs),
            trace.id,
            ttl,
            [...new Set(found)].map(formatIp).join(' '),
            rtt == null ? null : rtt / 1000,
            changed.get(trace.id)?.has(ttl) === true,
          ]
          return row.map(csvField).join(',')
        }),
    ),
  ]
}

const drawHistory = async (history: PathHistory, options: HistoryOptions, textOf: AddressText): Promise<void> => {
  const { outputFile = '', size = SIZE, style = 'dark', host } = options
  const { renderHistory } = await import('../../render/history-chart.ts')
  const { traces, hops, changes } = history
  const picture = await renderHistory(
    {
      title: `The way to ${printableText(host)}`,
      subtitle: `${countOf(traces.length, 'trace')}, ${countOf(changes.length, 'change')} of the path`,
      times: traces.map(({ startedUs }) => minuteOf(startedUs)),
      rows: hops.map(({ ttl, addresses, rttUs }) => ({
        ...{ hop: String(ttl), router: addresses[0] === undefined ? 'no answer' : textOf(addresses[0]) },
        rttMs: rttUs.map((each) => (each === null ? null : each / 1000)),
      })),
      changes: changes.map(({ id }) => traces.findIndex((trace) => trace.id === id)),
    },
    { ...pixelsOf(size), backend: extname(outputFile).slice(1), style },
  )
  await writeAtomically(outputFile, async (file) => {
    await file.writeFile(picture)
  })
}

const checkOptions = ({ outputFile, json, csv, db = DEFAULT_RESULTS_FILE }: HistoryOptions): void => {
  if (json === true && csv === true) throw new InterplotError('ERR_USAGE', '--json and --csv exclude each other')
  if (outputFile === undefined) return
  if (!PICTURES.includes(extname(outputFile))) {
    throw new InterplotError('ERR_USAGE', `${outputFile} is not named like a picture of a history`, {
      advice: `Known: ${PICTURES.join(', ')}. Text, --json and --csv go to standard output.`,
    })
  }
  checkOutput(outputFile, [db])
}

/** @returns the exit code. @throws InterplotError. */
export const traceHistory = async (options: HistoryOptions): Promise<number> => {
  checkOptions(options)
  const { host, db = DEFAULT_RESULTS_FILE, outputFile, json, csv, exitCode } = options
  const store = openStore(db, { mode: 'read' })
  let traces: ComparedTrace[]
  let names: ReadonlyMap<IpAddress, string>
  try {
    traces = readTraces(store, options)
    names = store.hostNames()
  } finally {
    store.close()
  }
  const history = comparedHistory(traces)
  const textOf: AddressText = (address) => {
    const name = names.get(address)
    return name === undefined ? formatIp(address) : printableText(name)
  }
  const lines =
    json === true
      ? [asJson(host, history)]
      : csv === true
        ? asCsv(traces, history)
        : outputFile === undefined
          ? historyLines(printableText(host), history, textOf)
          : []
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  if (outputFile !== undefined) await drawHistory(history, options, textOf)
  const last = history.changes.at(-1)
  const changed = last !== undefined && last.id === history.traces.at(-1)?.id
  return exitCode === true && changed ? EXIT_CHANGED : 0
}
