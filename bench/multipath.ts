/**
 * Multipath discovery on simulated diamonds: how often every interface and every link is found, and what it costs beside what the
 * rule asks for. Each seed is another internet: other hashes, other branches for each flow.
 *
 * The bound is that of the algorithm at the same confidence, for somebody who knows the graph: flows are drawn, hop by hop, until
 * as many as the stopping rule asks for have passed each router (a flow that passes a router with enough of them is wasted,
 * as it is for us), then each is tried once behind it; and each balancer costs the repetitions of one flow. It is the mean of
 * 200 random draws.
 *
 *   npx tsx bench/multipath.ts [SEEDS]
 */

import { parseIpv4 } from '../src/core/ip.ts'
import { makeInternet } from '../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../src/lab/scenario.ts'
import { simLinkKind } from '../src/link/sim-link.ts'
import { openExchange } from '../src/probe/trace/exchange.ts'
import { traceKinds } from '../src/probe/trace/kinds/index.ts'
import { discoverMultipath, type MultipathGraph } from '../src/probe/trace/multipath.ts'
import { stoppingPoint } from '../src/probe/trace/stopping-point.ts'
import { cidrSet } from '../src/targets/cidr-set.ts'
import { makeTargetSet, mintTarget } from '../src/targets/target-set.ts'
import { parseTargetArguments } from '../src/targets/target-syntax.ts'

const SEEDS = Number(process.argv[2] ?? 200)
const CONFIDENCE = 0.95
const VANTAGE = parseIpv4('10.77.0.1')!
const TARGET = parseIpv4('10.64.0.9')!
const DRAWS = 200

type Step = NonNullable<ScenarioInput['networks'][number]['path']>[number]

let made = 0
/** A router of its own. */
const one = (): string => {
  made += 1
  return `r${made}`
}
const wide = (width: number, balance: 'flow' | 'packet' = 'flow'): Step => ({
  balance,
  branches: Array.from({ length: width }, () => [one()]),
})
const CASES: readonly (readonly [name: string, path: () => Step[]])[] = [
  ['2 wide', () => [one(), wide(2), one()]],
  ['4 wide', () => [one(), wide(4), one()]],
  ['8 wide', () => [one(), wide(8), one()]],
  ['16 wide', () => [one(), wide(16), one()]],
  ['2, 4, 8 in a row', () => [one(), wide(2), one(), wide(4), one(), wide(8), one()]],
  [
    'nested: 2 × 4',
    () => [one(), { balance: 'flow', branches: Array.from({ length: 2 }, () => [one(), wide(4), one()]) }, one()],
  ],
  [
    'nested: 4 × 4 × 2',
    () => [
      one(),
      {
        balance: 'flow',
        branches: Array.from({ length: 4 }, () => [
          one(),
          { balance: 'flow' as const, branches: Array.from({ length: 4 }, () => [one(), wide(2), one()]) },
          one(),
        ]),
      },
      one(),
    ],
  ],
  ['4 wide, per packet', () => [one(), wide(4, 'packet'), one()]],
  ['8 wide, per packet, then 4 per flow', () => [one(), wide(8, 'packet'), one(), wide(4), one()]],
]

/** The graph as it is: who follows whom. */
interface Truth {
  /** By TTL. */
  hops: Set<string>[]
  links: Set<string>
  /** `ttl name` → successors, and how they are picked. */
  next: Map<string, { packet: boolean; to: string[] }>
}

const truthOf = (path: Step[], addressOf: (name: string) => string): Truth => {
  const truth: Truth = { hops: [], links: new Set(), next: new Map() }
  const put = (ttl: number, name: string): void => {
    truth.hops[ttl] ??= new Set()
    truth.hops[ttl].add(name)
  }
  /** @returns the routers with which the steps begin and end, and the TTL behind them. */
  const walk = (
    steps: readonly Step[],
    ttl: number,
    before: { names: string[]; packet: boolean },
  ): { ttl: number; names: string[]; packet: boolean } => {
    let at = ttl
    let last = before
    for (const step of steps) {
      if (typeof step === 'string') {
        const name = addressOf(step)
        put(at, name)
        for (const from of last.names) link(at - 1, from, name, last.packet)
        last = { names: [name], packet: false }
        at += 1
      } else if ('branches' in step) {
        const ends = step.branches.map((branch) =>
          walk(branch as Step[], at, { names: last.names, packet: step.balance === 'packet' }),
        )
        last = { names: ends.flatMap(({ names }) => names), packet: false }
        at = ends[0]!.ttl
      }
    }
    return { ttl: at, ...last }
  }
  const link = (ttl: number, from: string, to: string, packet: boolean): void => {
    const key = `${ttl} ${from}`
    const way = truth.next.get(key) ?? { packet, to: [] }
    truth.next.set(key, way)
    if (!way.to.includes(to)) way.to.push(to)
    if (from !== '') truth.links.add(`${ttl} ${from} ${to}`)
  }
  const end = walk(path, 1, { names: [''], packet: false })
  put(end.ttl, 'target')
  for (const from of end.names) link(end.ttl - 1, from, 'target', false)
  return truth
}

