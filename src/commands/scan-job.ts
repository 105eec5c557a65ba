/** A scan while it runs: the link, the live line, the store, the rows, the status file; and what is written at its end. */

import { systemClock } from '../core/clock.ts'
import { REPLY_REPEAT, type ReplyBatch, rowsWhere } from '../core/reply-batch.ts'
import { probeModules } from '../probe/modules/index.ts'
import { makeScanControl, type ScanControl } from '../probe/scan-control.ts'
import { probeCount, type ScanPlan } from '../probe/scan-plan.ts'
import { runScan } from '../probe/scanner.ts'
import type { Store } from '../store/store.ts'
import { onInterruption } from './interruption.ts'
import type { LinkChoice } from './link-choice.ts'
import type { LoggedTerminal } from './log.ts'
import type { ScanOutput } from './scan-output.ts'
import { progressLine, type ScanSummary, summarise } from './scan-summary.ts'
import { makeScanTally, type ScanTally } from './scan-tally.ts'
import { runThreadedScan } from './scan-threads.ts'
import { openStatusFile, type ScanStatus } from './status-updates.ts'
import type { Terminal } from './terminal.ts'

const PROGRESS_MS = 250

export interface ScanJob {
  plan: ScanPlan
  choice: LinkChoice
  store: Store | null
  output: ScanOutput | null
  /** Ports as the person wrote them. */
  ports: string | undefined
  statusFile: string | undefined
  terminal: LoggedTerminal
  /** Called at the end, however it came. */
  onEnd: (end: JobEnd) => Promise<void>
}

export interface JobEnd {
  summary: ScanSummary
  tally: Readonly<ScanTally>
  outcome: 'done' | 'interrupted' | 'failed'
  startedUs: number
  finishedUs: number
}

type BatchHandler = (batch: ReplyBatch) => Promise<void>

const probe = async ({ plan, choice }: ScanJob, control: ScanControl, onBatch: BatchHandler): Promise<void> => {
  if (choice.kind.threads) return runThreadedScan({ plan, spec: choice.spec, control, onBatch })
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

const statusOf = (plan: ScanPlan, control: ScanControl, startedUs: number): (() => ScanStatus) => {
  let stoppedUs: number | null = null
  return () => {
    const nowUs = systemClock.nowUs()
    if (control.sendingStopped()) stoppedUs ??= nowUs
    return {
      date: new Date(nowUs / 1000),
      elapsedUs: nowUs - startedUs,
      totals: control.totals(),
      planned: probeCount(plan),
      ratePps: plan.ratePps,
      cooldownUs: plan.cooldownUs,
      senders: stoppedUs === null ? plan.senders : 0,
      sinceSentUs: stoppedUs === null ? null : nowUs - stoppedUs,
    }
  }
}

const isFirst = ({ flags }: ReplyBatch, row: number): boolean => (flags[row]! & REPLY_REPEAT) === 0

/** Runs the job with everything that must be there around it. */
export const runJob = async (job: ScanJob): Promise<JobEnd> => {
  const { plan, store, output, terminal } = job
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  const stop = (): void => {
    control.stopSending()
    control.stopReceiving()
  }
  let failure: { error: unknown } | null = null
  const fail = (error: unknown): void => {
    failure ??= { error }
    stop()
  }
  const startedUs = systemClock.nowUs()
  const status =
    job.statusFile === undefined ? null : openStatusFile(job.statusFile, statusOf(plan, control, startedUs), fail)
  const runId = store?.beginRun({
    command: 'scan',
    arguments: process.argv.slice(2),
    module: plan.module,
    ...(job.ports === undefined ? {} : { ports: job.ports }),
    seed: plan.seed,
    startedUs,
  })
  const { fields } = probeModules.get(plan.module)
  const { count, tally } = makeScanTally(fields.find(({ name }) => name === 'app_success'))
  const onBatch = async (batch: ReplyBatch): Promise<void> => {
    count(batch)
    terminal.log.write('trace', 'scan', `${batch.count} rows of replies`)
    if (store !== null && runId !== undefined) store.appendReplies(runId, rowsWhere(batch, isFirst))
    await output?.write(batch)
    if (output?.consumerGone() === true) stop()
  }
  const interruption = onInterruption(stop)
  const watch = watchProgress(plan, control, terminal)
  let outcome: JobEnd['outcome'] = 'failed'
  const end = (finishedUs: number): JobEnd => {
    const summary = summarise(plan, control.totals(), control.sendingUs(), finishedUs - startedUs)
    return { summary, tally, outcome, startedUs, finishedUs }
  }
  try {
    await probe(job, control, onBatch)
    if (failure !== null) throw (failure as { error: unknown }).error
    outcome = interruption.requested ? 'interrupted' : 'done'
  } finally {
    watch.stop()
    interruption.dispose()
    status?.stop()
    const ended = end(systemClock.nowUs())
    if (store !== null && runId !== undefined) {
      store.finishRun(runId, { finishedUs: ended.finishedUs, outcome, summary: ended.summary })
    }
    await job.onEnd(ended)
  }
  return end(systemClock.nowUs())
}
