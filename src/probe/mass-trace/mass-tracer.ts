/**
 * Mass tracing over one link, in one thread: asks the schedule which probes leave next, keeps the pace, sends, reads what
 * has come, hands hops on. Time comes from the link's clock alone, so that it runs in virtual time as in the kernel's.
 */

import {
  HOP_ENDS,
  HOP_IS_TARGET,
  HOP_PREPROBE,
  type HopBatch,
  makeHopBatch,
} from '../../core/hop-batch.ts'
import type { Link, ReceiverOptions } from '../../link/contract.ts'
import { addTarget, newTargetBatch } from '../../targets/target-set.ts'
import { makeTargetTable } from '../../targets/target-table.ts'
import { cookieKey } from '../cookie.ts'
import { batchSizeFor, makePacer } from '../pacer.ts'
import type { ScanControl } from '../scan-control.ts'
import { type AnsweredHops, makeAnsweredHops } from './answered-hops.ts'
import { makeExhaustiveSchedule } from './exhaustive-schedule.ts'
import { HOP_SNAP_BYTES, makeHopReader } from './hop-reader.ts'
import { type InterfaceSet, makeInterfaceSet } from './interface-set.ts'
import { makeProbeWriter, MAX_CODE, PREPROBE_CODE, PROBE_SLOT_BYTES, SOURCE_PORTS, ticksAt } from './mass-probe.ts'
import { type MassTraceCounts, newCounts } from './mass-trace-counts.ts'
import type { MassTraceState } from './mass-trace-state.ts'
import { makeProbeList, type Schedule } from './schedule.ts'
import { makeSparingSchedule } from './sparing-schedule.ts'
import { type MassTracePlan, PREPROBE_TTL } from './trace-plan.ts'

const BATCH = 256
/** A schedule may give one probe more than it is asked for. */
const SLOTS = BATCH + 1
const ROWS = 8192
/** Rows wait no longer than this for their batch to be full. */
const FLUSH_US = 100_000
const POLL_MS = 20
const PRESSURE_PAUSE_US = 200
/** Batches after which the event loop gets a turn, which a link in virtual time or a blocking one never gives. */
const BATCHES_A_TURN = 64
/** Answers to what left longer ago than this are in a checkpoint's state; what left since is sent again. */
const SETTLE_US = 750_000

export interface MassTraceRun {
  plan: MassTracePlan
  link: Link
  /** Orders; its counters are not used. */
  control: ScanControl
  /** A run to go on with. */
  from?: MassTraceState
  onOpen?: () => void
  /** Takes each batch over, in order of arrival; the trace goes on when it is done with it. */
  onHops: (batch: HopBatch) => Promise<void> | void
  /** Called about ten times a second, after the hops so far have been handed on. */
  onTick?: (progress: MassTraceProgress) => void
}

export interface MassTraceProgress {
  nowUs: number
  counts: MassTraceCounts
  stage: ReturnType<Schedule['stage']>
  live: number
  /** What a later run can go on from; made when asked for. */
  state: () => MassTraceState
}

export const massReceiverOptions = ({ kind, source }: MassTracePlan): ReceiverOptions => ({
  filter: {
    destinations: [source],
    protocols: kind === 'tcp' ? ['icmp', 'tcp'] : ['icmp'],
    ...(kind === 'tcp' ? { ports: SOURCE_PORTS } : {}),
  },
  snapBytes: HOP_SNAP_BYTES,
})

const makeSchedule = (
  { plan, from, link }: MassTraceRun,
  interfaces: InterfaceSet,
  answered: AnsweredHops,
): Schedule => {
  if (plan.exhaustive) return makeExhaustiveSchedule(plan, from?.schedule)
  return makeSparingSchedule({
    plan,
    interfaces,
    ...(from === undefined
      ? {}
      : { from: { state: from.schedule, nowUs: link.clock.nowUs(), settleUs: SETTLE_US, answered: answered.has } }),
  })
}

