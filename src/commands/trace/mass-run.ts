/** A mass trace while it runs: the engine, the live line, the store, the rows; and what is kept at its end. */

import { systemClock } from '../../core/clock.ts'
import type { HopBatch } from '../../core/hop-batch.ts'
import { newCounts } from '../../probe/mass-trace/mass-trace-counts.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import { makeScanControl } from '../../probe/scan-control.ts'
import type { Store } from '../../store/store.ts'
import { onInterruption } from '../interruption.ts'
import { giveUpMainThread } from '../run-privileges.ts'
import type { LinkChoice } from '../scan/link-choice.ts'
import type { Terminal } from '../terminal.ts'
import { collectHops } from './hop-collector.ts'
import type { HopOutput } from './hop-rows.ts'
import { type MassTraceStanding, runMassEngine } from './mass-engine.ts'
import type { MassTraceOptions } from './mass-options.ts'
import { planToSave, type ResumedMassTrace } from './mass-resume.ts'
import { type MassTraceSummary, massProgressLine, summariseMassTrace } from './mass-summary.ts'

const PROGRESS_MS = 250

/** A trace whose targets and way out are known. */
export interface PreparedMassTrace {
  options: MassTraceOptions
  plan: MassTracePlan
  choice: LinkChoice
  store: Store | null
  output: HopOutput | null
  resumed: ResumedMassTrace | null
  dropPrivileges: boolean
  terminal: Terminal
}

/** The run in the results file: a new one, or the one that is gone on with. */
const beginRun = ({ store, plan, resumed }: PreparedMassTrace, startedUs: number): number | null => {
  if (store === null) return null
  const method = `${plan.kind} paris`
  if (resumed !== null) {
    store.reopenRun(resumed.runId)
    store.beginTraces(resumed.runId, { targets: plan.targets, method, startedUs: resumed.startedUs })
    return resumed.runId
  }
  const runId = store.beginRun({
    command: 'trace',
    arguments: process.argv.slice(2),
    module: `mass-${plan.kind}`,
    ...(plan.port === 0 ? {} : { ports: String(plan.port) }),
    seed: plan.seed,
    startedUs,
  })
  store.saveMassTrace(runId, { plan: planToSave(plan), targets: plan.targets })
  store.beginTraces(runId, { targets: plan.targets, method, startedUs })
  return runId
}

export interface MassTraceEnd {
  summary: MassTraceSummary
  /** What a limit has ended may be gone on with, as what a person has. */
  outcome: 'done' | 'interrupted' | 'failed'
  byPerson: boolean
}

const finish = ({ store }: PreparedMassTrace, runId: number | null, { summary, outcome }: MassTraceEnd): void => {
  if (store === null || runId === null) return
  const finishedUs = systemClock.nowUs()
  store.finishTraces(runId, finishedUs)
  store.finishRun(runId, { finishedUs, outcome, summary })
  if (outcome === 'done') store.forgetMassTrace(runId)
}

/** Traces, with the person's limits and the live line. @throws what the engine, the store or the output throws. */
export const runPreparedTrace = async (prepared: PreparedMassTrace): Promise<MassTraceEnd> => {
  const { options, plan, choice, store, output, resumed, dropPrivileges, terminal } = prepared
  const startedUs = systemClock.nowUs()
  const runId = beginRun(prepared, startedUs)
  const collector = store === null || runId === null ? null : collectHops(store, runId)
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  let standing: MassTraceStanding | null = null
  let stoppedEarly = false
  const stop = (): void => {
    stoppedEarly = true
    control.stopSending()
  }
  const interruption = onInterruption(() => {
    stop()
    control.stopReceiving()
  })
  const timer = setInterval(() => {
    if (standing !== null) terminal.live(massProgressLine(standing))
  }, PROGRESS_MS)
  const sentBeforeUs = resumed?.from?.counts.sendingUs ?? 0
  let outcome: MassTraceEnd['outcome'] = 'failed'
  let ended: MassTraceEnd
  try {
    await runMassEngine({
      ...choice,
      plan,
      control,
      ...(resumed?.from === undefined ? {} : { from: resumed.from }),
      dropPrivileges,
      keepsStates: store !== null,
      async onHops(batch: HopBatch) {
        collector?.add(batch)
        await output?.write(batch)
        if (output?.consumerGone() === true) stop()
      },
      onStanding(now) {
        // The first says that every socket is open.
        if (standing === null) giveUpMainThread(dropPrivileges)
        standing = now
        if (now.counts.sendingUs - sentBeforeUs >= (options.maxRuntime ?? Number.POSITIVE_INFINITY)) stop()
      },
      onState(state) {
        collector?.flush()
        if (store !== null && runId !== null) store.saveMassTraceState(runId, state, systemClock.nowUs())
      },
    })
    outcome = stoppedEarly ? 'interrupted' : 'done'
  } finally {
    clearInterval(timer)
    terminal.clear()
    interruption.dispose()
    const counts = (standing as MassTraceStanding | null)?.counts ?? newCounts()
    const summary = summariseMassTrace(plan, counts, systemClock.nowUs() - startedUs)
    ended = { summary, outcome, byPerson: interruption.requested }
    collector?.flush()
    finish(prepared, runId, ended)
    await output?.close()
  }
  return ended
}
