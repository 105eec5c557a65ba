/** The receiving side of a mass trace: packets into rows of hop batches, each hop once, and into what the schedule knows. */

import { makeAddressTable } from '../../core/address-table.ts'
import { HOP_ENDS, HOP_IS_TARGET, HOP_PREPROBE, type HopBatch, makeHopBatch } from '../../core/hop-batch.ts'
import type { PacketHandler } from '../../link/contract.ts'
import { cookieKey } from '../cookie.ts'
import { type AnsweredHops, NO_END } from './answered-hops.ts'
import { makeHopReader } from './hop-reader.ts'
import type { InterfaceSet } from './interface-set.ts'
import { PREPROBE_CODE } from './mass-probe.ts'
import type { MassTraceCounts } from './mass-trace-counts.ts'
import type { Schedule } from './schedule.ts'
import { type MassTracePlan, PREPROBE_TTL } from './trace-plan.ts'

const ROWS = 8192

export interface HopIntake {
  readonly onPacket: PacketHandler
  /** Hands the rows so far on, if there are any. */
  flush(): void
  /** Resolves when what was handed on is dealt with. @throws what dealing with it threw. */
  settle(): Promise<void>
}

export interface HopIntakeOptions {
  plan: MassTracePlan
  schedule: Schedule
  interfaces: InterfaceSet
  answered: AnsweredHops
  /** To be counted on. */
  counts: MassTraceCounts
  onHops: (batch: HopBatch) => Promise<void> | void
}

export const makeHopIntake = (options: HopIntakeOptions): HopIntake => {
  const { plan, schedule, interfaces, answered, counts, onHops } = options
  const { targets, kind, source, port, seed } = plan
  const table = makeAddressTable(targets)
  const reader = makeHopReader({ kind, source, port, cookieKey: cookieKey(seed), preprobeTtl: PREPROBE_TTL })
  const { reading } = reader
  let batch = makeHopBatch(ROWS)
  let handled: Promise<void> | undefined

  const flush = (): void => {
    if (batch.count === 0) return
    const full = batch
    batch = makeHopBatch(ROWS)
    handled = handled === undefined ? (onHops(full) ?? undefined) : handled.then(() => onHops(full))
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
    counts.hops += 1
    if (batch.count === batch.capacity) flush()
  }
  /** Marks where the target's end was met. @returns whether that is news. */
  const noteEnd = (index: number): boolean => {
    const known = answered.endOf(index)
    if (reading.ttl >= known) {
      counts.repeatedEnds += 1
      return false
    }
    answered.setEnd(index, reading.ttl)
    if (known === NO_END && reading.address === reading.target) counts.reached += 1
    else if (known === NO_END) counts.unreachable += 1
    return true
  }
  return {
    flush,
    async settle() {
      const waiting = handled
      handled = undefined
      await waiting
    },
    onPacket(bytes, offset, length, timeUs, unsummed = false) {
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
        if (reading.address !== reading.target) interfaces.add(reading.address, 0)
        schedule.onHop(index, reading)
        if (!reading.ends || noteEnd(index)) keep(timeUs)
      }
    },
  }
}
