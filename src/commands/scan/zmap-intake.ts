/** zmap's rows and counters into reply batches and the scan's control, as the native engine's reader would hand them on. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { REPLY_REPEAT, REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { makeZmapRowReader, type ZmapRowReader, type ZmapStatus } from '../../link/zmap-output.ts'
import { makeDedup } from '../../probe/dedup.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { newReplyBatch } from '../../probe/scan-plan.ts'
import { contains } from '../../targets/cidr-set.ts'
import type { EngineRun } from './scan-engine.ts'

export interface ZmapIntake {
  /** Of a run's first line. @throws InterplotError ERR_CHILD_PROCESS when it is no header. */
  begin(header: readonly string[], port: number): void
  row(values: readonly string[]): Promise<void>
  /** What zmap says of the current run so far. */
  status(status: Omit<ZmapStatus, 'sending'>): void
  flush(): Promise<void>
  /** The run is over; the next one's counters add up with it. */
  end(): void
}

export const makeZmapIntake = ({ plan, control, onBatch }: EngineRun): ZmapIntake => {
  const dedup = makeDedup(plan.dedup, plan.dedupWindow)
  const { keepsBytes } = probeModules.get(plan.module)
  const counts = { accepted: 0, success: 0, repeats: 0, malformed: 0, unrelated: 0 }
  const startedUs = systemClock.nowUs()
  const none = { sent: 0, received: 0, dropped: 0, failed: 0, sendingUs: 0 }
  let before = none
  let current = none
  let batch = newReplyBatch(plan)
  let read: ZmapRowReader | null = null

  const publish = (): void => {
    // Its status is up to a second old; a reply proves a probe.
    const sent = Math.max(before.sent + current.sent, counts.accepted - counts.repeats)
    control.setSender(0, 'sent', sent)
    control.setSender(0, 'targets', Math.round(sent / plan.copies))
    control.setSender(0, 'failed', before.failed + current.failed)
    const sendingUs = before.sendingUs + current.sendingUs
    if (sendingUs > 0) control.setSendingTime(0, startedUs, startedUs + sendingUs)
    control.setReceiver('received', Math.max(before.received + current.received, counts.accepted))
    control.setReceiver('droppedByKernel', before.dropped + current.dropped)
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) control.setReceiver(name, counts[name])
  }

  const flush = async (): Promise<void> => {
    publish()
    if (batch.count === 0) return
    const full = batch
    batch = newReplyBatch(plan)
    await onBatch(full)
  }

  return {
    begin(header, port) {
      read = makeZmapRowReader(header, port)
      if (read !== null) return
      throw new InterplotError(
        'ERR_CHILD_PROCESS',
        `zmap wrote "${header.join(',').slice(0, 100)}" where its columns should be`,
        {
          advice: 'Leave --engine out to scan without zmap.',
        },
      )
    },
    async row(values) {
      const row = batch.count
      const { heapUsed } = batch
      if (read === null || !read(values, batch, row)) {
        counts.malformed += 1
        return
      }
      if (!contains(plan.targets.addresses, batch.target[row]!)) {
        counts.unrelated += 1
        batch.heapUsed = heapUsed
        return
      }
      counts.accepted += 1
      const success = (batch.flags[row]! & REPLY_SUCCESS) !== 0
      const first = dedup.isFirst(batch.target[row]!, batch.port[row]!, success)
      if (first) counts.success += success ? 1 : 0
      else counts.repeats += 1
      if (!first && !plan.keepRepeats) {
        batch.heapUsed = heapUsed
        return
      }
      if (!first) batch.flags[row] = batch.flags[row]! | REPLY_REPEAT
      batch.count = row + 1
      if (batch.count === batch.capacity || batch.heap.length - batch.heapUsed < keepsBytes) await flush()
    },
    status({ sent, received, dropped, failed, sentPps }) {
      const sendingUs = sentPps > 0 ? (sent * 1e6) / sentPps : current.sendingUs
      current = { sent, received, dropped, failed, sendingUs }
      publish()
    },
    flush,
    end() {
      before = {
        sent: before.sent + current.sent,
        received: before.received + current.received,
        dropped: before.dropped + current.dropped,
        failed: before.failed + current.failed,
        sendingUs: before.sendingUs + current.sendingUs,
      }
      current = none
    },
  }
}
