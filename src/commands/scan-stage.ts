/** The work of `interplot scan`: selects, plans, probes, keeps and reports. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, ipv4 } from '../core/ip.ts'
import { formatCount } from '../core/units.ts'
import type { ProbeModule } from '../probe/modules/contract.ts'
import { probeModules } from '../probe/modules/index.ts'
import type { ScanLimits } from '../probe/scan-limits.ts'
import { type ScanPlan, withOneSender } from '../probe/scan-plan.ts'
import { openStore, type Store } from '../store/store.ts'
import { type BannerOptions, bannerLine, checkBanners, openBannerStage } from './banner-stage.ts'
import { type DryRunOptions, dryRunForm, printDryRun } from './dry-run.ts'
import { dryRunRoute } from './dry-run-route.ts'
import { chooseEngine, type EngineChoiceOptions } from './engine-choice.ts'
import { EXIT_INTERRUPTED } from './interruption.ts'
import { isSimulated } from './link-choice.ts'
import { type LoggedTerminal, type LogOptions, makeLoggedTerminal } from './log.ts'
import { checkMetadataFile, parseUserMetadata, writeMetadata } from './metadata-file.ts'
import { refuseOverwriting } from './output-path.ts'
import { bigScanAdvice } from './scan-advice.ts'
import { type JobEnd, runJob } from './scan-job.ts'
import { type ListingOptions, listing } from './scan-listing.ts'
import { type MetadataOptions, scanMetadata } from './scan-metadata.ts'
import { DEFAULT_RESULTS_FILE, planScanOutput, type ScanOutputOptions } from './scan-output.ts'
import {
  bandwidthPps,
  makePlan,
  type PlanOptions,
  plannedRate,
  portsOf,
  probeModuleOf,
  type Route,
} from './scan-plan-options.ts'
import { type PrivilegeOptions, type Privileges, settlePrivileges } from './scan-privileges.ts'
import { type PlanOrigin, type ResumedScan, resumeScan } from './scan-resume.ts'
import { describePlan, summaryLines } from './scan-summary.ts'
import { type ScanTargetOptions, scanTargets } from './scan-targets.ts'
import type { NamedSelection } from './target-selection.ts'

export interface ScanOptions
  extends PlanOptions,
    Omit<EngineChoiceOptions, 'rate'>,
    ScanOutputOptions,
    ListingOptions,
    DryRunOptions,
    LogOptions,
    MetadataOptions,
    PrivilegeOptions,
    ScanTargetOptions,
    BannerOptions {
  targets: string[]
  statusUpdatesFile?: string
  json?: boolean
  sourceIp?: readonly Ipv4[]
  cores?: readonly number[]
  canaries?: boolean
  /** Results file whose unfinished scan is to be gone on with. */
  resume?: string
}

const EXIT_FAILED = 1
const NOTHING_OPENED: Privileges = { drop: false, line: 'none needed' }

/** What the results file knows of an unfinished scan. */
const RESUME_FIXES = [
  ['targets', 'a target'],
  ['targetPorts', '--target-ports'],
  ['probeModule', '--probe-module'],
  ['probeArgs', '--probe-args'],
  ['allowlistFile', '--allowlist-file'],
  ['blocklistFile', '--blocklist-file'],
  ['optOut', '--opt-out'],
  ['listOfIpsFile', '--list-of-ips-file'],
  ['maxTargets', '--max-targets'],
  ['probes', '--probes'],
  ['probeTtl', '--probe-ttl'],
  ['validateSourcePort', '--validate-source-port'],
  ['contact', '--contact'],
  ['dedupMethod', '--dedup-method'],
  ['dedupWindowSize', '--dedup-window-size'],
  ['seed', '--seed'],
  ['shard', '--shard'],
  ['shards', '--shards'],
  ['senderThreads', '--sender-threads'],
  ['sourcePort', '--source-port'],
  ['db', '--db'],
] as const satisfies readonly (readonly [keyof ScanOptions, string])[]

/** A scan only appends. */
const STORE_CACHE_KB = 8192

const dbPathOf = ({ db }: ScanOptions): string | null => (db === false ? null : (db ?? DEFAULT_RESULTS_FILE))

