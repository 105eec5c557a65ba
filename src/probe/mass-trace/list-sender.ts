/** The sending side of a mass trace: writes the probes of a list into the slots, waits until they are due, sends them. */

import type { Clock } from '../../core/clock.ts'
import type { Transmitter } from '../../link/contract.ts'
import { addTarget, newTargetBatch } from '../../targets/target-set.ts'
import { cookieKey } from '../cookie.ts'
import { makePacer } from '../pacer.ts'
import type { ScanControl } from '../scan-control.ts'
import { makeProbeWriter, PREPROBE_CODE, PROBE_SLOT_BYTES, ticksAt } from './mass-probe.ts'
import type { ProbeList } from './schedule.ts'
import { type MassTracePlan, PREPROBE_TTL } from './trace-plan.ts'

export const LARGEST_LIST = 256
/** A schedule may give one probe more than it is asked for. */
export const SLOTS = LARGEST_LIST + 1

export interface ListSenderOptions {
  plan: MassTracePlan
  clock: Clock
  control: ScanControl
  /** With SLOTS slots of PROBE_SLOT_BYTES. */
  transmitter: Transmitter
}

/** What writes the probes of a list into the slots and sends them when they are due. @returns how many measure distances. */
export const makeListSender = ({ plan, clock, control, transmitter }: ListSenderOptions) => {
  const { kind, source, port, seed, targets, allowed } = plan
  const { memory, lengths } = transmitter
  const writer = makeProbeWriter({ kind, source, port, cookieKey: cookieKey(seed), preprobeTtl: PREPROBE_TTL })
  for (let slot = 0; slot < SLOTS; slot += 1) writer.writeTemplate(memory, slot * PROBE_SLOT_BYTES)
  const batch = newTargetBatch(SLOTS)
  const pacer = makePacer(clock)
  return async ({ indices, codes, count }: ProbeList): Promise<number> => {
    batch.count = 0
    for (let slot = 0; slot < count; slot += 1) addTarget(batch, allowed, targets[indices[slot]!]!, port)
    const waiting = pacer.wait(count, control.ratePps(), control.sendingStopped)
    if (waiting !== undefined) await waiting
    // A stop ends the wait, but what the schedule has given leaves: it is not remembered anywhere else.
    const ticks = ticksAt(clock.nowUs())
    let preprobes = 0
    for (let slot = 0; slot < count; slot += 1) {
      const code = codes[slot]!
      if (code === PREPROBE_CODE) preprobes += 1
      lengths[slot] = writer.writeProbe(memory, slot * PROBE_SLOT_BYTES, batch.addresses[slot]!, code, ticks)
    }
    const sending = transmitter.send(batch, count)
    if (typeof sending !== 'number') await sending
    return preprobes
  }
}
