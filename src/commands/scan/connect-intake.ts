/** What has become of connections, as rows of replies and counters: what a reply reader is to packets. */

import { systemClock } from '../../core/clock.ts'
import {
  CLASSIFICATIONS,
  type Classification,
  REPLY_COOLDOWN,
  REPLY_REPEAT,
  REPLY_SUCCESS,
} from '../../core/reply-batch.ts'
import type { ConnectResult } from '../../link/tcp-connector.ts'
import { makeDedup, rememberEarlier } from '../../probe/dedup.ts'
import { newReplyBatch } from '../../probe/scan-plan.ts'
import type { EngineRun } from './scan-engine.ts'

export interface ConnectIntake {
  take(address: number, port: number, result: ConnectResult): void
  /** Hands on the rows so far. @throws what the taking of any rows has thrown. */
  flush(): Promise<void>
}

const ROWS: Readonly<Partial<Record<ConnectResult['outcome'], Classification>>> = {
  open: 'syn-ack',
  refused: 'rst',
  unreachable: 'unreachable',
}
/** Destination unreachable, host unreachable (RFC 792). */
const ICMP_UNREACHABLE = { type: 3, code: 1 } as const

export const makeConnectIntake = ({ plan, control, earlier, onBatch }: EngineRun): ConnectIntake => {
  const dedup = makeDedup(plan.dedup, plan.dedupWindow)
  if (earlier !== undefined) rememberEarlier(dedup, earlier)
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