/** Reads packets into hop batches, tells the schedule. */
const makeIntake = (run: MassTraceRun, counts: MassTraceCounts, interfaces: InterfaceSet, answered: AnsweredHops) => {
  const { plan } = run
  const { targets, kind, source, port } = plan
  const table = makeTargetTable(targets)
  const key = cookieKey(plan.seed)
  const reader = makeHopReader({ kind, source, port, cookieKey: key, preprobeTtl: PREPROBE_TTL })
  const { reading } = reader
  const schedule = makeSchedule(run, interfaces, answered)
  let batch = makeHopBatch(ROWS)
  let handled: Promise<void> | undefined

  const flush = (): void => {
    if (batch.count === 0) return
    const full = batch
    batch = makeHopBatch(ROWS)
    handled = handled === undefined ? (run.onHops(full) ?? undefined) : handled.then(() => run.onHops(full))
  }
  const keep = (timeUs: number): void => {
    const row = batch.count
    const isTarget = reading.address === reading.target
    batch.timeUs[row] = timeUs
    batch.target[row] = reading.target
    batch.address[row] = reading.address
    batch.rttUs[row] = reading.rttUs
    batch.icmp[row] = reading.icmp
    batch.ttl[row] = reading.ttl
    batch.replyTtl[row] = reading.replyTtl
    batch.flags[row] =
      (isTarget ? HOP_IS_TARGET : 0) |
      (reading.ends ? HOP_ENDS : 0) |
      (reading.code === PREPROBE_CODE ? HOP_PREPROBE : 0)
    batch.count = row + 1
    if (batch.count === batch.capacity) flush()
  }
  /** Marks that the target's end was met. @returns false when it had been. */
  const noteEnd = (index: number): void => {
    if (!answered.end(index)) return
    if (reading.address === reading.target) counts.reached += 1
    else counts.unreachable += 1
  }
  return {
    schedule,
    flush,
    async settle(): Promise<void> {
      const waiting = handled
      handled = undefined
      await waiting
    },
    onPacket(bytes: Uint8Array, offset: number, length: number, timeUs: number, unsummed = false): void {
      counts.received += 1
      const verdict = reader.read(bytes, offset, length, timeUs, unsummed)
      if (verdict !== 'accepted') {
        counts.rejected[verdict] += 1
        return
      }
      const index = table.indexOf(reading.target)
      if (index < 0) counts.strangers += 1
      else if (!answered.add(index, reading.code)) counts.duplicates += 1
      else {
        counts.hops += 1
        if (reading.ends) noteEnd(index)
        if (plan.exhaustive && reading.address !== reading.target) interfaces.add(reading.address, 0)
        schedule.onHop(index, reading)
        keep(timeUs)
      }
    },
  }
}