/** @throws InterplotError ERR_USAGE for two outputs in one place. */
const checkFiles = (options: ScanOptions): void => {
  const { outputFile, metadataFile, statusUpdatesFile, logFile, json, userMetadata } = options
  if (json === true && outputFile === '-') {
    throw new InterplotError('ERR_USAGE', '--json and --output-file - both want standard output', {
      advice: 'Give the rows a file, or leave --json out: the results file keeps the summary of every run.',
    })
  }
  if (options.bannerOutput === '-' && (json === true || outputFile === '-' || metadataFile === '-')) {
    throw new InterplotError('ERR_USAGE', '--banner-output - wants standard output, and so does another option', {
      advice: 'Give the banners a file.',
    })
  }
  if (metadataFile === '-' && (json === true || outputFile === '-')) {
    throw new InterplotError('ERR_USAGE', '--metadata-file - wants standard output, and so does another option', {
      advice: 'Give the metadata a file.',
    })
  }
  if (userMetadata !== undefined) parseUserMetadata(userMetadata)
  const written = [metadataFile, statusUpdatesFile, logFile].filter((file) => file !== undefined)
  const kept = [outputFile, dbPathOf(options)].filter((file) => file !== undefined && file !== null)
  for (const [index, file] of written.entries()) refuseOverwriting(file, [...kept, ...written.slice(0, index)])
  if (metadataFile !== undefined) checkMetadataFile(metadataFile)
}

