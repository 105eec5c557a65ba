/** Jobs of the XDP link at the near end of a wire pair; each prints one line of JSON. */

import { InterplotError } from '../../src/core/errors.ts'
import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import type { PacketGenerator } from '../../src/link/contract.ts'
import { interfaceState } from '../../src/link/interface-state.ts'
import { packetDetails } from '../../src/link/packet-details.ts'
import { linkKinds } from '../../src/link/registry.ts'
import { generatorOptionsFor, runGeneratedSender } from '../../src/probe/generated-sender.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'
import { prepareProbe, type ScanPlan } from '../../src/probe/scan-plan.ts'
import { runSender, transmitterOptionsFor } from '../../src/probe/sender.ts'
import { cidrSet, subtract } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { testPlan } from '../probe/test-plan.ts'

interface Options {
  link: 'packet' | 'xdp' | 'af-xdp'
  module?: string
  ports?: number[]
  addresses?: number
  /** Of each 128 addresses, so many at the end are blocked. */
  blocked?: number
  copies?: number
  /** The only one; absent = as a scan chooses, another for each copy. */
  sourcePort?: number
  shard?: number
  shards?: number
  senders?: number
  limit?: number
  /** Absent = no limit. */
  ratePps?: number
  target?: string
  interfaceName?: string
  gatewayMac?: string
}

const BASE = parseIpv4('10.64.0.0')!
const BLOCK = 128

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const open = async (options: Options) => {
  const { link, target = '10.64.0.1', interfaceName, gatewayMac } = options
  const kind = linkKinds.get(link)
  const spec = await kind.resolve({
    sampleTarget: parseIpv4(target)!,
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(gatewayMac === undefined ? {} : { gatewayMac }),
  })
  const {
    module = 'icmp-echo',
    ports = [0],
    addresses = 4096,
    blocked = 0,
    ratePps = Number.POSITIVE_INFINITY,
    sourcePort,
  } = options
  const holes = Array.from({ length: blocked === 0 ? 0 : Math.ceil(addresses / BLOCK) }, (_, i) => ({
    first: ipv4(BASE + (i + 1) * BLOCK - blocked),
    last: ipv4(BASE + (i + 1) * BLOCK - 1),
  }))
  const all = cidrSet([{ first: BASE, last: ipv4(BASE + addresses - 1) }])
  const plan: ScanPlan = testPlan(makeTargetSet(subtract(all, cidrSet(holes)), Uint16Array.from(ports)), {
    module,
    sourceAddresses: [spec.sourceAddress],
    copies: options.copies ?? 1,
    ...(sourcePort === undefined ? {} : { sourcePorts: { first: sourcePort, last: sourcePort } }),
    shard: options.shard ?? 0,
    shards: options.shards ?? 1,
    senders: options.senders ?? 1,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ratePps,
  })
  return { link: kind.open(spec, { mayBlock: false }), plan, spec }
}

/** Sends the whole plan, as the sender's thread does. */
const send = async (options: Options) => {
  const { link, plan } = await open(options)
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  let reason: string | null = null
  const startMs = performance.now()
  const cpu = process.cpuUsage()
  for (let index = 0; index < plan.senders; index += 1) {
    const run = { plan, index, clock: link.clock, control }
    if (link.openGenerator === undefined) {
      await runSender({ ...run, transmitter: link.openTransmitter(transmitterOptionsFor(plan)) })
      continue
    }
    const handover = await runGeneratedSender({
      ...run,
      generator: link.openGenerator(generatorOptionsFor(plan, index)!),
    })
    if (handover === null) continue
    reason = handover.reason.message
    const transmitter = link.openTransmitter(transmitterOptionsFor(plan))
    await runSender({ ...run, transmitter, position: handover.position })
  }
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - startMs) / 1000
  await link.close()
  const { sent, targets, failed } = control.totals()
  return { sent, targets, failed, reason, seconds, cpuSeconds: (user + system) / 1e6 }
}

const generator = async (options: Options) => {
  const { link, plan, spec } = await open(options)
  const left = (): number => interfaceState(packetDetails(spec).interfaceIndex)!.sentPackets
  return { link, left, generator: link.openGenerator!(generatorOptionsFor(plan, 0)!) }
}

/** Packets a second between two moments, by the interface's own counter. */
const rate = async (options: Options & { rates: number[] }) => {
  const { link, left, generator: made } = await generator({ ...options, ratePps: options.rates[0]! })
  const running = made.run()
  const measured: number[] = []
  for (const ratePps of options.rates) {
    made.setRatePps(ratePps)
    await sleep(300)
    const [from, fromMs] = [left(), performance.now()]
    await sleep(4000)
    measured.push(((left() - from) * 1000) / (performance.now() - fromMs))
  }
  made.stop()
  await running
  await link.close()
  return { measured }
}

const effectOf = async (
  options: Options,
  order: (made: PacketGenerator) => void,
): Promise<{ before: number; after: number; later: number; endedMs: number }> => {
  const { link, left, generator: made } = await generator(options)
  const running = made.run()
  await sleep(600)
  const before = left()
  const startMs = performance.now()
  order(made)
  await sleep(100)
  const after = left()
  await sleep(300)
  const later = left()
  made.stop()
  const stopMs = performance.now()
  await running
  const endedMs = performance.now() - (order === stop ? startMs : stopMs)
  await link.close()
  return { before, after, later, endedMs }
}

const stop = (made: PacketGenerator): void => made.stop()

/** How long `run` takes to end after a stop. */
const stopTime = async (options: Options) => {
  const { link, generator: made } = await generator(options)
  const running = made.run()
  await sleep(600)
  const fromMs = performance.now()
  made.stop()
  await running
  const endedMs = performance.now() - fromMs
  await link.close()
  return { endedMs, position: made.position() }
}

const coded = (error: unknown): object =>
  error instanceof InterplotError ? { code: error.code, line: error.toLine() } : { code: 'OTHER', line: String(error) }

/** What opening a generator says. */
const refusal = async (options: Options) => {
  const { link, plan } = await open(options)
  const { recipe } = prepareProbe(plan)
  try {
    link.openGenerator!(generatorOptionsFor(plan, 0)!)
    return { code: null, recipe: recipe !== undefined }
  } finally {
    await link.close()
  }
}

/** The interface goes down while the generator runs. */
const down = async (options: Options) => {
  const { execFileSync } = await import('node:child_process')
  const { link, generator: made } = await generator(options)
  const running = made.run().then(() => null, coded)
  await sleep(500)
  execFileSync('ip', ['link', 'set', 'near0', 'down'])
  const ended = await running
  await link.close()
  execFileSync('ip', ['link', 'set', 'near0', 'up'])
  return { ended }
}

const JOBS: Readonly<Record<string, (options: never) => Promise<object>>> = {
  send,
  rate,
  stop: (options: Options) => effectOf(options, stop),
  pause: (options: Options) => effectOf(options, (made) => made.setRatePps(0)),
  stopTime,
  refusal,
  down,
}

const [name = '', text = '{}'] = process.argv.slice(2)
const result = await JOBS[name]!(JSON.parse(text) as never).catch(coded)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
