/**
 * Mass tracing over one link, in one thread: asks the schedule which probes leave next, keeps the pace, sends, reads what
 * has come, hands hops on. Time comes from the link's clock alone, so that it runs in virtual time as in the kernel's.
 */

import type { HopBatch } from '../../core/hop-batch.ts'
import type { Link, Receiver, ReceiverOptions, Transmitter } from '../../link/contract.ts'
import { batchSizeFor } from '../pacer.ts'
import type { ScanControl } from '../scan-control.ts'
import { type AnsweredHops, makeAnsweredHops } from './answered-hops.ts'
import { makeExhaustiveSchedule } from './exhaustive-schedule.ts'
import { type HopIntake, makeHopIntake } from './hop-intake.ts'
import { HOP_SNAP_BYTES } from './hop-reader.ts'
import { type InterfaceSet, makeInterfaceSet } from './interface-set.ts'
import { LARGEST_LIST, makeListSender, SLOTS } from './list-sender.ts'
import { MAX_CODE, PROBE_SLOT_BYTES, SOURCE_PORTS } from './mass-probe.ts'
import { type MassTraceCounts, newCounts } from './mass-trace-counts.ts'
import type { MassTraceState } from './mass-trace-state.ts'
import { makeProbeList, type Schedule } from './schedule.ts'
import { makeSparingSchedule } from './sparing-schedule.ts'
import type { MassTracePlan } from './trace-plan.ts'

/** Rows wait no longer than this for their batch to be full. */
const TICK_US = 100_000
const POLL_MS = 20
const PRESSURE_PAUSE_US = 200
/** Polls after which the event loop gets a turn, which a link in virtual time or a blocking one never gives. */
const POLLS_A_TURN = 64
/** Answers to what left longer ago than this are in a checkpoint's state; what left since is sent again. */
const SETTLE_US = 750_000

export interface MassTraceProgress {
  nowUs: number
  counts: MassTraceCounts
  stage: ReturnType<Schedule['stage']>
  /** Targets with something left to probe. */
  live: number
  /** What a later run can go on from; made when asked for, to be copied at once. */
  state: () => MassTraceState
}

export interface MassTraceRun {
  plan: MassTracePlan
  link: Link
  /** Orders: rate, stop, pause, how many batches wait. Counters are in the progress. */
  control: ScanControl
  /** A run to go on with. */
  from?: MassTraceState
  /** Called when all sockets are open. */
  onOpen?: () => void
  /** Takes each batch over, in order of arrival; the trace goes on when it is done with it. */
  onHops: (batch: HopBatch) => Promise<void> | void
  /** Called about ten times a second and at the end, after the hops so far have been handed on. */
  onTick?: (progress: MassTraceProgress) => void
}

/** ICMP always: errors quote any probe. */
const receiverOptionsFor = ({ kind, source }: MassTracePlan): ReceiverOptions => ({
  filter: {
    destinations: [source],
    protocols: kind === 'tcp' ? ['icmp', 'tcp'] : ['icmp'],
    ...(kind === 'tcp' ? { ports: SOURCE_PORTS } : {}),
  },
  snapBytes: HOP_SNAP_BYTES,
})

const makeSchedule = (run: MassTraceRun, interfaces: InterfaceSet, answered: AnsweredHops): Schedule => {
  const { plan, from, link } = run
  if (plan.exhaustive) return makeExhaustiveSchedule(plan, from?.schedule)
  const earlier = { nowUs: link.clock.nowUs(), settleUs: SETTLE_US, answered: answered.has }
  return makeSparingSchedule({
    plan,
    interfaces,
    ...(from === undefined ? {} : { from: { ...earlier, state: from.schedule } }),
  })
}

const knownInterfaces = (from: MassTraceState | undefined): InterfaceSet => {
  const interfaces = makeInterfaceSet()
  const { addresses, paths } = from?.interfaces ?? { addresses: [], paths: [] }
  for (const [i, address] of addresses.entries()) interfaces.add(address, paths[i]!)
  return interfaces
}

interface Machine {
  run: MassTraceRun
  receiver: Receiver
  transmitter: Transmitter
  schedule: Schedule
  intake: HopIntake
  counts: MassTraceCounts
  interfaces: InterfaceSet
  answered: AnsweredHops
}

