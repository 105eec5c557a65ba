/** The work of `interplot scan`: selects, plans, probes, keeps and reports. */

import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, ipv4 } from '../core/ip.ts'
import type { ReplyBatch } from '../core/reply-batch.ts'
import { formatCount } from '../core/units.ts'
import { replyFields } from '../output/reply-fields.ts'
import { openSink } from '../output/sink.ts'
import { probeModules } from '../probe/modules/index.ts'
import { makeScanControl, type ScanControl } from '../probe/scan-control.ts'
import { type ScanPlan, senderWalk } from '../probe/scan-plan.ts'
import { runScan } from '../probe/scanner.ts'
import { openStore, type Store } from '../store/store.ts'
import { makeTargetSet, newTargetBatch } from '../targets/target-set.ts'
import { EXIT_INTERRUPTED, onInterruption } from './interruption.ts'
import { chooseLink, describeLink, type LinkChoice, type LinkChoiceOptions } from './link-choice.ts'
import { DEFAULT_RESULTS_FILE, planScanOutput, type ScanOutput, type ScanOutputOptions } from './scan-output.ts'
import { makePlan, moduleAndPorts, NO_ROUTE, type PlanOptions } from './scan-plan-options.ts'
import { describePlan, progressLine, type ScanSummary, summarise, summaryLines } from './scan-summary.ts'
import { runThreadedScan } from './scan-threads.ts'
import { selectTargets } from './target-selection.ts'
import { makeTerminal, quietTerminal, type Terminal } from './terminal.ts'

export interface ScanOptions extends PlanOptions, LinkChoiceOptions, ScanOutputOptions {
  targets: string[]
  allowlistFile?: string
  blocklistFile?: string
  allowSpecial?: string[]
  /** False for `--no-db`. */
  db?: string | false
  dryrun?: boolean
  quiet?: boolean
  json?: boolean
  listProbeModules?: boolean
  listOutputFields?: boolean
}

const PROGRESS_MS = 250

const printList = (entries: readonly { name: string; help: string }[]): number => {
  const width = Math.max(...entries.map(({ name }) => name.length))
  process.stdout.write(`${entries.map(({ name, help }) => `${name.padEnd(width)}  ${help}`).join('\n')}\n`)
  return 0
}

/** Prints every target of the shard, in order, and sends nothing. */
const dryRun = async (plan: ScanPlan): Promise<number> => {
  const sink = await openSink('-')
  const withPorts = probeModules.get(plan.module).usesPorts
  const walk = senderWalk({ ...plan, senders: 1 }, 0)
  const batch = newTargetBatch(4096)
  while (walk.next(batch, 4096, 1) > 0 && !sink.consumerGone) {
    let lines = ''
    for (let i = 0; i < batch.count; i += 1) {
      lines += withPorts
        ? `${formatIpv4(batch.addresses[i]!)}:${batch.ports[i]}\n`
        : `${formatIpv4(batch.addresses[i]!)}\n`
    }
    await sink.write(lines)
  }
  await sink.close()
  return 0
}

interface ScanJob {
  plan: ScanPlan
  choice: LinkChoice
  control: ScanControl
  onBatch: (batch: ReplyBatch) => Promise<void>
  onNote: (text: string) => void
}

const probe = async ({ plan, choice, control, onBatch, onNote }: ScanJob): Promise<void> => {
  if (choice.kind.threads) return runThreadedScan({ plan, spec: choice.spec, control, onBatch, onNote })
  const link = choice.kind.open(choice.spec, { mayBlock: false })
  try {
    await runScan({ plan, link, control, onBatch })
  } finally {
    await link.close()
  }
}

/** The live line. */
const watchProgress = (plan: ScanPlan, control: ScanControl, terminal: Terminal): { stop: () => void } => {
  const look = (): void => {
    terminal.live(progressLine(plan, control.totals(), control.sendingUs(), !control.sendingStopped()))
  }
  const timer = setInterval(look, PROGRESS_MS)
  return {
    stop() {
      look()
      clearInterval(timer)
      terminal.clear()
    },
  }
}

interface JobEnd {
  summary: ScanSummary
  interrupted: boolean
}

