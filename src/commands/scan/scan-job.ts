/** A scan while it runs: the link, the live line, the store, the rows, the status file; and what is written at its end. */

import { systemClock } from '../../core/clock.ts'
import { REPLY_REPEAT, REPLY_SUCCESS, type ReplyBatch, rowsWhere } from '../../core/reply-batch.ts'
import { interfaceDropReader } from '../../link/interface-counters.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { makeScanControl, type ScanControl, type ScanTotals } from '../../probe/scan-control.ts'
import type { ScanLimits } from '../../probe/scan-limits.ts'
import { probeCount, type ScanPlan } from '../../probe/scan-plan.ts'
import type { Store } from '../../store/store.ts'
import { onInterruption } from '../interruption.ts'
import type { Terminal } from '../terminal.ts'
import type { BannerCounts, BannerStage } from './banner-stage.ts'
import { startLiveControl } from './live-control.ts'
import type { LoggedTerminal } from './log.ts'
import type { EngineChoice } from './scan-engine.ts'
import type { ScanOutput } from './scan-output.ts'
import { type PlanOrigin, type ResumedScan, storedPlan } from './scan-resume.ts'
import { makeProgressLine, type ScanSummary, summarise } from './scan-summary.ts'
import { supervise } from './scan-supervision.ts'
import { makeScanTally, type ScanTally } from './scan-tally.ts'
import { openStatusFile, type ScanStatus } from './status-updates.ts'

const PROGRESS_MS = 250

export interface ScanJob {
  plan: ScanPlan
  choice: EngineChoice
  store: Store | null
  output: ScanOutput | null
  /** Asks the found hosts, on behalf of the run; null without `--banner`. */
  openBanners: ((runId: number | null) => Promise<BannerStage>) | null
  /** What the plan cannot say about where its targets came from. */
  origin: PlanOrigin
  statusFile: string | undefined
  terminal: LoggedTerminal
  quiet: boolean
  limits: ScanLimits
  /** Results after which the scan ends. */
  maxResults: number
  /** Processors for the threads; none = the kernel chooses. */
  cores: readonly number[]
  autoRate: boolean
  /** `--rate auto` goes no faster. */
  maxPps: number
  canaries: boolean
  /** Whether threads give up their rights when their sockets are open. */
  dropPrivileges: boolean
  /** The parts before, of a scan that is gone on with. */
  resumed: ResumedScan | null
  /** Called at the end, however it came. */
  onEnd: (end: JobEnd) => Promise<void>
}

export interface JobEnd {
  summary: ScanSummary
  /** Null without `--banner`. */
  banners: BannerCounts | null
  tally: Readonly<ScanTally>
  /** Of the probing. */
  outcome: 'done' | 'interrupted' | 'failed'
  /** Probing was over when a person ended the asking for banners. */
  bannersInterrupted: boolean
  /** True when a limit that stands for trouble ended the scan. */
  gaveUp: boolean
  startedUs: number
  finishedUs: number
}

/** The live line. */
const watchProgress = (look: () => string, terminal: Terminal): { stop: () => void } => {
  const timer = setInterval(() => terminal.live(look()), PROGRESS_MS)
  return {
    stop() {
      terminal.live(look())
      clearInterval(timer)
      terminal.clear()
    },
  }
}

/** Counters of this part of a run, with those of the parts before. */
interface Counters {
  totals(): ScanTotals
  sendingUs(): number
}

type Base = Readonly<Record<string, number>>

const withBase = (totals: ScanTotals, base: Base): ScanTotals => {
  const sum = { ...totals }
  for (const name of Object.keys(sum) as (keyof ScanTotals)[]) sum[name] += base[name] ?? 0
  return sum
}

const countersOf = (control: ScanControl, base: Base): Counters => ({
  totals: () => withBase(control.totals(), base),
  sendingUs: () => control.sendingUs() + (base['sendingUs'] ?? 0),
})

const statusOf = (plan: ScanPlan, control: ScanControl, counters: Counters, startedUs: number): (() => ScanStatus) => {
  let stoppedUs: number | null = null
  return () => {
    const nowUs = systemClock.nowUs()
    if (control.sendingStopped()) stoppedUs ??= nowUs
    return {
      date: new Date(nowUs / 1000),
      elapsedUs: nowUs - startedUs,
      totals: counters.totals(),
      planned: probeCount(plan),
      ratePps: control.ratePps(),
      cooldownUs: plan.cooldownUs,
      senders: stoppedUs === null ? plan.senders : 0,
      sinceSentUs: stoppedUs === null ? null : nowUs - stoppedUs,
    }
  }
}

const isFirst = ({ flags }: ReplyBatch, row: number): boolean => (flags[row]! & REPLY_REPEAT) === 0

/** Counts results; the batch in which the last of them lies is cut behind it. @returns true when that was reached. */
const makeResultLimit = (maxResults: number): ((batch: ReplyBatch) => boolean) => {
  let left = maxResults
  return (batch) => {
    if (left === Number.POSITIVE_INFINITY) return false
    for (let row = 0; row < batch.count; row += 1) {
      if ((batch.flags[row]! & (REPLY_SUCCESS | REPLY_REPEAT)) !== REPLY_SUCCESS) continue
      left -= 1
      if (left > 0) continue
      batch.count = row + 1
      return true
    }
    return false
  }
}

