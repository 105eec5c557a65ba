/** The work of `interplot demo`: the real stages, one after the other, over the simulated Internet. */

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ipv4, ipv4 } from '../core/ip.ts'
import { packageRoot } from '../core/package-root.ts'
import { randomStream } from '../core/random.ts'
import { formatCount, formatDuration } from '../core/units.ts'
import { geoProviders } from '../geo/providers/index.ts'
import { readCities } from '../lab/cities.ts'
import type { Internet } from '../lab/internet.ts'
import type { Scenario } from '../lab/scenario.ts'
import { scenarioDatabase } from '../lab/scenario-database.ts'
import { worldScenario } from '../lab/world.ts'
import type { Link } from '../link/contract.ts'
import { makeScanControl } from '../probe/scan-control.ts'
import type { ScanPlan } from '../probe/scan-plan.ts'
import { runScan } from '../probe/scanner.ts'
import { openExchange } from '../probe/trace/exchange.ts'
import { traceKinds } from '../probe/trace/kinds/index.ts'
import { traceAll } from '../probe/trace/tracer.ts'
import { openStore } from '../store/store.ts'
import { selectAddresses } from '../targets/selection.ts'
import { makeTargetSet, mintTarget } from '../targets/target-set.ts'
import { parseTargetArguments } from '../targets/target-syntax.ts'
import { fillResultsFile } from './geo/geolocate-stage.ts'
import { describePlaces, type PlaceCounts } from './geo/place-counts.ts'
import type { PictureSize } from './option-parsers.ts'
import { drawMap, readResults } from './render/map-drawing.ts'
import { pixelsOf } from './render/render-options.ts'
import { makePlan } from './scan/scan-plan-options.ts'
import { simulate } from './scan/simulated-link.ts'
import { makeTerminal, type Terminal } from './terminal.ts'

export interface DemoOptions {
  outputFile: string
  size?: PictureSize
  db: string
  seed?: string
}

const DEFAULT_SEED = 'demo'
const TRACES = 40
/** Reserved space, where the simulated world lies: it is opened for the simulation only. */
const SIMULATED_SPACE = '240.0.0.0/4'
/** In virtual time: the simulation runs as fast as it computes. */
const RATE_PPS = 200_000

interface World {
  scenario: Scenario
  internet: Internet
  link: Link
  plan: ScanPlan
}

const buildWorld = async (seed: string): Promise<World> => {
  const cities = readCities(fileURLToPath(new URL('data/cities.csv', packageRoot)))
  const scenario = worldScenario({ cities, seed })
  const { internet, kind } = simulate(scenario)
  const spec = await kind.resolve({})
  const { ranges } = parseTargetArguments(scenario.networks.map(({ prefix }) => prefix))
  const opened = parseTargetArguments([SIMULATED_SPACE]).ranges
  const { addresses } = selectAddresses({ targets: ranges, allowlist: null, blocklist: [], opened })
  const targets = makeTargetSet(addresses, Uint16Array.of(0))
  const plan = makePlan({ seed, rate: RATE_PPS }, 'icmp-echo', targets, spec)
  return { scenario, internet, link: kind.open(spec, { mayBlock: true }), plan }
}

const scanWorld = async (
  { link, plan }: World,
  db: string,
  terminal: Terminal,
): Promise<{ runId: number; found: number; hosts: Uint32Array }> => {
  const store = openStore(db, { mode: 'write', create: true })
  try {
    const control = makeScanControl()
    control.setRatePps(plan.ratePps)
    const runId = store.beginRun({
      command: 'demo',
      arguments: process.argv.slice(2),
      module: plan.module,
      seed: plan.seed,
      startedUs: link.clock.nowUs(),
    })
    const hosts: number[] = []
    const progress = terminal.progress('scanning')
    await runScan({
      plan,
      link,
      control,
      onBatch(batch) {
        store.appendReplies(runId, batch)
        for (let row = 0; row < batch.count; row += 1)
          if (batch.classification[row] === 0) hosts.push(batch.address[row]!)
        progress({ done: control.totals().sent, total: plan.targets.targetCount, unit: 'addresses' })
      },
    })
    terminal.clear()
    const { success, sent } = control.totals()
    store.finishRun(runId, { finishedUs: link.clock.nowUs(), outcome: 'done', summary: { sent, success } })
    return { runId, found: success, hosts: Uint32Array.from(hosts) }
  } finally {
    store.close()
  }
}

