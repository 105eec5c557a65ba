/**
 * A scan over a link with threads of its own: one receiver, one or more senders, and this thread for the person, the
 * store and the outputs. The threads share counters and orders; replies cross as transferred buffers.
 */

import { Worker } from 'node:worker_threads'
import { type ErrorCode, InterplotError } from '../core/errors.ts'
import { type ReplyBatch, type ReplyBatchMessage, replyBatchFrom } from '../core/reply-batch.ts'
import type { LinkSpec } from '../link/contract.ts'
import type { ScanControl } from '../probe/scan-control.ts'
import type { ScanPlan } from '../probe/scan-plan.ts'

/** What a worker is started with. */
export interface ScanWorkerData {
  plan: ScanPlan
  spec: LinkSpec
  control: SharedArrayBuffer
  senderIndex: number
}

export type ScanWorkerMessage =
  | { kind: 'batch'; batch: ReplyBatchMessage }
  | { kind: 'failed'; code: ErrorCode; message: string; advice: string | undefined; stack: string | undefined }

const workerUrl = (name: string): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

interface RunningWorker {
  finished: Promise<void>
}

type BatchHandler = (batch: ReplyBatch) => Promise<void> | void

const startWorker = (name: string, workerData: ScanWorkerData, onBatch: BatchHandler): RunningWorker => {
  const worker = new Worker(workerUrl(name), { workerData })
  const finished = new Promise<void>((resolve, reject) => {
    let handled = Promise.resolve()
    worker.on('message', (message: ScanWorkerMessage) => {
      if (message.kind === 'batch') {
        handled = handled.then(() => onBatch(replyBatchFrom(message.batch)))
        handled.catch(reject)
      } else {
        const { code, advice, stack } = message
        const error = new InterplotError(code, message.message, advice === undefined ? {} : { advice })
        if (stack !== undefined) error.stack = stack
        reject(error)
      }
    })
    worker.on('error', reject)
    worker.on('exit', () => handled.then(resolve, reject))
  })
  return { finished }
}

export interface ThreadedScan {
  plan: ScanPlan
  spec: LinkSpec
  control: ScanControl
  /** Takes each batch over, in order of arrival; senders pause while too many wait. */
  onBatch: BatchHandler
}

const cooldown = (control: ScanControl, cooldownUs: number): Promise<void> =>
  new Promise((resolve) => {
    const endMs = performance.now() + cooldownUs / 1000
    const timer = setInterval(() => {
      if (performance.now() < endMs && !control.receivingStopped()) return
      clearInterval(timer)
      resolve()
    }, 20)
  })

/** Runs to the end, or until the control says stop. @throws the first failure of any thread, after all have ended. */
export const runThreadedScan = async ({ plan, spec, control, onBatch }: ThreadedScan): Promise<void> => {
  const data = (senderIndex: number): ScanWorkerData => ({ plan, spec, control: control.buffer, senderIndex })
  const receiver = startWorker('scan-receiver-worker', data(-1), async (batch) => {
    await onBatch(batch)
    control.batchTaken()
  })
  const failures: unknown[] = []
  const noted = (promise: Promise<void>): Promise<void> =>
    promise.catch((error: unknown) => {
      failures.push(error)
      control.stopSending()
      control.stopReceiving()
    })
  const receiving = noted(receiver.finished)
  await Promise.race([control.receiverReady(), receiving])
  if (failures.length === 0) {
    const senders = Array.from({ length: plan.senders }, (_, index) =>
      noted(startWorker('scan-sender-worker', data(index), onBatch).finished),
    )
    await Promise.all(senders)
    control.stopSending()
    await cooldown(control, plan.cooldownUs)
  }
  control.stopReceiving()
  await receiving
  if (failures.length > 0) throw failures[0]
}