/** Runs the job with everything that must be there around it. @returns the summary and whether it was interrupted. */
const runJob = async (
  plan: ScanPlan,
  choice: LinkChoice,
  keep: { store: Store | null; output: ScanOutput | null; ports: string | undefined },
  terminal: Terminal,
): Promise<JobEnd> => {
  const { store, output } = keep
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  const stop = (): void => {
    control.stopSending()
    control.stopReceiving()
  }
  const startedUs = systemClock.nowUs()
  const runId = store?.beginRun({
    command: 'scan',
    arguments: process.argv.slice(2),
    module: plan.module,
    ...(keep.ports === undefined ? {} : { ports: keep.ports }),
    seed: plan.seed,
    startedUs,
  })
  const onBatch = async (batch: ReplyBatch): Promise<void> => {
    if (store !== null && runId !== undefined) store.appendReplies(runId, batch)
    await output?.write(batch)
    if (output?.consumerGone() === true) stop()
  }
  const interruption = onInterruption(stop)
  const watch = watchProgress(plan, control, terminal)
  let outcome: 'done' | 'interrupted' | 'failed' = 'failed'
  const summary = (): ScanSummary =>
    summarise(plan, control.totals(), control.sendingUs(), systemClock.nowUs() - startedUs)
  try {
    await probe({ plan, choice, control, onBatch, onNote: terminal.note })
    outcome = interruption.requested ? 'interrupted' : 'done'
  } finally {
    watch.stop()
    interruption.dispose()
    if (store !== null && runId !== undefined) {
      store.finishRun(runId, { finishedUs: systemClock.nowUs(), outcome, summary: summary() })
    }
  }
  return { summary: summary(), interrupted: outcome === 'interrupted' }
}

/** @returns the exit code. @throws InterplotError for everything that is wrong before or while probing. */
export const scan = async (options: ScanOptions): Promise<number> => {
  if (options.listProbeModules === true) return printList(probeModules.entries)
  if (options.listOutputFields === true) return printList(replyFields)
  if (options.json === true && options.outputFile === '-') {
    throw new InterplotError('ERR_USAGE', '--json and --output-file - both want standard output', {
      advice: 'Give the rows a file, or leave --json out: the results file keeps the summary of every run.',
    })
  }
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const { module, ports } = moduleAndPorts(options)
  const selection = await selectTargets({
    targets: options.targets,
    ...(options.allowlistFile === undefined ? {} : { allowlistFile: options.allowlistFile }),
    ...(options.blocklistFile === undefined ? {} : { blocklistFile: options.blocklistFile }),
    allowSpecial: options.allowSpecial ?? [],
  })
  for (const note of selection.notes) terminal.note(note)
  const targets = makeTargetSet(selection.addresses, ports)
  if (options.dryrun === true) return dryRun(makePlan(options, module, targets, NO_ROUTE))
  const openOutput = planScanOutput(options)
  const sample: Ipv4 = ipv4(selection.addresses.firsts[0]!)
  const choice = await chooseLink(options, sample)
  const plan = makePlan(options, module, targets, choice.spec)
  const { oneSender } = choice.kind
  if (oneSender !== undefined && plan.senders > 1) {
    terminal.note(`one sending thread instead of ${plan.senders}: ${oneSender}`)
    plan.senders = 1
  }
  for (const note of choice.notes) terminal.note(note)
  terminal.note(`${describeLink(choice)}; ${describePlan(plan)}`)

  const dbPath = options.db === false ? null : (options.db ?? DEFAULT_RESULTS_FILE)
  const store = dbPath === null ? null : openStore(dbPath, { mode: 'write', create: true })
  try {
    const output = (await openOutput?.(plan.sourceAddresses[0]!)) ?? null
    let ended: JobEnd
    try {
      ended = await runJob(plan, choice, { store, output, ports: options.targetPorts }, terminal)
    } finally {
      await output?.close()
    }
    const { summary, interrupted } = ended
    for (const line of summaryLines(summary)) terminal.note(line)
    if (dbPath !== null) terminal.note(`kept in ${dbPath}: next, interplot geolocate ${dbPath}`)
    if (interrupted) terminal.note(`interrupted: the ${formatCount(summary.accepted)} replies so far are kept`)
    if (options.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`)
    return interrupted ? EXIT_INTERRUPTED : 0
  } finally {
    store?.close()
  }
}
