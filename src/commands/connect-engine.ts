/**
 * `--engine connect`: a scan without any privilege. TCP ports by connecting to them, so many at a time; ICMP echo through
 * interplot's own sender and reader over the kernel's echo sockets. Slower, and blind for what only raw packets show (TTL,
 * window, ICMP errors). Targets, pace, limits and the results file are those of any scan.
 */

import { networkInterfaces } from 'node:os'
import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../core/ip.ts'
import {
  CLASSIFICATIONS,
  type Classification,
  REPLY_COOLDOWN,
  REPLY_REPEAT,
  REPLY_SUCCESS,
} from '../core/reply-batch.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import type { LinkSpec } from '../link/contract.ts'
import { pingLink } from '../link/ping-link.ts'
import { type ConnectResult, makeTcpConnector } from '../link/tcp-connector.ts'
import { makeDedup } from '../probe/dedup.ts'
import type { ProbeModule } from '../probe/modules/contract.ts'
import { makePacer } from '../probe/pacer.ts'
import { newReplyBatch, senderWalk } from '../probe/scan-plan.ts'
import { newTargetBatch, type TargetWalk } from '../targets/target-set.ts'
import { dryRunRoute } from './dry-run-route.ts'
import { nativeEngine } from './native-engine.ts'
import type { EngineChoice, EngineRun, ScanEngine } from './scan-engine.ts'
import { TICK_MS } from './scan-supervision.ts'

/** Connections at a time. */
const MAX_ACTIVE = 1000
/** A target that has not answered by then is silent; the kernel has sent its SYN twice more. */
const TIMEOUT_US = 4_000_000
const FLUSH_MS = 100
const PAUSE_MS = 5
/** Timers of the event loop are no finer than a millisecond: what is due in two leaves together. */
const TOGETHER_S = 0.002
const MAX_TOGETHER = 64
const ECHO_MODULES: readonly string[] = ['icmp-echo', 'icmp-echo-time']

export interface ConnectOptions {
  interface?: string
  sourceIp?: readonly Ipv4[]
  sourcePort?: { first: number; last: number }
  probeTtl?: number
  probeArgs?: string
  gatewayMac?: string
  rate?: number | 'auto'
  canaries?: boolean
}

/** @throws InterplotError ERR_USAGE for what connections cannot do. */
export const checkConnect = (options: ConnectOptions, module: ProbeModule): void => {
  const isEcho = ECHO_MODULES.includes(module.name)
  const refuse = (what: string): never => {
    throw new InterplotError('ERR_USAGE', `the connect engine has no ${what}`, {
      advice: `It does ${['tcp-syn', ...ECHO_MODULES].join(', ')} without privileges; for the rest run with sudo.`,
    })
  }
  if (!isEcho && module.name !== 'tcp-syn') refuse(`probe module ${module.name}`)
  if (options.sourcePort !== undefined) refuse('--source-port')
  if (options.gatewayMac !== undefined) refuse('--gateway-mac')
  if (options.rate === 'auto') refuse('--rate auto')
  if (options.canaries === true) refuse('--canaries')
  if ((options.sourceIp?.length ?? 0) > 1) refuse('several source addresses')
  if (isEcho) return
  if (options.probeTtl !== undefined) refuse('--probe-ttl for TCP')
  if (options.probeArgs !== undefined) refuse('--probe-args')
}

const ROWS: Readonly<Partial<Record<ConnectResult['outcome'], Classification>>> = {
  open: 'syn-ack',
  refused: 'rst',
  unreachable: 'unreachable',
}
/** Destination unreachable, host unreachable (RFC 792). */
const ICMP_UNREACHABLE = { type: 3, code: 1 } as const