/** Mean probes of the rule for somebody who knows the graph. */
const boundOf = (truth: Truth): number => {
  const balancers = [...truth.next.values()].filter(({ to }) => to.length > 1).length
  const risk = (1 - CONFIDENCE) / (balancers + 1)
  const needed = (key: string): number => {
    const way = truth.next.get(key)
    return way === undefined ? 0 : stoppingPoint(way.to.length, risk)
  }
  let sum = 0
  for (let draw = 0; draw < DRAWS; draw += 1) {
    /** One flow's way, drawn as it goes. */
    const flow = (): string[] => {
      const way = ['']
      for (let ttl = 0; ; ttl += 1) {
        const to = truth.next.get(`${ttl} ${way[ttl]}`)?.to
        if (to === undefined) return way
        way.push(to[Math.floor(Math.random() * to.length)]!)
      }
    }
    const flows: string[][] = []
    // Tried at each TTL: those that the rule wants behind each router, and those that were looked for.
    for (let ttl = 0; ttl + 1 < truth.hops.length; ttl += 1) {
      const names = ttl === 0 ? [''] : [...truth.hops[ttl]!]
      const passed = new Map(names.map((name) => [name, 0]))
      for (const each of flows) passed.set(each[ttl]!, (passed.get(each[ttl]!) ?? 0) + 1)
      while (names.some((name) => passed.get(name)! < needed(`${ttl} ${name}`))) {
        const each = flow()
        flows.push(each)
        passed.set(each[ttl]!, passed.get(each[ttl]!)! + 1)
        if (ttl > 0) sum += 1
      }
      for (const name of names) sum += needed(`${ttl} ${name}`)
      for (const name of names)
        if ((truth.next.get(`${ttl} ${name}`)?.to.length ?? 0) > 1) sum += stoppingPoint(1, risk) - 1
    }
  }
  return sum / DRAWS
}

const namesIn = (path: readonly Step[]): string[] =>
  path.flatMap((step) =>
    typeof step === 'string'
      ? [step]
      : 'branches' in step
        ? step.branches.flatMap((branch) => namesIn(branch as Step[]))
        : [],
  )

const discover = async (path: Step[], names: string[], seed: string): Promise<MultipathGraph> => {
  const scenario: ScenarioInput = {
    name: 'diamonds',
    seed,
    vantage: { address: '10.77.0.1' },
    routers: names.map((name, i) => ({ name, address: `10.9.${i >> 8}.${i & 255}`, delayMs: 5 })),
    networks: [{ prefix: '10.64.0.0/24', path }],
  }
  const kind = simLinkKind(makeInternet(parseScenario(scenario, 'bench')), { sourceAddress: VANTAGE })
  const link = kind.open(await kind.resolve({}), { mayBlock: true })
  const targets = makeTargetSet(cidrSet(parseTargetArguments(['10.64.0.0/24']).ranges), Uint16Array.of(0))
  const udp = traceKinds.get('udp')
  const exchange = openExchange({
    link,
    kind: udp,
    settings: { rule: 'paris', destinationPort: udp.defaultPort },
    mint: () => mintTarget(targets, TARGET),
    seed,
    ratePps: 100_000,
  })
  return discoverMultipath(exchange, TARGET, { confidence: CONFIDENCE })
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

print(`multipath discovery, ${SEEDS} seeds each, confidence ${CONFIDENCE}`)
for (const [name, make] of CASES) {
  const path = make()
  const names = namesIn(path)
  const numberOf = new Map(names.map((each, i) => [each, `${0x0a090000 + i}`]))
  const truth = truthOf(path, (each) => numberOf.get(each)!)
  let whole = 0
  let probes = 0
  let packetsTold = 0
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const graph = await discover(path, names, `seed ${seed}`)
    probes += graph.probes
    const text = (address: unknown): string => (address === TARGET ? 'target' : String(address))
    const found = graph.nodes.map(({ ttl, address }) => `${ttl} ${text(address)}`)
    const links = new Set(graph.links.map(({ ttl, from, to }) => `${ttl} ${text(from)} ${text(to)}`))
    const wanted = truth.hops.flatMap((set, ttl) => [...set].map((each) => `${ttl} ${each}`))
    const right =
      wanted.every((each) => found.includes(each)) &&
      found.length === wanted.length &&
      [...truth.links].every((each) => links.has(each)) &&
      links.size === truth.links.size
    if (right) whole += 1
    const told = new Map(graph.nodes.map(({ ttl, address, balance }) => [`${ttl} ${text(address)}`, balance]))
    const kinds = [...truth.next].filter(([key, { to }]) => to.length > 1 && !key.endsWith(' '))
    if (kinds.every(([key, { packet }]) => told.get(key) === (packet ? 'packet' : 'flow'))) packetsTold += 1
  }
  const bound = boundOf(truth)
  const mean = probes / SEEDS
  print(
    `${name.padEnd(36)} whole graph ${((whole / SEEDS) * 100).toFixed(1).padStart(5)} %   balancers told ${((packetsTold / SEEDS) * 100).toFixed(1).padStart(5)} %   probes ${mean.toFixed(1).padStart(7)}   bound ${bound.toFixed(1).padStart(7)}   ratio ${(mean / bound).toFixed(3)}`,
  )
}
