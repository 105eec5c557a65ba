/**
 * The lab in the kernel: a scenario realised in network namespaces of Linux, so that real packets go through a real
 * network stack. Nothing in it has a route out: both ends of every veth pair lie in namespaces made here, and the machine's
 * own namespace is not touched. The namespaces have no names; each lives as long as the process that holds it, which ends
 * with this process, also when this one is killed (see namespace-holder.ts).
 */

import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InterplotError } from '../core/errors.ts'
import { type Ipv4, parseIpv4 } from '../core/ip.ts'
import { packageRoot } from '../core/package-root.ts'
import { type NamespacePlan, planNamespaces } from './namespace-plan.ts'
import {
  type CommandOptions,
  commandExists,
  makeNamespace,
  type Namespace,
  runCommand,
  runScript,
} from './namespace-process.ts'
import { filterScript, isImperfect, lineScript, nodeScript, openPorts, qualityScript } from './namespace-script.ts'
import type { Scenario } from './scenario.ts'

export interface KernelLab {
  /** Runs a command at the vantage point; resolves with its exit code. */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<number>
  /** Prefixes that answer. */
  readonly networks: readonly string[]
  readonly interfaceName: string
  readonly sourceAddress: Ipv4
  readonly gatewayMac: string
  /** Where the lab differs from the scenario, for the person. */
  readonly notes: readonly string[]
  /** Ends everything that runs in the lab and removes it. */
  stop(): Promise<void>
}

const TOOLS = [
  { command: 'ip', debianPackage: 'iproute2' },
  { command: 'unshare', debianPackage: 'util-linux' },
  { command: 'nsenter', debianPackage: 'util-linux' },
] as const

const checkMachine = (): void => {
  if (process.platform !== 'linux') {
    throw new InterplotError('ERR_LAB', 'the lab in network namespaces needs Linux', {
      advice: 'Everywhere else use the in-process simulation: --link sim.',
    })
  }
  if (process.getuid?.() !== 0) {
    throw new InterplotError('ERR_LAB', 'the lab in network namespaces needs root', {
      advice: 'Run with sudo, or use the in-process simulation: --link sim.',
    })
  }
  for (const { command, debianPackage } of TOOLS) {
    if (commandExists(command)) continue
    throw new InterplotError('ERR_LAB', `the lab needs ${debianPackage} (there is no "${command}" command)`, {
      advice: `Install it: apt-get install ${debianPackage}`,
    })
  }
}

/** The ports that must not answer, or answer with a prohibition, are the work of the kernel's packet filter. */
const checkFilters = (plan: NamespacePlan): void => {
  const filtered = plan.nodes.find((node) => filterScript(node) !== null)
  if (filtered === undefined || commandExists('nft')) return
  throw new InterplotError('ERR_LAB', `filtered and prohibited ports (${filtered.name}) need the nft command`, {
    advice: 'Install it: apt-get install nftables. Or use the in-process simulation: --link sim.',
  })
}

/** @returns whether the kernel delays and loses packets as asked; it may lack netem. */
const applyQualities = async (plan: NamespacePlan, namespaces: readonly Namespace[]): Promise<boolean> => {
  for (const line of plan.lines.filter(({ quality }) => isImperfect(quality))) {
    const near = namespaces[line.near]!
    const far = namespaces[line.far]!
    try {
      await runScript(near, qualityScript(line.nearInterface, line.quality))
      await runScript(far, qualityScript(line.farInterface, line.quality))
    } catch (error) {
      const unknown = error instanceof InterplotError && /qdisc kind is unknown|not found/i.test(error.message)
      if (unknown && line.quality.loss === 0) return false
      throw unknown
        ? new InterplotError('ERR_LAB', 'loss on a line needs the netem queueing discipline, which this kernel lacks', {
            advice: 'Try: modprobe sch_netem. Or use the in-process simulation: --link sim.',
            cause: error,
          })
        : error
    }
  }
  return true
}

const build = async (plan: NamespacePlan, namespaces: Namespace[]): Promise<string[]> => {
  for (const node of plan.nodes) {
    namespaces.push(await makeNamespace(node.role === 'router' ? 'plain' : { ports: openPorts(node) }))
  }
  for (const line of plan.lines) await runScript(namespaces[line.near]!, lineScript(line, namespaces[line.far]!.pid))
  for (const [index, node] of plan.nodes.entries()) {
    await runScript(namespaces[index]!, nodeScript(plan, index))
    const filter = filterScript(node)
    if (filter !== null) await runScript(namespaces[index]!, filter)
  }
  const delayed = await applyQualities(plan, namespaces)
  return delayed ? [] : ['this kernel has no netem: lines have no delay']
}

/** What a command finds in its environment: this Node.js and `interplot` on its path, and the prefixes that are the lab's. */
export const labEnvironment = (prefixes: readonly string[]): Record<string, string> => {
  const { PATH = '' } = process.env
  const folders = [fileURLToPath(new URL('lab/bin', packageRoot)), dirname(process.execPath), PATH]
  return { PATH: folders.join(delimiter), INTERPLOT_LAB: prefixes.join(',') }
}

/**
 * Builds the scenario in network namespaces.
 * @throws InterplotError ERR_LAB (no root, no iproute2, …); ERR_SCENARIO naming what a kernel cannot do.
 */
export const startKernelLab = async (scenario: Scenario): Promise<KernelLab> => {
  const plan = planNamespaces(scenario)
  checkMachine()
  checkFilters(plan)
  const namespaces: Namespace[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(namespaces.splice(0).map((each) => each.end()))
  }
  let notes: string[]
  try {
    notes = await build(plan, namespaces)
  } catch (error) {
    await stop()
    throw error
  }
  const vantage = namespaces[0]!
  const networks = plan.nodes.flatMap((node) => node.prefixes)
  const environment = labEnvironment(networks)
  return {
    run: (command, args, options = {}) =>
      runCommand(vantage, [command, ...args], { ...options, env: { ...environment, ...options.env } }),
    networks,
    interfaceName: plan.lines[0]!.nearInterface,
    sourceAddress: parseIpv4(plan.vantageAddress)!,
    gatewayMac: plan.lines[0]!.farMac,
    notes: [...plan.notes, ...notes],
    stop,
  }
}
