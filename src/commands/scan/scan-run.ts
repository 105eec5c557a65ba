/** A scan from its targets to its last line: link and engine, results file and outputs, and what is said about it. */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../../core/ip.ts'
import { formatCount } from '../../core/units.ts'
import { specText } from '../../link/spec-text.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import type { ScanLimits } from '../../probe/scan-limits.ts'
import { type ScanPlan, withOneSender } from '../../probe/scan-plan.ts'
import type { Store } from '../../store/store.ts'
import { EXIT_INTERRUPTED } from '../interruption.ts'
import { bannerLine, checkBanners, openBannerStage } from './banner-stage.ts'
import { chooseEngine } from './engine-choice.ts'
import { isSimulated } from './link-choice.ts'
import type { LoggedTerminal } from './log.ts'
import { writeMetadata } from './metadata-file.ts'
import { bigScanAdvice } from './scan-advice.ts'
import type { EngineChoice } from './scan-engine.ts'
import { type JobEnd, runJob, type ScanJob } from './scan-job.ts'
import { scanMetadata } from './scan-metadata.ts'
import { dbPathOf, type ScanOptions } from './scan-options.ts'
import { type PlannedOutput, planScanOutput, type ScanOutput } from './scan-output.ts'
import { bandwidthPps, type Route } from './scan-plan-options.ts'
import type { PlanOrigin, ResumedScan } from './scan-resume.ts'
import { describePlan, summaryLines } from './scan-summary.ts'
import type { ScanTargets } from './scan-targets.ts'
import type { NamedSelection } from './target-selection.ts'

const EXIT_FAILED = 1

/** A scan whose targets are known, and nothing else. */
export interface PreparedScan {
  options: ScanOptions
  module: ProbeModule
  /** The plan, once the route is known. */
  planFor: (route: Route, keepRepeats: boolean) => ScanPlan
  sample: Ipv4
  origin: PlanOrigin
  /** What the lists held, for the metadata. */
  lists: Pick<NamedSelection, 'allowlist' | 'blocklist'> & Pick<ScanTargets, 'region'>
  portCount: number
  openStore: () => Store | null
  resumed: ResumedScan | null
  dropPrivileges: boolean
  terminal: LoggedTerminal
}