/** Hosts in as many different countries as there are traces to make, chosen by the seed. */
const chooseFarHosts = ({ internet, plan }: World, hosts: Uint32Array): Ipv4[] => {
  const random = randomStream(plan.seed, 'demo traces')
  const countries = new Set<string>()
  const chosen: Ipv4[] = []
  for (let tries = 0; tries < 20_000 && chosen.length < TRACES; tries += 1) {
    const host = ipv4(hosts[random.nextBelow(hosts.length)]!)
    const country = internet.describe(host).place?.countryCode ?? ''
    if (countries.has(country)) continue
    countries.add(country)
    chosen.push(host)
  }
  return chosen
}

const traceWorld = async (
  world: World,
  db: string,
  runId: number,
  hosts: Uint32Array,
): Promise<{ traces: number; hops: number }> => {
  const store = openStore(db, { mode: 'write' })
  const exchange = openExchange({
    link: world.link,
    kind: traceKinds.get('icmp'),
    settings: { rule: 'paris', destinationPort: 0 },
    mint: (address) => mintTarget(world.plan.targets, address as Ipv4),
    seed: world.plan.seed,
    ratePps: RATE_PPS,
  })
  try {
    let hops = 0
    const targets = chooseFarHosts(world, hosts)
    await traceAll(exchange, {
      targets,
      onTrace(trace) {
        store.putTrace(runId, { ...trace, id: randomUUID(), method: 'icmp paris', source: exchange.source })
        hops += new Set(trace.hops.flatMap((hop) => hop.address ?? [])).size
      },
    })
    return { traces: targets.length, hops }
  } finally {
    await exchange.close()
    store.close()
  }
}

/** The simulated world's own geolocation database: a real one, in MaxMind DB format, read by the real provider. */
const locateWorld = async ({ scenario }: World, db: string, terminal: Terminal): Promise<PlaceCounts> => {
  const folder = mkdtempSync(join(tmpdir(), 'interplot-demo-'))
  try {
    const path = join(folder, 'world.mmdb')
    writeFileSync(path, scenarioDatabase(scenario))
    const provider = await geoProviders.get('mmdb').open({ databases: [path] })
    const { counts } = await fillResultsFile(db, provider, { refresh: true, terminal })
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const timed = async <T>(work: () => Promise<T>): Promise<{ value: T; took: string }> => {
  const startMs = performance.now()
  const value = await work()
  return { value, took: formatDuration((performance.now() - startMs) * 1000) }
}

/** @returns the exit code. */
export const demo = async (options: DemoOptions): Promise<number> => {
  const terminal = makeTerminal()
  const seed = options.seed ?? DEFAULT_SEED
  const startMs = performance.now()
  const step = (name: string, found: string, took: string): void =>
    terminal.note(`${name.padEnd(9)} ${found.padEnd(64)} ${took}`)

  const built = await timed(() => buildWorld(seed))
  const world = built.value
  const { networks, routers } = world.scenario
  step(
    'build',
    `a world of ${formatCount(networks.length)} networks and ${formatCount(routers.length)} routers`,
    built.took,
  )

  const scanned = await timed(() => scanWorld(world, options.db, terminal))
  const { runId, found, hosts } = scanned.value
  step(
    'scan',
    `${formatCount(found)} hosts answered among ${formatCount(world.plan.targets.targetCount)} addresses`,
    scanned.took,
  )

  const traced = await timed(() => traceWorld(world, options.db, runId, hosts))
  step(
    'trace',
    `${traced.value.traces} paths with ${formatCount(traced.value.hops)} hops from ${world.scenario.vantage.place?.city ?? 'here'}`,
    traced.took,
  )

  const located = await timed(() => locateWorld(world, options.db, terminal))
  step('geolocate', `addresses: ${describePlaces(located.value)}`, located.took)

  const drawn = await timed(async () => {
    const { data } = readResults(options.db, { run: runId })
    data.title = 'A simulated Internet'
    data.attributions = ['Simulated data: every host, router and address is invented', ...data.attributions]
    await drawMap(data, options.outputFile, options.size === undefined ? {} : pixelsOf(options.size))
  })
  step('render', `${resolve(options.outputFile)}`, drawn.took)
  terminal.note(
    `all in ${formatDuration((performance.now() - startMs) * 1000)}; the rows are in ${resolve(options.db)}`,
  )
  await world.link.close()
  return 0
}
