/** The work of `interplot scan`: selects, plans, probes, keeps and reports. */

import { InterplotError } from '../../core/errors.ts'
import { ipv4 } from '../../core/ip.ts'
import { formatCount } from '../../core/units.ts'
import { probeModules } from '../../probe/modules/index.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import { openStore, type Store } from '../../store/store.ts'
import { type Privileges, settlePrivileges } from '../run-privileges.ts'
import { dryRunForm, printDryRun } from './dry-run.ts'
import { dryRunRoute } from './dry-run-route.ts'
import { checkEngine } from './engine-choice.ts'
import { type LoggedTerminal, makeLoggedTerminal } from './log.ts'
import { listing } from './scan-listing.ts'
import { checkFiles, dbPathOf, refuseSettled, type ScanOptions } from './scan-options.ts'
import { makePlan, plannedRate, portsOf, probeModuleOf } from './scan-plan-options.ts'
import { resumeScan } from './scan-resume.ts'
import { runPrepared } from './scan-run.ts'
import { scanTargets } from './scan-targets.ts'

const NOTHING_OPENED: Privileges = { drop: false, line: 'none needed' }

/** A scan only appends. */
const STORE_CACHE_KB = 8192

const openResults = (path: string | null, create: boolean): Store | null =>
  path === null ? null : openStore(path, { mode: 'write', create, cacheKb: STORE_CACHE_KB })

/** Goes on with the unfinished scan of a results file. */
const resume = async (
  path: string,
  options: ScanOptions,
  dropPrivileges: boolean,
  terminal: LoggedTerminal,
): Promise<number> => {
  refuseSettled(options)
  const store = openResults(path, false)!
  try {
    const resumed = await resumeScan(store, terminal)
    const { plan, origin } = resumed
    const module = probeModules.get(plan.module)
    const { pairs, addresses, ports } = plan.targets
    await checkEngine(options, module, pairs !== undefined)
    terminal.note(
      `going on with run ${resumed.runId} of ${path}: ${formatCount(resumed.base['targets'] ?? 0)} targets done`,
    )
    return await runPrepared({
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
      lists: { allowlist: null, blocklist: null, region: null },
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
  const { targets, selection, region, sample, pairsFile } = found
  const module = probeModuleOf(options, targets.pairs !== undefined)
  await checkEngine(options, module, targets.pairs !== undefined)
  if (form !== null) {
    const { route, ends } = await dryRunRoute(options, sample)
    await printDryRun(form, makePlan(options, module.name, targets, route), ends)
    return 0
  }
  const portCount = targets.pairs === undefined ? targets.ports.length : 2
  return runPrepared({
    options,
    module,
    planFor: (route, keepRepeats) => makePlan({ ...options, keepRepeats }, module.name, targets, route),
    sample,
    origin: { pairsFile, portsText: options.targetPorts ?? null },
    lists: { ...selection, region },
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
