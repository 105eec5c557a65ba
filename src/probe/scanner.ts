/**
 * A whole scan in one thread over one link: for links that live in the event loop or in a simulation. Links that have
 * threads of their own are driven by the same sender and reader from workers.
 */

import type { ReplyBatch } from '../core/reply-batch.ts'
import type { Link, ReceiverOptions } from '../link/contract.ts'
import type { CanaryTable } from './canary-table.ts'
import type { EarlierReplies } from './dedup.ts'
import { probeModules } from './modules/index.ts'
import { makeReplyReader, snapBytesFor } from './reply-reader.ts'
import type { ScanControl } from './scan-control.ts'
import { type ScanPlan, withOneSender } from './scan-plan.ts'
import { runSender, transmitterOptionsFor } from './sender.ts'

const COOLDOWN_POLL_MS = 50
/** Rows wait no longer than this for their batch to be full. */
const FLUSH_US = 100_000
/** Batches of probes after which the event loop gets a turn, which a link in virtual time never gives: signals, the live line. */
const BATCHES_A_TURN = 64

/** What the kernel should let through for this plan. ICMP always: errors quote any probe. */
export const receiverOptionsFor = (plan: ScanPlan): ReceiverOptions => {
  const { protocol, mirrorsPorts } = probeModules.get(plan.module)
  const { ports: targetPorts } = plan.targets
  const ports = mirrorsPorts === true ? { first: targetPorts[0]!, last: targetPorts.at(-1)! } : plan.sourcePorts
  return {
    filter: {
      destinations: plan.sourceAddresses,
      protocols: protocol === 'icmp' ? ['icmp'] : ['icmp', protocol],
      ...(protocol === 'icmp' ? {} : { ports }),
    },
    snapBytes: snapBytesFor(plan),
  }
}

export interface ScanRun {
  plan: ScanPlan
  /** Of a run that is gone on with. */
  earlier?: EarlierReplies
  link: Link
  control: ScanControl
  canaries?: CanaryTable
  /** Called again and again with the link's time: steps of the rate's control, checkpoints. */
  onTick?: (nowUs: number) => void
  /** Called when all sockets are open. */
  onOpen?: () => void
  /** Takes each batch over, in order of arrival; the scan goes on when it is done with it. */
  onBatch: (batch: ReplyBatch) => Promise<void> | void
}

/** Runs the plan to its end, or until the control says stop; then listens for the cooldown. */
export const runScan = async ({
  plan: asked,
  earlier,
  link,
  control,
  canaries,
  onTick,
  onOpen,
  onBatch,
}: ScanRun): Promise<void> => {
  const { clock } = link
  // One thread is one sender, at the whole rate.
  const plan = withOneSender(asked)
  const receiver = link.openReceiver(receiverOptionsFor(plan))
  const transmitter = link.openTransmitter(transmitterOptionsFor(plan))
  onOpen?.()
  let handled: Promise<void> | undefined
  const reader = makeReplyReader({
    plan,
    ...(earlier === undefined ? {} : { earlier }),
    control,
    ...(canaries === undefined ? {} : { canaries }),
    onBatch(batch) {
      handled = handled === undefined ? (onBatch(batch) ?? undefined) : handled.then(() => onBatch(batch))
    },
  })
  const settle = async (): Promise<void> => {
    const waiting = handled
    handled = undefined
    await waiting
  }
  let flushedUs = clock.nowUs()
  let polls = 0
  const poll = async (timeoutMs: number): Promise<void> => {
    polls += 1
    if (polls % BATCHES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    await receiver.poll(reader.onPacket, timeoutMs)
    control.setPressure(receiver.underPressure())
    control.setReceiver('droppedByKernel', receiver.counters().droppedByKernel)
    onTick?.(clock.nowUs())
    if (clock.nowUs() - flushedUs >= FLUSH_US) {
      reader.flush()
      flushedUs = clock.nowUs()
    }
    await settle()
  }
  control.setReceiverReady()
  try {
    await runSender({
      plan,
      index: 0,
      transmitter,
      clock,
      control,
      ...(canaries === undefined ? {} : { canaries }),
      afterBatch: () => poll(0),
    })
    control.stopSending()
    const endUs = clock.nowUs() + plan.cooldownUs
    while (clock.nowUs() < endUs && !control.receivingStopped()) {
      await poll(Math.min(COOLDOWN_POLL_MS, (endUs - clock.nowUs()) / 1000))
    }
  } finally {
    try {
      // What has arrived is handed on, also when sending failed.
      reader.flush()
      await settle()
    } finally {
      await transmitter.close()
      await receiver.close()
    }
  }
}