/** The run in the results file: a new one, or one that is gone on with. */
const beginRun = ({ store, plan, origin, resumed, choice }: ScanJob, startedUs: number): number | null => {
  if (store === null) return null
  if (resumed !== null) {
    store.reopenRun(resumed.runId)
    return resumed.runId
  }
  const runId = store.beginRun({
    command: 'scan',
    arguments: process.argv.slice(2),
    module: plan.module,
    ...(origin.portsText === null ? {} : { ports: origin.portsText }),
    seed: plan.seed,
    startedUs,
  })
  if (choice.engine.canResume) store.savePlan(runId, storedPlan(plan, origin))
  return runId
}

/** Probes, and gives the banners the time they need; a failure of the probing ends them, too. */
const askAfter = async (
  probe: () => Promise<void>,
  banners: BannerStage | null,
  onAsking: () => void,
): Promise<void> => {
  try {
    await probe()
  } catch (error) {
    banners?.cancel()
    throw error
  } finally {
    onAsking()
    await banners?.finish()
  }
}

/** Runs the job with everything that must be there around it. */
export const runJob = async (job: ScanJob): Promise<JobEnd> => {
  const { plan, store, output, terminal, resumed } = job
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
  const base = resumed?.base ?? {}
  const counters = countersOf(control, base)
  const startedUs = systemClock.nowUs()
  const status =
    job.statusFile === undefined
      ? null
      : openStatusFile(job.statusFile, statusOf(plan, control, counters, startedUs), fail)
  const runId = beginRun(job, startedUs)
  const { fields } = probeModules.get(plan.module)
  const { count, tally } = makeScanTally(fields.find(({ name }) => name === 'app_success'))
  const isFull = makeResultLimit(job.maxResults)
  let full = false
  const dropReaders = job.choice.specs.map(({ interfaceName }) => interfaceDropReader(interfaceName))
  const interfaceDrops = (): number => dropReaders.reduce((sum, read) => sum + read(), 0)
  const { engine } = job.choice
  const { maxRuntimeUs: _engineKnows, ...otherLimits } = job.limits
  const supervision = supervise({
    ...job,
    limits: engine.isSteerable ? job.limits : otherLimits,
    control,
    interfaceDrops,
    onNote: (line) => terminal.note(line),
    onCheckpoint({ positions, totals: reached, sendingUs }) {
      if (store === null || runId === null) return
      const totals = { ...withBase(reached, base), sendingUs: sendingUs + (base['sendingUs'] ?? 0) }
      store.saveCheckpoint(runId, { positions, totals, savedUs: systemClock.nowUs() })
    },
  })
  const banners = (await job.openBanners?.(runId)) ?? null
  const onBatch = async (batch: ReplyBatch): Promise<void> => {
    if (full) return
    full = isFull(batch)
    count(batch)
    supervision.onBatch(batch)
    banners?.onBatch(batch)
    terminal.log.write('trace', 'scan', `${batch.count} rows of replies`)
    if (store !== null && runId !== null) store.appendReplies(runId, rowsWhere(batch, isFirst))
    await output?.write(batch)
    if (full || output?.consumerGone() === true) stop()
  }
  const interruption = onInterruption(() => {
    stop()
    banners?.cancel()
  })
  const handlers = { change: supervision.changeRate, togglePause: supervision.togglePause }
  const live = engine.isSteerable ? startLiveControl(handlers, job.quiet) : null
  const progressLine = makeProgressLine(plan)
  let asking = false
  const look = (): string =>
    asking && banners !== null
      ? banners.progress()
      : progressLine({
          totals: counters.totals(),
          sendingUs: counters.sendingUs(),
          isSending: !control.sendingStopped(),
          nowUs: systemClock.nowUs(),
        })
  const watch = watchProgress(look, terminal)
  let outcome: JobEnd['outcome'] = 'failed'
  const end = (finishedUs: number): JobEnd => ({
    summary: summarise({
      plan,
      totals: counters.totals(),
      sendingUs: counters.sendingUs(),
      elapsedUs: finishedUs - startedUs,
      tally,
      canaries: supervision.canaryCounts(),
      answeringNetworks: supervision.answeringNetworks().length,
      interfaceDrops: interfaceDrops(),
    }),
    banners: banners?.counts() ?? null,
    tally,
    outcome,
    bannersInterrupted: outcome === 'done' && interruption.requested,
    gaveUp: supervision.ended()?.isFailure === true,
    startedUs,
    finishedUs,
  })
  const probe = async (): Promise<void> => {
    await engine.run({
      plan,
      control,
      supervision,
      cores: job.cores,
      dropPrivileges: job.dropPrivileges,
      ...(resumed === null ? {} : { earlier: resumed.earlier }),
      ...(job.limits.maxRuntimeUs === undefined ? {} : { maxRuntimeUs: job.limits.maxRuntimeUs }),
      onBatch,
      onNote: (line) => terminal.note(line),
    })
    if (failure !== null) throw (failure as { error: unknown }).error
  }
  let ended: JobEnd
  try {
    let probed: JobEnd['outcome'] = 'done'
    await askAfter(probe, banners, () => {
      asking = true
      if (interruption.requested) probed = 'interrupted'
    })
    outcome = probed
  } finally {
    watch.stop()
    live?.stop()
    interruption.dispose()
    status?.stop()
    ended = end(systemClock.nowUs())
    if (store !== null && runId !== null) {
      store.putAnsweringNetworks(runId, supervision.answeringNetworks())
      // What a limit has ended may be gone on with, as what a person has.
      const whole = outcome !== 'done' || supervision.ended() === null
      store.finishRun(runId, {
        finishedUs: ended.finishedUs,
        outcome: whole ? outcome : 'interrupted',
        summary: banners === null ? ended.summary : { ...ended.summary, banners: ended.banners },
      })
      if (outcome === 'done' && whole) store.forgetPlan(runId)
    }
    await job.onEnd(ended)
  }
  return ended
}
