/** Thread of the receiver: reads the ring until told to stop, hands batches to the main thread at least ten times a second. */

import { replyBatchMessage } from '../core/reply-batch.ts'
import { makeReplyReader } from '../probe/reply-reader.ts'
import { receiverOptionsFor } from '../probe/scanner.ts'
import { runScanWorker } from './scan-worker.ts'

const POLL_MS = 20
const FLUSH_MS = 100

await runScanWorker(async ({ plan, link, control, post }) => {
  const receiver = link.openReceiver(receiverOptionsFor(plan))
  const reader = makeReplyReader({
    plan,
    control,
    onBatch(batch) {
      control.batchPosted()
      post({ kind: 'batch', batch: replyBatchMessage(batch) }, [batch.buffer])
    },
  })
  control.setReceiverReady()
  try {
    let flushedMs = performance.now()
    while (!control.receivingStopped()) {
      await receiver.poll(reader.onPacket, POLL_MS)
      control.setPressure(receiver.underPressure())
      if (performance.now() - flushedMs >= FLUSH_MS) {
        control.setReceiver('droppedByKernel', receiver.counters().droppedByKernel)
        reader.flush()
        flushedMs = performance.now()
      }
    }
    await receiver.poll(reader.onPacket, 0)
    control.setReceiver('droppedByKernel', receiver.counters().droppedByKernel)
    reader.flush()
  } finally {
    await receiver.close()
  }
})
