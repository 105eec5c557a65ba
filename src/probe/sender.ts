/** One sender: walks its part of the targets, fills slots from the template, keeps the pace, sends. Runs in any thread. */

import type { Clock } from '../core/clock.ts'
import type { Transmitter, TransmitterOptions } from '../link/contract.ts'
import { addTarget, newTargetBatch } from '../targets/target-set.ts'
import type { CanaryTable } from './canary-table.ts'
import type { PreparedProbe } from './modules/contract.ts'
import { probeModules } from './modules/index.ts'
import { batchSizeFor, makePacer } from './pacer.ts'
import type { ScanControl } from './scan-control.ts'
import { prepareProbe, type ScanPlan, senderWalk } from './scan-plan.ts'

const MAX_SLOTS = 256
/** Canaries after one batch of probes, at most, and for each probe: evenly, so that they fare as the probes do. */
const MAX_CANARIES = 16
const CANARY_SHARE = 0.05
/** Connections that canaries to one TCP target are spread over. */
const TCP_COPIES = 199
/** How long a sender pauses when the receiver is under pressure before it looks again. */
const PRESSURE_PAUSE_US = 200

/** The slots that a sender of this plan needs. */
export const transmitterOptionsFor = (plan: ScanPlan): TransmitterOptions => ({
  slots: Math.max(MAX_SLOTS, plan.copies),
  slotBytes: Math.ceil(prepareProbe(plan).packetBytes / 16) * 16,
  ...(plan.retries === undefined ? {} : { retries: plan.retries }),
})

export interface SenderRun {
  plan: ScanPlan
  /** 0 … plan.senders-1. */
  index: number
  transmitter: Transmitter
  clock: Clock
  control: ScanControl
  /** Extra probes to send among the others: for the first sender. */
  canaries?: CanaryTable
  /** Where another sender of this index has left the walk. */
  position?: number
  /** Called after each batch: an in-process scan reads replies here. */
  afterBatch?: () => Promise<void> | void
}

/** @returns what writes and sends the canaries that wait, `most` at a time at most, and gives how many they were. */
const makeCanarySender = (
  { plan, transmitter, clock }: SenderRun,
  canaries: CanaryTable,
  probe: PreparedProbe,
  slotBytes: number,
): ((most: number) => Promise<number>) => {
  const isTcp = probeModules.get(plan.module).protocol === 'tcp'
  const batch = newTargetBatch(MAX_CANARIES)
  return async (most) => {
    batch.count = 0
    while (batch.count < most) {
      const canary = canaries.next()
      if (canary === null) break
      const slot = batch.count
      addTarget(batch, plan.targets, canary.address, canary.port)
      const at = slot * slotBytes
      // A host may answer a second SYN of the same connection late or never (Linux: tcp_invalid_ratelimit): another port of ours.
      const copy = isTcp ? 1 + (canary.slot % TCP_COPIES) : 0
      transmitter.lengths[slot] = probe.writeTarget(transmitter.memory, at, canary.address, canary.port, copy)
      canaries.sent(clock.nowUs())
    }
    if (batch.count > 0) await transmitter.send(batch, batch.count)
    return batch.count
  }
}

/** Sends until the walk ends or the control says stop, with a transmitter of its own. @throws what the transmitter throws. */
export const runSender = async (run: SenderRun): Promise<void> => {
  const { plan, index, transmitter, clock, control } = run
  const { slots, slotBytes } = transmitterOptionsFor(plan)
  const { memory, lengths } = transmitter
  const probe = prepareProbe(plan)
  for (let slot = 0; slot < slots; slot += 1) probe.writeTemplate(memory, slot * slotBytes)
  const walk = senderWalk(plan, index, run.position)
  const batch = newTargetBatch(slots)
  const sendCanaries = run.canaries === undefined ? null : makeCanarySender(run, run.canaries, probe, slotBytes)
  let canaryCredit = 0
  const pacer = makePacer(clock)
  // What the sender before has done counts on.
  const before = control.sender(index)
  let { targets } = before
  const firstUs = clock.nowUs()
  control.setPosition(index, walk.position())
  const report = (): void => {
    const counters = transmitter.counters()
    control.setSender(index, 'sent', before.sent + counters.sent)
    control.setSender(index, 'targets', targets)
    control.setSender(index, 'failed', before.failed + counters.failed)
    control.setSender(index, 'backoffs', before.backoffs + counters.backoffs)
  }
  try {
    while (!control.sendingStopped()) {
      while (control.underPressure() && !control.sendingStopped()) {
        await clock.sleepUntilUs(clock.nowUs() + PRESSURE_PAUSE_US)
        await run.afterBatch?.()
      }
      const ratePps = control.ratePps() / plan.senders
      const size = Math.min(plan.batch ?? slots, batchSizeFor(ratePps))
      const filled = walk.next(batch, Math.max(plan.copies, size), plan.copies)
      if (filled === 0) break
      for (let slot = 0; slot < filled; slot += 1) {
        const copy = plan.copies === 1 ? 0 : slot % plan.copies
        lengths[slot] = probe.writeTarget(memory, slot * slotBytes, batch.addresses[slot]!, batch.ports[slot]!, copy)
      }
      await pacer.wait(filled, ratePps, control.sendingStopped)
      if (control.sendingStopped()) break
      const batchUs = clock.nowUs()
      if (probe.writeTime !== undefined) {
        for (let slot = 0; slot < filled; slot += 1) probe.writeTime(memory, slot * slotBytes, batchUs)
      }
      await transmitter.send(batch, filled)
      // The batch's share of the schedule is sending time, too, or the rate of one probe would be endless.
      control.setSendingTime(index, firstUs, Math.max(clock.nowUs(), batchUs + (filled * 1e6) / ratePps))
      targets += filled / plan.copies
      control.setPosition(index, walk.position())
      report()
      if (sendCanaries !== null) {
        canaryCredit = Math.min(MAX_CANARIES, canaryCredit + filled * CANARY_SHARE)
        const extra = await sendCanaries(Math.floor(canaryCredit))
        canaryCredit -= extra
        if (extra > 0) await pacer.wait(extra, ratePps, control.sendingStopped)
      }
      await run.afterBatch?.()
    }
  } finally {
    report()
  }
}
