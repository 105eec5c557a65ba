/**
 * What a scenario becomes in network namespaces, worked out before anything is touched: one namespace for the vantage
 * point, one for every router, one for every group of networks that behave alike, joined by veth pairs. Pure.
 *
 * All addresses are single (/32) and every next hop is declared on-link, so no subnet and no broadcast address takes
 * anything away from the networks; a whole network answers because its prefix is a local route (AnyIP).
 */

import { formatIpv4, parseIpv4 } from '../core/ip.ts'
import { checkForKernel, pathNames, refuse } from './namespace-limits.ts'
import type { PortState, Scenario, ScenarioNetwork, ScenarioRouter } from './scenario.ts'

/** A port and what a probe to it meets; `*` is every other port. */
export type PortStates = Readonly<Record<string, PortState>>

export interface PlannedNode {
  name: string
  role: 'vantage' | 'router' | 'hosts'
  /** The node's own address, dotted. */
  address: string
  /** Prefixes that it answers for. */
  prefixes: string[]
  echo: boolean
  tcp: PortStates
  udp: PortStates
}

/** One-way, each direction. */
export interface LineQuality {
  delayMs: number
  jitterMs: number
  loss: number
}

/** A veth pair from a node towards one that is further from the vantage point. */
export interface PlannedLine {
  near: number
  far: number
  nearInterface: string
  farInterface: string
  nearMac: string
  farMac: string
  quality: LineQuality
  /** Prefixes and addresses that lie beyond. */
  beyond: string[]
}

export interface NamespacePlan {
  /** Node 0 is the vantage point. */
  nodes: PlannedNode[]
  /** Line 0 is the vantage point's only one. A node's way back is the first line that leads to it. */
  lines: PlannedLine[]
  vantageAddress: string
  /** What differs from the scenario without making results wrong, for the person. */
  notes: string[]
}

const MAX_NODES = 64
const VANTAGE_INTERFACE = 'lab0'

const hex = (value: number): string => (value & 255).toString(16).padStart(2, '0')

/** Networks that one namespace can answer for, because they behave alike and lie behind the same routers. */
const groupNetworks = (networks: readonly ScenarioNetwork[]): ScenarioNetwork[][] => {
  const groups = new Map<string, ScenarioNetwork[]>()
  for (const network of networks) {
    const { tcp, udp, echo, path, delayMs, jitterMs } = network
    const key = JSON.stringify([tcp, udp, echo, path, path.length > 0 && [delayMs, jitterMs]])
    groups.set(key, [...(groups.get(key) ?? []), network])
  }
  return [...groups.values()]
}

/** Grows the plan from the vantage point outwards. */
const makeBuilder = (scenario: Scenario) => {
  const nodes: PlannedNode[] = []
  const lines: PlannedLine[] = []
  const byName = new Map<string, number>()

  const addNode = (node: Partial<PlannedNode> & Pick<PlannedNode, 'name' | 'role'>): number => {
    const index = nodes.length
    if (index === MAX_NODES) throw refuse(`an internet of more than ${MAX_NODES} routers and kinds of networks`)
    const address = formatIpv4(0xa9fe4d00 + index)
    nodes.push({ address, prefixes: [], echo: true, tcp: {}, udp: {}, ...node })
    return index
  }

  const lineBetween = (near: number, far: number, quality: LineQuality): PlannedLine => {
    const known = lines.find((line) => line.near === near && line.far === far)
    if (known !== undefined) return known
    const index = lines.length
    const line: PlannedLine = {
      near,
      far,
      nearInterface: index === 0 ? VANTAGE_INTERFACE : `down${index}`,
      farInterface: `up${index}`,
      nearMac: `02:00:00:00:${hex(index)}:0a`,
      farMac: `02:00:00:00:${hex(index)}:0b`,
      quality,
      beyond: [],
    }
    lines.push(line)
    return line
  }

  const routerNode = (router: ScenarioRouter): number => {
    const known = byName.get(router.name)
    if (known !== undefined) return known
    const index = addNode({ name: router.name, role: 'router', address: router.address })
    byName.set(router.name, index)
    return index
  }

  const addBeyond = (line: PlannedLine, targets: readonly string[]): void => {
    for (const target of targets) if (!line.beyond.includes(target)) line.beyond.push(target)
  }

  /** Lays the line of routers to a group of networks, and the networks' namespace at its end. */
  const addGroup = (group: readonly ScenarioNetwork[], first: number): void => {
    const sample = group[0]!
    const prefixes = group.map((network) => network.prefix)
    const { echo, tcp, udp, delayMs, jitterMs } = sample
    const routers = pathNames(sample).map((name) => scenario.routers.find((each) => each.name === name)!)
    const passed: PlannedLine[] = []
    let at = first
    for (const router of routers) {
      const next = routerNode(router)
      const line = lineBetween(at, next, router)
      passed.push(line)
      for (const each of passed) addBeyond(each, [`${nodes[next]!.address}/32`])
      at = next
    }
    const hosts = addNode({ name: sample.name ?? sample.prefix, role: 'hosts', prefixes, echo, tcp, udp })
    const quality = routers.length > 0 ? { delayMs, jitterMs, loss: 0 } : { delayMs: 0, jitterMs: 0, loss: 0 }
    passed.push(lineBetween(at, hosts, quality))
    for (const each of passed) addBeyond(each, [...prefixes, `${nodes[hosts]!.address}/32`])
  }

  return { nodes, lines, addNode, addGroup, lineBetween, addBeyond }
}

const contains = (prefix: string, address: string): boolean => {
  const [base = '', bits = '32'] = prefix.split('/')
  const blockSize = 2 ** (32 - Number(bits))
  return Math.floor(parseIpv4(base)! / blockSize) === Math.floor(parseIpv4(address)! / blockSize)
}

/** @throws InterplotError ERR_SCENARIO naming the first thing that a kernel cannot do. */
export const planNamespaces = (scenario: Scenario): NamespacePlan => {
  checkForKernel(scenario)
  const builder = makeBuilder(scenario)
  const { nodes, lines, addNode, addGroup, lineBetween, addBeyond } = builder
  const notes: string[] = []
  const vantageAddress = scenario.vantage.address
  let first = addNode({ name: 'vantage', role: 'vantage', address: vantageAddress })
  const around = scenario.networks.find(({ prefix }) => contains(prefix, vantageAddress))
  if (around !== undefined) {
    notes.push(`the vantage point's own address ${vantageAddress} lies in ${around.prefix} and does not answer`)
  }
  const groups = groupNetworks(scenario.networks)
  const firstHops = new Set(groups.map((group, index) => pathNames(group[0]!)[0] ?? `hosts ${index}`))
  if (firstHops.size > 1) {
    first = addNode({ name: 'edge', role: 'router' })
    lineBetween(0, first, { delayMs: 0, jitterMs: 0, loss: 0 })
    notes.push('the ways part at the vantage point: a router "edge" was put before them, one hop more than planned')
  }
  for (const group of groups) addGroup(group, first)
  if (first !== 0)
    addBeyond(
      lines[0]!,
      lines.slice(1).flatMap((line) => line.beyond),
    )
  return { nodes, lines, vantageAddress, notes }
}