/** Carries the plan out to its end, or until the control says stop; then listens for the cooldown. @returns the counts. */
export const runMassTrace = async (run: MassTraceRun): Promise<MassTraceCounts> => {
  const { plan, link, control, from } = run
  const { clock } = link
  const counts: MassTraceCounts = from === undefined ? newCounts() : structuredClone(from.counts)
  const before = { ...counts }
  const interfaces = makeInterfaceSet()
  for (const [i, address] of (from?.interfaces.addresses ?? []).entries()) {
    interfaces.add(address, from!.interfaces.flags[i]!)
  }
  const answered = makeAnsweredHops(plan.targets.length, MAX_CODE, from?.answered)
  const receiver = link.openReceiver(massReceiverOptions(plan))
  const transmitter = link.openTransmitter({ slotBytes: PROBE_SLOT_BYTES, slots: SLOTS })
  run.onOpen?.()
  const intake = makeIntake(run, counts, interfaces, answered)
  const { schedule } = intake
  const writer = makeProbeWriter({
    kind: plan.kind,
    source: plan.source,
    port: plan.port,
    cookieKey: cookieKey(plan.seed),
    preprobeTtl: PREPROBE_TTL,
  })
  const { memory, lengths } = transmitter
  for (let slot = 0; slot < SLOTS; slot += 1) writer.writeTemplate(memory, slot * PROBE_SLOT_BYTES)
  const list = makeProbeList(SLOTS)
  const batch = newTargetBatch(SLOTS)
  const pacer = makePacer(clock)
  const firstUs = clock.nowUs()
  let lastSentUs = firstUs
  let tickedUs = firstUs
  let polls = 0

  const update = (): void => {
    const { sent, failed } = transmitter.counters()
    counts.sent = before.sent + sent
    counts.failed = before.failed + failed
    counts.interfaces = interfaces.count()
    counts.droppedByKernel = before.droppedByKernel + receiver.counters().droppedByKernel
    counts.sendingUs = before.sendingUs + lastSentUs - firstUs
  }
  const tick = (nowUs: number): void => {
    tickedUs = nowUs
    intake.flush()
    update()
    const state = (): MassTraceState => ({
      counts,
      schedule: schedule.state(nowUs, SETTLE_US),
      answered: answered.columns(),
      interfaces: interfaces.entries(),
    })
    run.onTick?.({ nowUs, counts, stage: schedule.stage(), live: schedule.live(), state })
  }
  const poll = async (timeoutMs: number): Promise<void> => {
    polls += 1
    if (polls % BATCHES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    const reading = receiver.poll(intake.onPacket, timeoutMs)
    if (typeof reading !== 'number') await reading
    await intake.settle()
    const nowUs = clock.nowUs()
    if (nowUs - tickedUs >= FLUSH_US) tick(nowUs)
  }
  const send = async (): Promise<void> => {
    batch.count = 0
    for (let slot = 0; slot < list.count; slot += 1) {
      addTarget(batch, plan.allowed, plan.targets[list.indices[slot]!]!, plan.port)
    }
    const waiting = pacer.wait(list.count, control.ratePps(), control.sendingStopped)
    if (waiting !== undefined) await waiting
    // A stop ends the wait, but what the schedule has given leaves: it is not remembered anywhere else.
    const ticks = ticksAt(clock.nowUs())
    for (let slot = 0; slot < list.count; slot += 1) {
      const code = list.codes[slot]!
      if (code === PREPROBE_CODE) counts.preprobes += 1
      lengths[slot] = writer.writeProbe(memory, slot * PROBE_SLOT_BYTES, batch.addresses[slot]!, code, ticks)
    }
    const sending = transmitter.send(batch, list.count)
    if (typeof sending !== 'number') await sending
    lastSentUs = clock.nowUs()
  }
  /** Sends one batch, or waits for what may come. @returns false when nothing more will come. */
  const step = async (): Promise<boolean> => {
    while ((receiver.underPressure() || control.underPressure()) && !control.sendingStopped()) {
      await clock.sleepUntilUs(clock.nowUs() + PRESSURE_PAUSE_US)
      await poll(0)
    }
    schedule.fill(list, Math.min(BATCH, batchSizeFor(control.ratePps())), clock.nowUs())
    if (list.count > 0) {
      await send()
      await poll(0)
      return true
    }
    const untilUs = Math.min(schedule.nextUs(), lastSentUs + plan.cooldownUs)
    const leftMs = (untilUs - clock.nowUs()) / 1000
    if (schedule.nextUs() === Number.POSITIVE_INFINITY && leftMs <= 0) return false
    await poll(Math.max(0, Math.min(POLL_MS, leftMs)))
    return true
  }
  try {
    while (!control.sendingStopped() && (await step())) {}
    const endUs = lastSentUs + plan.cooldownUs
    while (clock.nowUs() < endUs && !control.receivingStopped()) {
      await poll(Math.min(POLL_MS, (endUs - clock.nowUs()) / 1000))
    }
  } finally {
    try {
      // What has arrived is handed on, also when sending failed.
      tick(clock.nowUs())
      await intake.settle()
    } finally {
      await transmitter.close()
      await receiver.close()
    }
  }
  return counts
}
