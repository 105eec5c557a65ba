/**
 * Thread of the receiver: reads the ring until told to stop, hands batches to the main thread at least ten times a second. So
 * many may wait there and no more: memory is bounded however long the store takes.
 */

import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { replyBatchMessage } from '../../core/reply-batch.ts'
import { makeReplyReader } from '../../probe/reply-reader.ts'
import { receiverOptionsFor } from '../../probe/scanner.ts'
import { runScanWorker } from './scan-worker.ts'

const POLL_MS = 20
const FLUSH_MS = 100
/** Polls at the end: as many as it takes to empty the ring, and one for the block that the kernel is still filling. */
const LAST_POLLS = 5

await runScanWorker(async ({ plan, earlier, canaries, link, control, socketOpen, post }) => {
  const receiver = link.openReceiver(receiverOptionsFor(plan))
  // Before the first packet is looked at.
  socketOpen()
  const reader = makeReplyReader({
    plan,
    ...(earlier === undefined ? {} : { earlier }),
    control,
    ...(canaries === undefined ? {} : { canaries }),
    onBatch(batch) {
      control.batchPosted()
      post({ kind: 'batch', batch: replyBatchMessage(batch) }, [batch.buffer])
    },
    // This thread blocks in the kernel and has no turn of the event loop: messages are fetched.
    usedBuffer: () => (parentPort === null ? undefined : receiveMessageOnPort(parentPort)?.message),
  })
  const report = (): void => {
    const { droppedByKernel, outages = 0 } = receiver.counters()
    control.setReceiver('droppedByKernel', droppedByKernel)
    control.setReceiver('outages', outages)
  }
  control.setReceiverReady()
  try {
    let flushedMs = performance.now()
    while (!control.receivingStopped()) {
      // While the store stalls, packets stay in the ring: what it has no room for, the kernel counts.
      if (control.mayPost(POLL_MS)) await receiver.poll(reader.onPacket, POLL_MS)
      control.setPressure(receiver.underPressure())
      if (performance.now() - flushedMs >= FLUSH_MS) {
        report()
        reader.flush()
        flushedMs = performance.now()
      }
    }
    for (let polls = 0; polls < LAST_POLLS; polls += 1) {
      while (!control.mayPost(POLL_MS)) report()
      if ((await receiver.poll(reader.onPacket, POLL_MS)) === 0) break
    }
    report()
    reader.flush()
  } finally {
    await receiver.close()
  }
})