/** Keeps the counts and says how far it is. @param before what an earlier run has counted. */
const makeReporter = ({ run, receiver, transmitter, schedule, intake, counts, interfaces, answered }: Machine) => {
  const before = { ...counts }
  const firstUs = run.link.clock.nowUs()
  return async (nowUs: number, lastSentUs: number): Promise<void> => {
    // What a state knows of has been dealt with before.
    intake.flush()
    await intake.settle()
    const { sent, failed } = transmitter.counters()
    counts.sent = before.sent + sent
    counts.failed = before.failed + failed
    counts.interfaces = interfaces.count()
    counts.droppedByKernel = before.droppedByKernel + receiver.counters().droppedByKernel
    counts.sendingUs = before.sendingUs + Math.max(0, lastSentUs - firstUs)
    const state = (): MassTraceState => ({
      counts,
      schedule: schedule.state(nowUs, SETTLE_US),
      answered: answered.columns(),
      interfaces: interfaces.entries(),
    })
    run.onTick?.({ nowUs, counts, stage: schedule.stage(), live: schedule.live(), state })
  }
}

/** Sends and reads until nothing is left to send or the control says stop, then reads for the cooldown. */
const runMachine = async (machine: Machine): Promise<void> => {
  const { run, receiver, transmitter, schedule, intake, counts } = machine
  const { plan, link, control } = run
  const { clock } = link
  const list = makeProbeList(SLOTS)
  const sendList = makeListSender({ plan, clock, control, transmitter })
  const report = makeReporter(machine)
  let lastSentUs = clock.nowUs()
  let reportedUs = lastSentUs
  let polls = 0
  const poll = async (timeoutMs: number): Promise<void> => {
    polls += 1
    if (polls % POLLS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    const reading = receiver.poll(intake.onPacket, timeoutMs)
    if (typeof reading !== 'number') await reading
    const nowUs = clock.nowUs()
    if (nowUs - reportedUs >= TICK_US) {
      reportedUs = nowUs
      await report(nowUs, lastSentUs)
    } else await intake.settle()
  }
  /** Sends one batch, or waits for what may come. @returns false when nothing more will. */
  const step = async (): Promise<boolean> => {
    while ((receiver.underPressure() || control.underPressure()) && !control.sendingStopped()) {
      await clock.sleepUntilUs(clock.nowUs() + PRESSURE_PAUSE_US)
      await poll(0)
    }
    schedule.fill(list, Math.min(LARGEST_LIST, batchSizeFor(control.ratePps())), clock.nowUs())
    if (list.count > 0) {
      counts.preprobes += await sendList(list)
      lastSentUs = clock.nowUs()
      await poll(0)
      return true
    }
    const leftMs = (Math.min(schedule.nextUs(), lastSentUs + plan.cooldownUs) - clock.nowUs()) / 1000
    if (schedule.nextUs() === Number.POSITIVE_INFINITY && leftMs <= 0) return false
    await poll(Math.max(0, Math.min(POLL_MS, leftMs)))
    return true
  }
  try {
    let goesOn = true
    while (goesOn && !control.sendingStopped()) goesOn = await step()
    const endUs = lastSentUs + plan.cooldownUs
    while (clock.nowUs() < endUs && !control.receivingStopped()) {
      await poll(Math.min(POLL_MS, (endUs - clock.nowUs()) / 1000))
    }
  } finally {
    // What has arrived is handed on, also when sending failed.
    await report(clock.nowUs(), lastSentUs)
  }
}

/** Carries the plan out to its end, or until the control says stop; then listens for the cooldown. @returns the counts. */
export const runMassTrace = async (run: MassTraceRun): Promise<MassTraceCounts> => {
  const { plan, link, from, onHops } = run
  const counts: MassTraceCounts = from === undefined ? newCounts() : structuredClone(from.counts)
  const interfaces = knownInterfaces(from)
  const answered = makeAnsweredHops(plan.targets.length, MAX_CODE, from?.answered)
  const receiver = link.openReceiver(receiverOptionsFor(plan))
  try {
    const transmitter = link.openTransmitter({ slotBytes: PROBE_SLOT_BYTES, slots: SLOTS })
    try {
      run.onOpen?.()
      const schedule = makeSchedule(run, interfaces, answered)
      const intake = makeHopIntake({ plan, schedule, interfaces, answered, counts, onHops })
      await runMachine({ run, receiver, transmitter, schedule, intake, counts, interfaces, answered })
    } finally {
      await transmitter.close()
    }
  } finally {
    await receiver.close()
  }
  return counts
}