/** What has become of targets, as rows of replies and counters. */
const makeConnectIntake = ({ plan, control, earlier, onBatch }: EngineRun) => {
  const dedup = makeDedup(plan.dedup, plan.dedupWindow)
  for (let i = 0; earlier !== undefined && i < earlier.targets.length; i += 1) {
    const kind = earlier.kinds[i]!
    dedup.isFirst(earlier.targets[i]!, kind >>> 1, (kind & 1) === 1)
  }
  const counts = { received: 0, accepted: 0, success: 0, repeats: 0 }
  let batch = newReplyBatch(plan)
  let handing = Promise.resolve()
  const flush = (): Promise<void> => {
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) control.setReceiver(name, counts[name])
    if (batch.count === 0) return handing
    const full = batch
    batch = newReplyBatch(plan)
    handing = handing.then(() => onBatch(full))
    // The failure is seen by whoever waits for the last of them.
    handing.catch(() => control.stopSending())
    return handing
  }
  const take = (address: number, port: number, { outcome, localPort, tookUs }: ConnectResult): void => {
    const classification = ROWS[outcome]
    if (classification === undefined) return
    const success = outcome === 'open'
    counts.received += 1
    counts.accepted += 1
    const first = dedup.isFirst(address, port, success)
    if (!first) counts.repeats += 1
    else if (success) counts.success += 1
    if (!first && !plan.keepRepeats) return
    const row = batch.count
    const flags = (success ? REPLY_SUCCESS : 0) | (first ? 0 : REPLY_REPEAT)
    batch.flags[row] = flags | (control.sendingStopped() ? REPLY_COOLDOWN : 0)
    batch.timeUs[row] = systemClock.nowUs()
    batch.target[row] = address
    batch.address[row] = address
    batch.port[row] = port
    batch.localPort[row] = localPort
    batch.rttUs[row] = Math.round(tookUs)
    batch.classification[row] = CLASSIFICATIONS.indexOf(classification)
    if (outcome === 'unreachable') {
      batch.icmpType[row] = ICMP_UNREACHABLE.type
      batch.icmpCode[row] = ICMP_UNREACHABLE.code
    }
    batch.count = row + 1
    if (batch.count === batch.capacity) void flush()
  }
  return { take, flush }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))

/** The next targets, each in a batch of its own with its place in the walk. */
const takeTargets = (walk: TargetWalk, many: number, copies: number): { batch: TargetBatch; position: number }[] => {
  const taken: { batch: TargetBatch; position: number }[] = []
  while (taken.length < many) {
    const position = walk.position()
    const batch = newTargetBatch(copies)
    if (walk.next(batch, copies, copies) === 0) break
    taken.push({ batch, position })
  }
  return taken
}

