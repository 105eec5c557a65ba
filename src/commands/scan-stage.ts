/** The work of `interplot scan`: selects, plans, probes, keeps and reports. */

import { InterplotError } from '../core/errors.ts'
import { type Ipv4, ipv4 } from '../core/ip.ts'
import { formatCount } from '../core/units.ts'
import type { ProbeModule } from '../probe/modules/contract.ts'
import { probeModules } from '../probe/modules/index.ts'
import { openStore } from '../store/store.ts'
import { makeTargetSet } from '../targets/target-set.ts'
import { type DryRunOptions, dryRunForm, printDryRun } from './dry-run.ts'
import { dryRunRoute } from './dry-run-route.ts'
import { EXIT_INTERRUPTED } from './interruption.ts'
import { chooseLink, describeLink, type LinkChoiceOptions } from './link-choice.ts'
import { type LoggedTerminal, type LogOptions, makeLoggedTerminal } from './log.ts'
import { checkMetadataFile, parseUserMetadata, writeMetadata } from './metadata-file.ts'
import { refuseOverwriting } from './output-path.ts'
import { type JobEnd, runJob } from './scan-job.ts'
import { type ListingOptions, listing } from './scan-listing.ts'
import { type MetadataOptions, scanMetadata } from './scan-metadata.ts'
import { DEFAULT_RESULTS_FILE, type PlannedOutput, planScanOutput, type ScanOutputOptions } from './scan-output.ts'
import { makePlan, moduleAndPorts, type PlanOptions } from './scan-plan-options.ts'
import { describePlan, summaryLines } from './scan-summary.ts'
import { type NamedSelection, selectTargets } from './target-selection.ts'
import { refuseUnwired, type UnwiredOptions } from './unwired-options.ts'

export interface ScanOptions
  extends PlanOptions,
    LinkChoiceOptions,
    ScanOutputOptions,
    ListingOptions,
    DryRunOptions,
    LogOptions,
    MetadataOptions,
    UnwiredOptions {
  targets: string[]
  ignoreBlocklistErrors?: boolean
  allowSpecial?: string[]
  statusUpdatesFile?: string
  json?: boolean
  sourceIp?: readonly Ipv4[]
}

/** The probe module whose fields are asked about: no ports are needed for that. */
const chosenModule = ({ probeModule, targetPorts }: ScanOptions): ProbeModule =>
  probeModules.get(probeModule ?? (targetPorts === undefined ? 'icmp-echo' : 'tcp-syn'))

const dbPathOf = ({ db }: ScanOptions): string | null => (db === false ? null : (db ?? DEFAULT_RESULTS_FILE))

/** @throws InterplotError ERR_USAGE for two outputs in one place. */
const checkFiles = (options: ScanOptions): void => {
  const { outputFile, metadataFile, statusUpdatesFile, logFile, json, userMetadata } = options
  if (json === true && outputFile === '-') {
    throw new InterplotError('ERR_USAGE', '--json and --output-file - both want standard output', {
      advice: 'Give the rows a file, or leave --json out: the results file keeps the summary of every run.',
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

const select = (options: ScanOptions): Promise<NamedSelection> =>
  selectTargets({
    targets: options.targets,
    ...(options.allowlistFile === undefined ? {} : { allowlistFile: options.allowlistFile }),
    ...(options.blocklistFile === undefined ? {} : { blocklistFile: options.blocklistFile }),
    allowSpecial: options.allowSpecial ?? [],
    ignoreErrors: options.ignoreBlocklistErrors === true,
  })

const report = (options: ScanOptions, { summary, outcome }: JobEnd, terminal: LoggedTerminal): number => {
  for (const line of summaryLines(summary)) terminal.note(line)
  const dbPath = dbPathOf(options)
  if (dbPath !== null) terminal.note(`kept in ${dbPath}: next, interplot geolocate ${dbPath}`)
  const interrupted = outcome === 'interrupted'
  if (interrupted) terminal.note(`interrupted: the ${formatCount(summary.accepted)} replies so far are kept`)
  if (options.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`)
  return interrupted ? EXIT_INTERRUPTED : 0
}

interface Prepared {
  options: ScanOptions
  module: string
  ports: Uint16Array
  selection: NamedSelection
  planned: PlannedOutput | null
  terminal: LoggedTerminal
}

/** Probes, with the link, the results file and the outputs open. */
const probeAndKeep = async ({ options, module, ports, selection, planned, terminal }: Prepared): Promise<number> => {
  const targets = makeTargetSet(selection.addresses, ports)
  const choice = await chooseLink(options, ipv4(selection.addresses.firsts[0]!))
  // The metadata count every reply, so repeats are handed on for them, too.
  const keepRepeats = planned?.wantsRepeats === true || options.metadataFile !== undefined
  const plan = makePlan({ ...options, keepRepeats }, module, targets, choice.spec)
  for (const note of choice.notes) terminal.note(note)
  terminal.note(`${describeLink(choice)}; ${describePlan(plan)}`)
  terminal.log.write('debug', 'scan', `link ${JSON.stringify(choice.spec)}`)

  const dbPath = dbPathOf(options)
  const store = dbPath === null ? null : openStore(dbPath, { mode: 'write', create: true })
  try {
    const [sourceAddress, ...others] = plan.sourceAddresses
    const context = others.length > 0 || sourceAddress === undefined ? {} : { sourceAddress }
    const output = (await planned?.open(context)) ?? null
    const rowsOf = planned === null || output === null ? null : { module: planned.module, filter: planned.filter }
    const onEnd = async (end: JobEnd): Promise<void> => {
      await output?.close()
      if (options.metadataFile === undefined) return
      const facts = { ...end, ...selection, options, plan, spec: choice.spec, argumentsGiven: process.argv.slice(2) }
      const rows = rowsOf === null ? null : { ...rowsOf, rows: output?.rows() ?? 0 }
      await writeMetadata(options.metadataFile, scanMetadata({ ...facts, output: rows }))
    }
    const ports = options.targetPorts
    const statusFile = options.statusUpdatesFile
    return report(options, await runJob({ plan, choice, store, output, ports, statusFile, terminal, onEnd }), terminal)
  } finally {
    store?.close()
  }
}

const scanWith = async (options: ScanOptions, terminal: LoggedTerminal): Promise<number> => {
  const form = dryRunForm(options)
  refuseUnwired(options, form !== null)
  const { module, ports } = moduleAndPorts(options)
  const selection = await select(options)
  for (const note of selection.notes) terminal.note(note)
  if (form !== null) {
    const targets = makeTargetSet(selection.addresses, ports)
    const { route, ends } = await dryRunRoute(options, ipv4(selection.addresses.firsts[0]!))
    await printDryRun(form, makePlan(options, module, targets, route), ends)
    return 0
  }
  const planned = planScanOutput(options, probeModules.get(module), ports.length)
  return probeAndKeep({ options, module, ports, selection, planned, terminal })
}

/** @returns the exit code. @throws InterplotError for everything that is wrong before or while probing. */
export const scan = async (options: ScanOptions): Promise<number> => {
  const list = listing(options, () => chosenModule(options))
  if (list !== null) {
    process.stdout.write(list)
    return 0
  }
  checkFiles(options)
  const terminal = makeLoggedTerminal(options, 'scan')
  try {
    return await scanWith(options, terminal)
  } catch (error) {
    terminal.log.write('fatal', 'scan', error instanceof InterplotError ? error.toLine() : String(error))
    throw error
  } finally {
    terminal.log.close()
  }
}
