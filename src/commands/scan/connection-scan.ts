/**
 * The targets of a plan in its order and at its pace, each connected to, so many at a time. The position that a checkpoint
 * keeps is that of the oldest target under way.
 */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import type { TargetBatch } from '../../core/target-batch.ts'
import { makeTcpConnector, type TcpConnector } from '../../link/tcp-connector.ts'
import { makePacer } from '../../probe/pacer.ts'
import { senderWalk } from '../../probe/scan-plan.ts'
import { newTargetBatch, type TargetWalk } from '../../targets/target-set.ts'
import { type ConnectIntake, makeConnectIntake } from './connect-intake.ts'
import type { EngineRun } from './scan-engine.ts'
import { TICK_MS } from './scan-supervision.ts'

/** Connections at a time. */
const MAX_ACTIVE = 1000
/** A target that has not answered by then is silent; the kernel has sent its SYN twice more. */
const TIMEOUT_US = 4_000_000
const FLUSH_MS = 100
const PAUSE_MS = 5
/** When nobody holds a socket and there is still none, something else is wrong (a source address that is not ours). */
const MAX_TRIES = 100
/** Timers of the event loop are no finer than a millisecond: what is due in two leaves together. */
const TOGETHER_S = 0.002
const MAX_TOGETHER = 64

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))

interface WalkedTarget {
  batch: TargetBatch
  /** Where in the walk. */
  position: number
}

/** The next targets, each in a batch of its own with its place in the walk. */
const takeTargets = (walk: TargetWalk, many: number, copies: number): WalkedTarget[] => {
  const taken: WalkedTarget[] = []
  while (taken.length < many) {
    const position = walk.position()
    const batch = newTargetBatch(copies)
    if (walk.next(batch, copies, copies) === 0) break
    taken.push({ batch, position })
  }
  return taken
}

/** Connections under way, and what is counted of them. */
const makeFlight = (run: EngineRun, connector: TcpConnector, intake: ConnectIntake) => {
  const { control } = run
  /** Where in the walk each target under way lies; the first is the oldest. */
  const underWay = new Map<TargetBatch, number>()
  const before = control.sender(0)
  const counts = { sent: 0, failed: 0, targets: 0 }
  let active = 0
  /** Of the active ones, those that wait for a socket. */
  let waiting = 0
  let maxActive = MAX_ACTIVE

  /** One probe to its end; without a socket it is tried again, as long as others hold some that they will give back. */
  const probe = async (batch: TargetBatch, slot: number): Promise<void> => {
    active += 1
    let result = await connector.connect(batch, slot)
    for (let tries = 0; result.outcome === 'exhausted' && !control.receivingStopped() && tries < MAX_TRIES; ) {
      // As many as there are now is what this system gives.
      maxActive = Math.max(1, Math.min(maxActive, active - 1))
      waiting += 1
      await pause()
      tries = active > waiting ? 0 : tries + 1
      waiting -= 1
      result = await connector.connect(batch, slot)
    }
    if (result.outcome === 'failed' || result.outcome === 'exhausted') counts.failed += 1
    else counts.sent += 1
    intake.take(batch.addresses[slot]!, batch.ports[slot]!, result)
    active -= 1
  }
  return {
    start({ batch, position }: WalkedTarget): void {
      underWay.set(batch, position)
      counts.targets += 1
      const probes = Array.from({ length: batch.count }, (_, slot) => probe(batch, slot))
      void Promise.all(probes).then(() => underWay.delete(batch))
    },
    room: () => maxActive - active,
    isEmpty: () => underWay.size === 0,
    oldest: (): number | undefined => underWay.values().next().value,
    report() {
      control.setSender(0, 'sent', before.sent + counts.sent)
      control.setSender(0, 'failed', before.failed + counts.failed)
      control.setSender(0, 'targets', before.targets + counts.targets)
    },
  }
}

/** @param localAddress ours, where it matters. @throws InterplotError what `onBatch` throws. */
export const runConnections = async (run: EngineRun, localAddress: string | undefined): Promise<void> => {
  const { plan, control, supervision } = run
  if (plan.senders > 1) {
    throw new InterplotError('ERR_USAGE', `this scan has ${plan.senders} senders, and the connect engine one`, {
      advice: 'Go on with it as it began, with sudo.',
    })
  }
  const walk = senderWalk(plan, 0)
  const pacer = makePacer(systemClock)
  const intake = makeConnectIntake(run)
  const connector = makeTcpConnector(Math.min(plan.cooldownUs, TIMEOUT_US) / 1000, localAddress)
  const flight = makeFlight(run, connector, intake)
  const startedUs = systemClock.nowUs()
  /** Position of the first target that was taken from the walk and not started; null when there is none. */
  let unsent: number | null = null
  let ending = false
  const look = (): void => {
    flight.report()
    // What is cut off has not been probed: whoever goes on begins there.
    if (!ending) control.setPosition(0, flight.oldest() ?? unsent ?? walk.position())
    ending ||= control.receivingStopped()
    if (ending) connector.close()
  }
  const ticking = setInterval(() => supervision.tick(systemClock.nowUs()), TICK_MS)
  const flushing = setInterval(() => {
    look()
    // A failure comes again from the last flush.
    void intake.flush().catch(() => undefined)
  }, FLUSH_MS)
  control.setReceiverReady()
  try {
    while (!control.sendingStopped()) {
      if (flight.room() <= 0 || control.underPressure()) {
        await pause()
        continue
      }
      const ratePps = control.ratePps()
      const due = Math.floor((ratePps * TOGETHER_S) / plan.copies)
      const next = takeTargets(walk, Math.max(1, Math.min(MAX_TOGETHER, flight.room(), due)), plan.copies)
      if (next.length === 0) break
      unsent = next[0]!.position
      await pacer.wait(next.length * plan.copies, ratePps, control.sendingStopped)
      if (control.sendingStopped()) break
      for (const target of next) flight.start(target)
      unsent = null
      const shareUs = (next.length * plan.copies * 1e6) / ratePps
      control.setSendingTime(0, startedUs, systemClock.nowUs() + shareUs)
    }
    control.stopSending()
    while (!flight.isEmpty() && !control.receivingStopped()) await pause()
  } finally {
    ending ||= control.receivingStopped()
    connector.close()
    while (!flight.isEmpty()) await pause()
    clearInterval(ticking)
    clearInterval(flushing)
    look()
    await intake.flush()
  }
}
