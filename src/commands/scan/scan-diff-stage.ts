/** The work of `interplot scan diff`: reads two results files, compares, prints. */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4 } from '../../core/ip.ts'
import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import type { Value } from '../../core/reply-field.ts'
import { formatCount } from '../../core/units.ts'
import { openSink } from '../../output/sink.ts'
import { STATES_A_TARGET } from '../../store/reply-states.ts'
import { openStore, type Store } from '../../store/store.ts'
import { refuseOverwriting } from '../output-path.ts'
import { makeTerminal, quietTerminal } from '../terminal.ts'
import { type Change, differences } from './scan-difference.ts'
import { outputFormatFor } from './scan-output.ts'

export interface ScanDiffOptions {
  before: string
  after: string
  beforeRun?: number
  afterRun?: number
  port?: number
  allReplies?: boolean
  outputFile?: string
  outputModule?: string
  headerRow?: boolean
  exitCode?: boolean
  quiet?: boolean
  json?: boolean
}

const COLUMNS = ['change', 'saddr', 'sport', 'before', 'after'] as const
/** With --exit-code, as diff and git diff have it. */
const EXIT_DIFFERENT = 1

const latestScan = (store: Store): number => {
  const run = store.runs().findLast(({ command, observations }) => command === 'scan' && observations > 0)
  if (run !== undefined) return run.id
  throw new InterplotError('ERR_INPUT_FILE', `${store.path} holds no scan that found anything`, {
    advice: 'Give the results files of two scans.',
  })
}

const printed = (value: number | string | null): Value =>
  typeof value === 'number' ? (CLASSIFICATIONS[value] ?? null) : value

/** @returns the exit code. @throws InterplotError for files that can't be read or written. */
export const scanDiff = async (options: ScanDiffOptions): Promise<number> => {
  const { before, after, outputFile = '-' } = options
  if (options.json === true && outputFile === '-' && options.outputModule !== undefined) {
    throw new InterplotError('ERR_USAGE', '--json prints counts on standard output, where the rows would go', {
      advice: 'Give the rows a file with --output-file.',
    })
  }
  refuseOverwriting(outputFile, [before, after])
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const format = outputFormatFor(outputFile, options.outputModule)
  const stores: Store[] = []
  try {
    const states = [
      { path: before, run: options.beforeRun },
      { path: after, run: options.afterRun },
    ].map(({ path, run }) => {
      const store = openStore(path, { mode: 'read' })
      stores.push(store)
      return store.replyStates({
        run: run ?? latestScan(store),
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(options.allReplies === true ? { everything: true } : {}),
      })
    })
    const counts: Record<Change, number> = { appeared: 0, vanished: 0, changed: 0, moved: 0 }
    const printsRows = options.json !== true || outputFile !== '-'
    const sink = printsRows ? await openSink(outputFile) : null
    const writer = format.open(COLUMNS, { header: options.headerRow !== false })
    await sink?.write(writer.header())
    for (const { change, address, port, before: old, after: now } of differences(
      states[0]!,
      states[1]!,
      STATES_A_TARGET,
    )) {
      counts[change] += 1
      await sink?.write(writer.row([change, formatIpv4(address), port === 0 ? null : port, printed(old), printed(now)]))
      if (sink?.consumerGone === true) break
    }
    await sink?.write(writer.end())
    await sink?.close()
    if (options.json === true) process.stdout.write(`${JSON.stringify(counts)}\n`)
    const { appeared, vanished, changed, moved } = counts
    terminal.note(
      `${formatCount(appeared)} appeared, ${formatCount(vanished)} vanished, ${formatCount(changed)} changed, ${formatCount(moved)} moved`,
    )
    return options.exitCode === true && appeared + vanished + changed + moved > 0 ? EXIT_DIFFERENT : 0
  } finally {
    for (const store of stores) store.close()
  }
}
