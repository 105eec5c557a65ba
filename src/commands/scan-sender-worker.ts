/** Thread of one sender. */

import { runSender, transmitterOptionsFor } from '../probe/sender.ts'
import { runScanWorker } from './scan-worker.ts'

await runScanWorker(async ({ plan, canaries, link, control, senderIndex }) => {
  const transmitter = link.openTransmitter(transmitterOptionsFor(plan))
  try {
    await runSender({
      plan,
      index: senderIndex,
      transmitter,
      clock: link.clock,
      control,
      ...(canaries === undefined ? {} : { canaries }),
    })
  } finally {
    await transmitter.close()
  }
})