const runConnections = async (run: EngineRun, localAddress: string | undefined): Promise<void> => {
  const { plan, control, supervision } = run
  if (plan.senders > 1) {
    throw new InterplotError('ERR_USAGE', `this scan has ${plan.senders} senders, and the connect engine one`, {
      advice: 'Go on with it as it began, with sudo.',
    })
  }
  const walk = senderWalk({ ...plan, senders: 1 }, 0)
  const pacer = makePacer(systemClock)
  const intake = makeConnectIntake(run)
  const connector = makeTcpConnector(Math.min(plan.cooldownUs, TIMEOUT_US) / 1000, localAddress)
  /** Where in the walk each target under way lies; the first is the oldest. */
  const underWay = new Map<TargetBatch, number>()
  const before = control.sender(0)
  const counts = { sent: 0, failed: 0, targets: 0 }
  const startedUs = systemClock.nowUs()
  let active = 0
  let maxActive = MAX_ACTIVE

  /** Position of the first target that was taken from the walk and not started; null when there is none. */
  let unsent: number | null = null
  let ending = false
  const report = (): void => {
    control.setSender(0, 'sent', before.sent + counts.sent)
    control.setSender(0, 'failed', before.failed + counts.failed)
    control.setSender(0, 'targets', before.targets + counts.targets)
    // What is cut off has not been probed: whoever goes on begins there.
    if (ending) return
    const [oldest] = underWay.values()
    control.setPosition(0, oldest ?? unsent ?? walk.position())
  }
  /** One probe to its end; without a socket it is tried again. */
  const probe = async (batch: TargetBatch, slot: number): Promise<void> => {
    active += 1
    let result = await connector.connect(batch, slot)
    while (result.outcome === 'exhausted' && !control.sendingStopped()) {
      // As many as there are now is what this system gives.
      maxActive = Math.max(1, Math.min(maxActive, active - 1))
      await pause()
      result = await connector.connect(batch, slot)
    }
    if (result.outcome === 'failed' || result.outcome === 'exhausted') counts.failed += 1
    else counts.sent += 1
    intake.take(batch.addresses[slot]!, batch.ports[slot]!, result)
    active -= 1
  }
  const start = (batch: TargetBatch, position: number): void => {
    underWay.set(batch, position)
    counts.targets += 1
    const probes = Array.from({ length: batch.count }, (_, slot) => probe(batch, slot))
    void Promise.all(probes).then(() => underWay.delete(batch))
  }
  const ticking = setInterval(() => supervision.tick(systemClock.nowUs()), TICK_MS)
  const flushing = setInterval(() => {
    report()
    ending ||= control.receivingStopped()
    void intake.flush().catch(() => undefined)
    if (ending) connector.close()
  }, FLUSH_MS)
  control.setReceiverReady()
  try {
    while (!control.sendingStopped()) {
      if (active >= maxActive || control.underPressure()) {
        await pause()
        continue
      }
      const ratePps = control.ratePps()
      const room = (maxActive - active) / plan.copies
      const many = Math.max(1, Math.min(MAX_TOGETHER, room, Math.floor((ratePps * TOGETHER_S) / plan.copies)))
      const next = takeTargets(walk, many, plan.copies)
      if (next.length === 0) break
      unsent = next[0]!.position
      await pacer.wait(next.length * plan.copies, ratePps, control.sendingStopped)
      if (control.sendingStopped()) break
      for (const { batch, position } of next) start(batch, position)
      unsent = null
      const lastUs = systemClock.nowUs() + (next.length * plan.copies * 1e6) / ratePps
      control.setSendingTime(0, startedUs, lastUs)
    }
    control.stopSending()
    while (underWay.size > 0 && !control.receivingStopped()) await pause()
  } finally {
    ending ||= control.receivingStopped()
    connector.close()
    while (underWay.size > 0) await pause()
    clearInterval(ticking)
    clearInterval(flushing)
    report()
    await intake.flush()
  }
}

const interfaceOf = (address: Ipv4): string => {
  const text = formatIpv4(address)
  const found = Object.entries(networkInterfaces()).find(([, list]) => list?.some((each) => each.address === text))
  return found?.[0] ?? 'any'
}

/** @throws InterplotError ERR_USAGE for what it cannot do; ERR_RAW_PRIVILEGE when echo sockets are not open to the user. */
export const connectEngine = async (
  options: ConnectOptions,
  module: ProbeModule,
  sample: Ipv4,
): Promise<EngineChoice> => {
  checkConnect(options, module)
  const { route } = await dryRunRoute(options, sample)
  const { sourceAddress, mtu } = route
  const interfaceName = options.interface ?? interfaceOf(sourceAddress)
  const description = `connections of the operating system, from ${formatIpv4(sourceAddress)}`
  if (ECHO_MODULES.includes(module.name)) {
    const spec = await pingLink.resolve({ sourceAddress, interfaceName })
    const engine = { ...nativeEngine({ kind: pingLink, spec, specs: [spec], notes: [] }), name: 'connect' }
    return {
      engine,
      spec,
      specs: [spec],
      route,
      notes: [],
      description: description.replace('connections', 'echo sockets'),
    }
  }
  const chosen = options.sourceIp !== undefined || options.interface !== undefined
  const spec: LinkSpec = { link: 'connect', sourceAddress, interfaceName, mtu, details: {} }
  const engine: ScanEngine = {
    name: 'connect',
    oneSender: '',
    isSteerable: true,
    canResume: true,
    isSimulation: false,
    run: (run) => runConnections(run, chosen ? formatIpv4(sourceAddress) : undefined),
  }
  return { engine, spec, specs: [spec], route, notes: [], description }
}
