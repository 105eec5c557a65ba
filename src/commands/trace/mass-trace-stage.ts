/** The work of a mass trace: selects, plans, traces, keeps and reports. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import type { HopBatch } from '../../core/hop-batch.ts'
import { type Ipv4, ipv4 } from '../../core/ip.ts'
import { randomSeed } from '../../core/random.ts'
import { formatCount, formatPacketRate } from '../../core/units.ts'
import { newCounts } from '../../probe/mass-trace/mass-trace-counts.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import { makeScanControl } from '../../probe/scan-control.ts'
import { openStore, type Store } from '../../store/store.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { checkOutput } from '../output-path.ts'
import { chooseLink, describeLink, type LinkChoice, type LinkChoiceOptions } from '../scan/link-choice.ts'
import { giveUpMainThread, settlePrivileges } from '../scan/scan-privileges.ts'
import { type SelectionOptions, selectTargets } from '../scan/target-selection.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { collectHops } from './hop-collector.ts'
import { type HopOutput, openHopOutput } from './hop-rows.ts'
import { type MassTraceStanding, runMassEngine } from './mass-engine.ts'
import { type MassPlanOptions, makeMassPlan, massRatePps, massTargets } from './mass-plan.ts'
import { planToSave, type ResumedMassTrace, resumeMassTrace } from './mass-resume.ts'
import { type MassTraceSummary, massProgressLine, massSummaryLines, summariseMassTrace } from './mass-summary.ts'

const PROGRESS_MS = 250
/** Hops go all over the tables of a large run. */
const STORE_CACHE_KB = 65_536

export interface MassTraceOptions
  extends Omit<MassPlanOptions, 'seed'>,
    Partial<Omit<SelectionOptions, 'region'>>,
    LinkChoiceOptions {
  seed?: string
  /** A list of targets, instead of naming them. */
  targetsFile?: string
  /** The results file; false = none. */
  db: string | false
  /** Goes on with the unfinished mass trace of a results file. */
  resume?: string
  outputFile?: string
  outputFormat?: string
  /** Microseconds of sending. */
  maxRuntime?: number
  json?: boolean
  quiet?: boolean
  keepPrivileges?: boolean
}

interface Prepared {
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
const beginRun = ({ store, plan, resumed }: Prepared, startedUs: number): number | null => {
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

interface End {
  summary: MassTraceSummary
  /** What a limit has ended may be gone on with, as what a person has. */
  outcome: 'done' | 'interrupted' | 'failed'
  byPerson: boolean
}

const finish = ({ store }: Prepared, runId: number | null, { summary, outcome }: End): void => {
  if (store === null || runId === null) return
  const finishedUs = systemClock.nowUs()
  store.finishTraces(runId, finishedUs)
  store.finishRun(runId, { finishedUs, outcome, summary })
  if (outcome === 'done') store.forgetMassTrace(runId)
}

/** Traces, with the person's limits and the live line. @throws what the engine, the store or the output throws. */
const runPrepared = async (prepared: Prepared): Promise<End> => {
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
  let outcome: End['outcome'] = 'failed'
  let ended: End
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

const planFor = async (
  options: MassTraceOptions,
  resumed: ResumedMassTrace | null,
  terminal: Terminal,
): Promise<[MassTracePlan, LinkChoice]> => {
  if (resumed !== null) {
    const { plan } = resumed
    const choice = await chooseLink(options, ipv4(plan.targets[0]!))
    const paced = options.rate !== undefined || options.bandwidth !== undefined
    const ratePps = paced ? massRatePps(plan, options) : plan.ratePps
    return [{ ...plan, source: choice.spec.sourceAddress, ratePps }, choice]
  }
  const { targets: asked = [], targetsFile, allowSpecial = [], ...rest } = options
  const selection = await selectTargets({
    ...rest,
    targets: asked,
    allowSpecial,
    ...(targetsFile === undefined ? {} : { allowlistFile: targetsFile }),
  })
  for (const note of selection.notes) terminal.note(note)
  const seeded = { ...options, seed: options.seed ?? randomSeed() }
  const targets = massTargets(selection.addresses, seeded)
  const choice = await chooseLink(options, targets[0]! as Ipv4)
  return [makeMassPlan(targets, choice.spec.sourceAddress, seeded), choice]
}

const report = ({ options, terminal }: Prepared, { summary, outcome, byPerson }: End): number => {
  for (const line of massSummaryLines(summary)) terminal.note(line)
  const path = options.resume ?? options.db
  if (path !== false) terminal.note(`kept in ${path}: next, interplot geolocate ${path}`)
  if (outcome === 'interrupted') terminal.note(`not done${path === false ? '' : `; go on with --resume ${path}`}`)
  if (options.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`)
  return byPerson ? EXIT_INTERRUPTED : 0
}

/** @throws InterplotError ERR_USAGE for options that cannot stand together. */
const checkOptions = (options: MassTraceOptions): void => {
  const { outputFile, outputFormat, resume, db, json } = options
  const refuse = (message: string, advice: string): never => {
    throw new InterplotError('ERR_USAGE', message, { advice })
  }
  if (outputFile === '-' && json === true)
    refuse('rows and the summary both want standard output', 'Name a file with -o.')
  if (outputFile === undefined && outputFormat !== undefined) refuse('a format, but no output', 'Name a file with -o.')
  if (outputFile === undefined && db === false && resume === undefined && json !== true)
    refuse('nothing would be kept', 'Name a results file, or a file for the rows.')
  if (options.targetsFile !== undefined && (options.targets?.length || options.allowlistFile !== undefined))
    refuse('a file of targets, and targets or an allowlist beside it', 'Give one of them.')
  if (options.interface?.includes(',') === true)
    refuse('a mass trace leaves through one interface', 'Name one interface.')
  if (outputFile !== undefined)
    checkOutput(
      outputFile,
      [resume ?? db].filter((path) => path !== false),
    )
}

/** @returns the exit code. @throws InterplotError for everything that is wrong before or while tracing. */
export const massTrace = async (options: MassTraceOptions): Promise<number> => {
  checkOptions(options)
  const { drop } = await settlePrivileges(options)
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const path = options.resume ?? options.db
  const store =
    path === false
      ? null
      : openStore(path, { mode: 'write', create: options.resume === undefined, cacheKb: STORE_CACHE_KB })
  try {
    const resumed = options.resume === undefined ? null : resumeMassTrace(store!)
    const [plan, choice] = await planFor(options, resumed, terminal)
    for (const note of choice.notes) terminal.note(note)
    const how = plan.exhaustive ? 'every TTL' : 'as few probes as will do'
    terminal.note(
      `${describeLink(choice)}: ${formatCount(plan.targets.length)} targets, ${plan.kind}, ${how}, up to ${formatPacketRate(plan.ratePps)}`,
    )
    const output =
      options.outputFile === undefined ? null : await openHopOutput(options.outputFile, options.outputFormat)
    const prepared: Prepared = { options, plan, choice, store, output, resumed, dropPrivileges: drop, terminal }
    return report(prepared, await runPrepared(prepared))
  } finally {
    store?.close()
  }
}
