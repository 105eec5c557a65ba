/** The work of a mass trace: selects, plans, traces, keeps and reports. */

import { InterplotError } from '../../core/errors.ts'
import { type Ipv4, ipv4 } from '../../core/ip.ts'
import { randomSeed } from '../../core/random.ts'
import { formatCount, formatPacketRate } from '../../core/units.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import { openStore } from '../../store/store.ts'
import { EXIT_INTERRUPTED } from '../interruption.ts'
import { checkOutput } from '../output-path.ts'
import { settlePrivileges } from '../run-privileges.ts'
import { chooseLink, describeLink, type LinkChoice } from '../scan/link-choice.ts'
import { selectTargets } from '../scan/target-selection.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { openHopOutput } from './hop-rows.ts'
import type { MassTraceOptions } from './mass-options.ts'
import { makeMassPlan, massRatePps, massTargets } from './mass-plan.ts'
import { type ResumedMassTrace, resumeMassTrace } from './mass-resume.ts'
import { type MassTraceEnd, type PreparedMassTrace, runPreparedTrace } from './mass-run.ts'
import { massSummaryLines } from './mass-summary.ts'

/** Hops go all over the tables of a large run. */
const STORE_CACHE_KB = 65_536

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
    const cooldownUs = options.cooldownTime ?? plan.cooldownUs
    return [{ ...plan, source: choice.spec.sourceAddress, ratePps, cooldownUs }, choice]
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

const report = ({ options, terminal }: PreparedMassTrace, { summary, outcome, byPerson }: MassTraceEnd): number => {
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
    const prepared: PreparedMassTrace = {
      options,
      plan,
      choice,
      store,
      output,
      resumed,
      dropPrivileges: drop,
      terminal,
    }
    return report(prepared, await runPreparedTrace(prepared))
  } finally {
    store?.close()
  }
}
