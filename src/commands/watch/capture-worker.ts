/** Thread of a live capture: frames become flows here; what has changed goes to the main thread. */

import { parentPort, workerData } from 'node:worker_threads'
import { connectionBatchMessage, makeConnectionBatch } from '../../core/connection-batch.ts'
import { openCapture } from '../../link/capture/live-capture.ts'
import { dropCapabilities } from '../../link/privileges.ts'
import { FlowMeter } from '../../sources/flows/flow-meter.ts'
import { workerFailure } from '../worker-failure.ts'
import { type CaptureMessage, type CaptureWorkerData, STOP, WAITING } from './capture-thread.ts'
import { meterOptions, standingOf } from './flow-options.ts'

/** Between two looks at what has changed. */
const FLUSH_MS = 250
const POLL_MS = 50
/** Batches that wait for the main thread: with more of them changes are gathered, with more still they are lost. */
const GATHER_FROM = 4
const LOSE_FROM = 32

const { capture: wanted, plan, dropPrivileges, control } = workerData as CaptureWorkerData
const post = (message: CaptureMessage, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer)

const waiting = (): number => Atomics.load(control, WAITING)
let notKept = 0
let isEnding = false

try {
  const capture = openCapture({
    ...wanted,
    mayBlock: true,
    onState: (name, change) => post({ kind: 'state', name, change }),
  })
  if (dropPrivileges) dropCapabilities()
  const meter = new FlowMeter({
    ...meterOptions(plan),
    deviceName: capture.deviceName,
    onBatch(batch) {
      // What is left is worth waiting for.
      for (let now = waiting(); isEnding && now >= LOSE_FROM; now = waiting())
        Atomics.wait(control, WAITING, now, POLL_MS)
      if (waiting() >= LOSE_FROM) {
        notKept += batch.count
        batch.count = 0
        return batch
      }
      Atomics.add(control, WAITING, 1)
      post({ kind: 'batch', batch: connectionBatchMessage(batch) }, [batch.buffer])
      return makeConnectionBatch(batch.capacity)
    },
  })
  post({ kind: 'open', notes: capture.notes })
  const report = (): void => {
    // The clock that packets are stamped with.
    const nowUs = Date.now() * 1000
    meter.sweep(nowUs)
    if (waiting() < GATHER_FROM) meter.flush()
    const { droppedByKernel } = capture.counters()
    const standing = standingOf(meter.counters, { nowUs, underWay: meter.flows, droppedByKernel, notKept })
    post({ kind: 'standing', standing })
  }
  let dueMs = performance.now() + FLUSH_MS
  try {
    while (Atomics.load(control, STOP) === 0) {
      capture.poll(meter.onFrame, POLL_MS)
      if (performance.now() < dueMs) continue
      dueMs = performance.now() + FLUSH_MS
      report()
    }
    // What is still in the rings.
    while ((capture.poll(meter.onFrame, 0) as number) > 0 && performance.now() < dueMs + FLUSH_MS);
    report()
    isEnding = true
    post({ kind: 'ending' })
    meter.finish()
    post({ kind: 'done' })
  } finally {
    capture.close()
  }
} catch (error) {
  post(workerFailure(error))
}
