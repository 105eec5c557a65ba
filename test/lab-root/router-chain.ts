/**
 * Namespaces in a row with no route out, in both families: "near" probes, routers forward, the last one has every address of
 * NETWORKS and no port open. Link i joins node i (10.77.i.1, fd00:77:i::1) to node i+1 (10.77.i.2, fd00:77:i::2).
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeNamespace, type Namespace, runScript } from '../../src/lab/namespace-process.ts'
import { LOADER } from './kernel-lab.ts'

export const NETWORKS = { ipv4: '10.64.0.0/24', ipv6: 'fd00:64::/64' } as const
/** The last node's own among them: it sends ICMPv6 errors from no other. */
export const TARGETS = { ipv4: '10.64.0.1', ipv6: 'fd00:64::1' } as const

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

export interface RouterChain {
  /** Runs the tests of a file once more, at the near end. @param prefix is put before the command (to drop privileges). */
  runTests(file: string, environment: string, prefix?: readonly string[]): TestReport
  /** Runs a job of one of our agents at the near end. @returns the line of JSON that it printed. */
  runAgent(file: string, job: string, options: object, prefix?: readonly string[]): Record<string, unknown>
  /** Starts one of our hosts at a node; resolves when it is ready. It ends with the chain, or when the function that
   * it returns is called, which brings what the host printed. */
  startHost(node: number, file: string, args: readonly string[]): Promise<() => Promise<string>>
  /** At node 0 (near), 1, 2, … */
  script(node: number, text: string): Promise<void>
  stop(): Promise<void>
}

export interface TestReport {
  code: number | null
  total: unknown
  passed: unknown
  skipped: unknown
  /** What failed, or what the run said instead of a report. */
  failures: string
}

/** Settings are written before there are interfaces, which take theirs from `default`. */
const SETTINGS = `
cd /proc/sys/net
for each in all default; do
  echo 0 > ipv6/conf/$each/accept_dad
  echo 0 > ipv4/conf/$each/rp_filter
done
echo 0 > ipv4/icmp_ratelimit
echo 0 > ipv4/icmp_ratemask
echo 0 > ipv6/icmp/ratelimit
echo > ipv6/icmp/ratemask
echo 1 > ipv4/ip_forward
echo 1 > ipv6/conf/all/forwarding
ip link set lo up`

const joinScript = (link: number, far: Namespace): string => `
ip link add down0 type veth peer name up0 netns ${far.pid}
ip addr add 10.77.${link}.1/24 dev down0
ip addr add fd00:77:${link}::1/64 dev down0 nodad
ip link set down0 up`

const upScript = (link: number): string => `
ip addr add 10.77.${link}.2/24 dev up0
ip addr add fd00:77:${link}::2/64 dev up0 nodad
ip link set up0 up
${link === 0 ? '' : `ip route add 10.77.0.0/24 via 10.77.${link}.1`}
${link === 0 ? '' : `ip route add fd00:77:0::/64 via fd00:77:${link}::1`}`

const onwardScript = (link: number): string => `
ip route add ${NETWORKS.ipv4} via 10.77.${link}.2
ip route add ${NETWORKS.ipv6} via fd00:77:${link}::2`

const LAST_SCRIPT = `
ip addr add ${TARGETS.ipv4}/32 dev lo
ip addr add ${TARGETS.ipv6}/128 dev lo
ip route add local ${NETWORKS.ipv4} dev lo
ip route add local ${NETWORKS.ipv6} dev lo`

interface JsonReport {
  numTotalTests: number
  numPassedTests: number
  numPendingTests: number
  testResults: {
    message: string
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

const readReport = (code: number | null, output: string, errors: string): TestReport => {
  const start = output.indexOf('{')
  if (start < 0) return { code, total: null, passed: null, skipped: null, failures: errors + output }
  const report = JSON.parse(output.slice(start)) as JsonReport
  const failures = report.testResults.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap((each) =>
      each.status === 'failed' ? [each.fullName, ...each.failureMessages.map((text) => text.slice(0, 600))] : [],
    ),
  ])
  const { numTotalTests: total, numPassedTests: passed, numPendingTests: skipped } = report
  return { code, total, passed, skipped, failures: failures.join('\n') }
}

/** @param routers between the near end and the last node. */
export const startRouterChain = async (routers: number): Promise<RouterChain> => {
  const nodes: Namespace[] = []
  const hosts: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    for (const host of hosts.splice(0)) host.stdin?.end()
    await Promise.all(nodes.splice(0).map((node) => node.end()))
  }
  try {
    for (let node = 0; node < routers + 2; node += 1) {
      nodes.push(await makeNamespace('plain'))
      await runScript(nodes[node]!, SETTINGS)
    }
    for (let link = 0; link <= routers; link += 1) {
      await runScript(nodes[link]!, joinScript(link, nodes[link + 1]!))
      await runScript(nodes[link + 1]!, upScript(link))
      await runScript(nodes[link]!, onwardScript(link))
    }
    await runScript(nodes.at(-1)!, LAST_SCRIPT)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    runTests(file, environment, prefix = []) {
      const enter = [`--net=/proc/${nodes[0]!.pid}/ns/net`, '--', ...prefix, 'env', `${environment}=1`]
      const words = [process.execPath, VITEST, 'run', '--root', ROOT, '--project', 'system', '--reporter', 'json', file]
      const { status, stdout, stderr } = spawnSync('nsenter', [...enter, ...words], {
        encoding: 'utf8',
        timeout: 100_000,
      })
      return readReport(status, stdout, stderr)
    },
    runAgent(file, job, options, prefix = []) {
      const enter = [`--net=/proc/${nodes[0]!.pid}/ns/net`, '--', ...prefix]
      const agent = fileURLToPath(new URL(file, import.meta.url))
      const words = [process.execPath, '--import', LOADER, agent, job, JSON.stringify(options)]
      const { stdout, stderr } = spawnSync('nsenter', [...enter, ...words], { encoding: 'utf8', timeout: 30_000 })
      const line = stdout.trim().split('\n').at(-1) ?? ''
      if (!line.startsWith('{')) throw new Error(`the agent said "${stdout}" and "${stderr}"`)
      return JSON.parse(line) as Record<string, unknown>
    },
    startHost: (node, file, args) =>
      new Promise((resolve, reject) => {
        const enter = [`--net=/proc/${nodes[node]!.pid}/ns/net`, '--', process.execPath, '--import', LOADER]
        const words = [...enter, fileURLToPath(new URL(file, import.meta.url)), ...args]
        const host = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'pipe'] })
        hosts.push(host)
        let printed = ''
        host.stdout.on('data', (chunk: Buffer) => {
          printed += chunk.toString()
        })
        const ended = new Promise<string>((resolveEnd) => host.once('close', () => resolveEnd(printed)))
        const end = (): Promise<string> => {
          host.stdin.end()
          return ended
        }
        let said = ''
        host.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString()
          if (said.includes('ready')) resolve(end)
        })
        host.once('close', () => reject(new Error(`${file} ended: ${said}`)))
      }),
    script: (node, text) => runScript(nodes[node]!, text),
    stop,
  }
}