const report = (
  options: ScanOptions,
  { summary, banners, outcome, bannersInterrupted, gaveUp }: JobEnd,
  terminal: LoggedTerminal,
  canResume: boolean,
): number => {
  for (const line of summaryLines(summary)) terminal.note(line)
  if (banners !== null) terminal.note(bannerLine(banners))
  const dbPath = dbPathOf(options)
  if (dbPath !== null) terminal.note(`kept in ${dbPath}: next, interplot geolocate ${dbPath}`)
  const interrupted = outcome === 'interrupted'
  if (interrupted) {
    const next = dbPath === null || !canResume ? '' : `; go on with: interplot scan --resume ${dbPath}`
    terminal.note(`interrupted: the ${formatCount(summary.accepted)} replies so far are kept${next}`)
  }
  if (bannersInterrupted) terminal.note('interrupted while hosts were asked for banners: the scan itself is done')
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(banners === null ? summary : { ...summary, banners })}\n`)
  if (interrupted || bannersInterrupted) return EXIT_INTERRUPTED
  return gaveUp ? EXIT_FAILED : 0
}

const limitsOf = ({ maxRuntime, maxSendtoFailures, minHitrate }: ScanOptions): ScanLimits => ({
  ...(maxRuntime === undefined ? {} : { maxRuntimeUs: maxRuntime }),
  ...(maxSendtoFailures === undefined ? {} : { maxSendFailures: maxSendtoFailures }),
  ...(minHitrate === undefined ? {} : { minHitRate: minHitrate / 100 }),
})

/** A sender for each interface at least. @throws InterplotError ERR_USAGE when fewer are asked for. */
const sendersFor = (interfaces: number, { senderThreads }: ScanOptions, resumed: ResumedScan | null): number => {
  if (senderThreads === undefined && resumed === null) return interfaces
  throw new InterplotError('ERR_USAGE', `${interfaces} interfaces want as many senders`, {
    advice:
      resumed === null
        ? 'Leave --sender-threads out, or give more.'
        : 'The scan that is gone on with has fewer: name fewer interfaces.',
  })
}

/** The engine, and the plan with what it and the way out ask for; says both. */
const settlePlan = async (prepared: PreparedScan, keepRepeats: boolean): Promise<[EngineChoice, ScanPlan]> => {
  const { options, module, terminal } = prepared
  const choice = await chooseEngine(options, module, prepared.sample)
  const { engine, specs } = choice
  const asked = prepared.planFor(choice.route, keepRepeats)
  const plan = engine.oneSender === null ? asked : withOneSender(asked)
  if (engine.oneSender !== null && engine.oneSender !== '' && asked.senders > 1) {
    terminal.note(`one sending thread instead of ${asked.senders}: ${engine.oneSender}`)
  }
  if (plan.senders < specs.length) plan.senders = sendersFor(specs.length, options, prepared.resumed)
  for (const note of choice.notes) terminal.note(note)
  terminal.note(`${choice.description}; ${describePlan(plan, options.rate === 'auto')}`)
  if (!engine.isSimulation) for (const line of bigScanAdvice(plan)) terminal.note(line)
  terminal.log.write('debug', 'scan', `link ${specText(specs)}`)
  return [choice, plan]
}

/** What has been opened for a scan. */
interface OpenScan {
  plan: ScanPlan
  choice: EngineChoice
  planned: PlannedOutput | null
  output: ScanOutput | null
  store: Store | null
}

const bannersFor = ({ options }: PreparedScan, { plan, store }: OpenScan): ScanJob['openBanners'] => {
  if (options.banner !== true) return null
  const [localAddress] = options.sourceIp ?? []
  return (runId) =>
    openBannerStage({
      plan,
      options,
      ...(localAddress === undefined ? {} : { localAddress: formatIpv4(localAddress) }),
      keep(banners) {
        if (store !== null && runId !== null) store.putBanners(runId, banners)
      },
    })
}

const metadataOf = (
  { options, lists }: PreparedScan,
  { plan, choice, planned, output }: OpenScan,
  end: JobEnd,
): Record<string, unknown> => {
  const interfaceName = choice.specs.map((each) => each.interfaceName).join(',')
  return scanMetadata({
    ...end,
    ...lists,
    options,
    plan,
    spec: { ...choice.spec, interfaceName },
    argumentsGiven: process.argv.slice(2),
    output:
      planned === null || output === null
        ? null
        : { module: planned.module, filter: planned.filter, rows: output.rows() },
  })
}

const jobOf = (prepared: PreparedScan, open: OpenScan): ScanJob => {
  const { options } = prepared
  const { plan, choice, store, output } = open
  return {
    plan,
    choice,
    store,
    output,
    openBanners: bannersFor(prepared, open),
    origin: prepared.origin,
    statusFile: options.statusUpdatesFile,
    terminal: prepared.terminal,
    quiet: options.quiet === true,
    limits: limitsOf(options),
    maxResults: options.maxResults ?? Number.POSITIVE_INFINITY,
    cores: options.cores ?? [],
    autoRate: options.rate === 'auto',
    maxPps: options.bandwidth === undefined ? Number.POSITIVE_INFINITY : bandwidthPps(plan, options.bandwidth),
    canaries: options.canaries === true,
    dropPrivileges: prepared.dropPrivileges,
    resumed: prepared.resumed,
    async onEnd(end) {
      await output?.close()
      if (options.metadataFile !== undefined) {
        await writeMetadata(options.metadataFile, metadataOf(prepared, open, end))
      }
    },
  }
}

/** Probes, with the link, the results file and the outputs open. @returns the exit code. */
export const runPrepared = async (prepared: PreparedScan): Promise<number> => {
  const { options, module, terminal } = prepared
  const planned = planScanOutput(options, module, prepared.portCount)
  const otherFiles = [options.outputFile, dbPathOf(options) ?? undefined, options.metadataFile]
  checkBanners(
    options,
    module.name,
    isSimulated(options),
    otherFiles.filter((file) => file !== undefined),
  )
  // The metadata count every reply, so repeats are handed on for them, too.
  const keepRepeats = planned?.wantsRepeats === true || options.metadataFile !== undefined
  const [choice, plan] = await settlePlan(prepared, keepRepeats)
  const store = prepared.openStore()
  try {
    const [sourceAddress, ...moreSources] = plan.sourceAddresses
    const context = moreSources.length > 0 || sourceAddress === undefined ? {} : { sourceAddress }
    const output = (await planned?.open(context)) ?? null
    const ended = await runJob(jobOf(prepared, { plan, choice, planned, output, store }))
    return report(options, ended, terminal, choice.engine.canResume)
  } finally {
    store?.close()
  }
}