const report = (
  options: ScanOptions,
  { summary, banners, outcome, gaveUp }: JobEnd,
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
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(banners === null ? summary : { ...summary, banners })}\n`)
  if (interrupted) return EXIT_INTERRUPTED
  return gaveUp ? EXIT_FAILED : 0
}

interface Prepared {
  options: ScanOptions
  module: ProbeModule
  /** The plan, once the route is known. */
  planFor: (route: Route, keepRepeats: boolean) => ScanPlan
  sample: Ipv4
  origin: PlanOrigin
  /** What the lists held, for the metadata. */
  lists: Pick<NamedSelection, 'allowlist' | 'blocklist'>
  portCount: number
  openStore: () => Store | null
  resumed: ResumedScan | null
  dropPrivileges: boolean
  terminal: LoggedTerminal
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

/** Probes, with the link, the results file and the outputs open. */
const probeAndKeep = async (prepared: Prepared): Promise<number> => {
  const { options, module, terminal, resumed } = prepared
  const planned = planScanOutput(options, module, prepared.portCount)
  const { outputFile, db, sourceIp } = options
  const others = [outputFile, db === false ? undefined : (db ?? DEFAULT_RESULTS_FILE), options.metadataFile]
  checkBanners(
    options,
    module.name,
    isSimulated(options),
    others.filter((file) => file !== undefined),
  )
  const choice = await chooseEngine(options, module, prepared.sample)
  // The metadata count every reply, so repeats are handed on for them, too.
  const keepRepeats = planned?.wantsRepeats === true || options.metadataFile !== undefined
  const { engine } = choice
  const asked = prepared.planFor(choice.route, keepRepeats)
  const plan = engine.oneSender === null ? asked : withOneSender(asked)
  if (engine.oneSender !== null && engine.oneSender !== '' && asked.senders > 1) {
    terminal.note(`one sending thread instead of ${asked.senders}: ${engine.oneSender}`)
  }
  if (plan.senders < choice.specs.length) plan.senders = sendersFor(choice.specs.length, options, resumed)
  const autoRate = options.rate === 'auto'
  for (const note of choice.notes) terminal.note(note)
  terminal.note(`${choice.description}; ${describePlan(plan, autoRate)}`)
  if (!engine.isSimulation) for (const line of bigScanAdvice(plan)) terminal.note(line)
  terminal.log.write('debug', 'scan', `link ${JSON.stringify(choice.specs)}`)
  const store = prepared.openStore()
  try {
    const [sourceAddress, ...others] = plan.sourceAddresses
    const context = others.length > 0 || sourceAddress === undefined ? {} : { sourceAddress }
    const output = (await planned?.open(context)) ?? null
    const interfaceName = choice.specs.map((each) => each.interfaceName).join(',')
    const onEnd = async (end: JobEnd): Promise<void> => {
      await output?.close()
      if (options.metadataFile === undefined) return
      const rows =
        planned === null || output === null
          ? null
          : { module: planned.module, filter: planned.filter, rows: output.rows() }
      const facts = { ...end, ...prepared.lists, options, plan, spec: { ...choice.spec, interfaceName } }
      await writeMetadata(
        options.metadataFile,
        scanMetadata({ ...facts, argumentsGiven: process.argv.slice(2), output: rows }),
      )
    }
    const ended = await runJob({
      plan,
      choice,
      store,
      output,
      openBanners:
        options.banner !== true
          ? null
          : (runId) =>
              openBannerStage({
                plan,
                options,
                ...(sourceIp?.[0] === undefined ? {} : { localAddress: formatIpv4(sourceIp[0]) }),
                keep(banners) {
                  if (store !== null && runId !== null) store.putBanners(runId, banners)
                },
              }),
      origin: prepared.origin,
      statusFile: options.statusUpdatesFile,
      terminal,
      quiet: options.quiet === true,
      limits: limitsOf(options),
      maxResults: options.maxResults ?? Number.POSITIVE_INFINITY,
      cores: options.cores ?? [],
      autoRate,
      maxPps: options.bandwidth === undefined ? Number.POSITIVE_INFINITY : bandwidthPps(plan, options.bandwidth),
      canaries: options.canaries === true,
      dropPrivileges: prepared.dropPrivileges,
      resumed,
      onEnd,
    })
    return report(options, ended, terminal, choice.engine.canResume)
  } finally {
    store?.close()
  }
}

const openResults = (path: string | null, create: boolean): Store | null =>
  path === null ? null : openStore(path, { mode: 'write', create, cacheKb: STORE_CACHE_KB })

/** Goes on with the unfinished scan of a results file. */
const resume = async (
  path: string,
  options: ScanOptions,
  dropPrivileges: boolean,
  terminal: LoggedTerminal,
): Promise<number> => {
  const given = RESUME_FIXES.filter(([name]) => {
    const value = options[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })
  const [first] = given
  if (first !== undefined) {
    throw new InterplotError('ERR_USAGE', `${first[1]} cannot be chosen anew for a scan that is gone on with`, {
      advice: 'Leave it out: the results file knows.',
    })
  }
  const store = openResults(path, false)!
  try {
    const resumed = await resumeScan(store, terminal)
    const { plan, origin } = resumed
    const module = probeModules.get(plan.module)
    const { pairs, addresses, ports } = plan.targets
    terminal.note(
      `going on with run ${resumed.runId} of ${path}: ${formatCount(resumed.base['targets'] ?? 0)} targets done`,
    )
    return await probeAndKeep({
      options: { ...options, db: path },
      module,
      planFor(route, keepRepeats) {
        const continued: ScanPlan = {
          ...plan,
          sourceAddresses: route.sourceAddresses ?? [route.sourceAddress],
          mtu: route.mtu,
          keepRepeats,
        }
        if (options.rate !== undefined || options.bandwidth !== undefined)
          continued.ratePps = plannedRate(plan, options)
        if (options.cooldownTime !== undefined) continued.cooldownUs = options.cooldownTime
        return continued
      },
      sample: ipv4(pairs?.addresses[0] ?? addresses.firsts[0]!),
      origin,
      lists: { allowlist: null, blocklist: null },
      portCount: pairs === undefined ? ports.length : 2,
      openStore: () => store,
      resumed,
      dropPrivileges,
      terminal,
    })
  } finally {
    store.close()
  }
}

const scanWith = async (options: ScanOptions, { drop }: Privileges, terminal: LoggedTerminal): Promise<number> => {
  const form = dryRunForm(options)
  if (options.resume !== undefined && form === null) return resume(options.resume, options, drop, terminal)
  const asked = probeModuleOf(options, options.listOfIpsFile !== undefined && options.targetPorts === undefined)
  const found = await scanTargets(
    options,
    () => portsOf(probeModuleOf(options, false), options),
    asked.usesPorts,
    terminal,
  )
  const { targets, selection, sample, pairsFile } = found
  const module = probeModuleOf(options, targets.pairs !== undefined)
  if (form !== null) {
    const { route, ends } = await dryRunRoute(options, sample)
    await printDryRun(form, makePlan(options, module.name, targets, route), ends)
    return 0
  }
  const portCount = targets.pairs === undefined ? targets.ports.length : 2
  return probeAndKeep({
    options,
    module,
    planFor: (route, keepRepeats) => makePlan({ ...options, keepRepeats }, module.name, targets, route),
    sample,
    origin: { pairsFile, portsText: options.targetPorts ?? null },
    lists: selection,
    portCount,
    openStore: () => openResults(dbPathOf(options), true),
    resumed: null,
    dropPrivileges: drop,
    terminal,
  })
}

/** @returns the exit code. @throws InterplotError for everything that is wrong before or while probing. */
export const scan = async (options: ScanOptions): Promise<number> => {
  const list = listing(options, () => probeModuleOf(options, false))
  if (list !== null) {
    process.stdout.write(list)
    return 0
  }
  checkFiles(options)
  const privileges = dryRunForm(options) === null ? await settlePrivileges(options) : NOTHING_OPENED
  const terminal = makeLoggedTerminal(options, 'scan')
  terminal.log.write('debug', 'privileges', privileges.line)
  try {
    return await scanWith(options, privileges, terminal)
  } catch (error) {
    terminal.log.write('fatal', 'scan', error instanceof InterplotError ? error.toLine() : String(error))
    throw error
  } finally {
    terminal.log.close()
  }
}
