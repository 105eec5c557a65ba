/**
 * A scan over a link with threads of its own: a receiver for each way out, one or more senders, and this thread for the
 * person, the store and the outputs. The threads share counters and orders; replies cross as transferred buffers.
 *
 * Several ways out share the senders: sender i takes way i modulo their number, and writes that way's source address into
 * its probes. All probes to a target are one sender's, so all answers to them go to one address and reach one receiver:
 * each receiver can tell repeats by itself.
 */

import { Worker } from 'node:worker_threads'
import { InterplotError } from '../../core/errors.ts'
import { type ReplyBatch, type ReplyBatchMessage, replyBatchFrom } from '../../core/reply-batch.ts'
import type { LinkSpec } from '../../link/contract.ts'
import type { CanaryTable } from '../../probe/canary-table.ts'
import type { EarlierReplies } from '../../probe/dedup.ts'
import type { ScanControl } from '../../probe/scan-control.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import { giveUpMainThread } from '../run-privileges.ts'
import { errorOfWorker, type WorkerFailure } from '../worker-failure.ts'

/** What a worker is started with. */
export interface ScanWorkerData {
  plan: ScanPlan
  /** For the receiver: what a run that is gone on with has found before. */
  earlier?: EarlierReplies
  canaries?: SharedArrayBuffer
  /** The processor to run on. */
  core?: number
  spec: LinkSpec
  control: SharedArrayBuffer
  senderIndex: number
  receiverIndex: number
  /** Whether this thread gives up its rights when its socket is open. */
  dropPrivileges: boolean
}

export type ScanWorkerMessage =
  | { kind: 'batch'; batch: ReplyBatchMessage }
  /** Something that the person should know; the scan goes on. */
  | { kind: 'note'; text: string }
  | WorkerFailure

const workerUrl = (name: string): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

type BatchHandler = (batch: ReplyBatch) => Promise<void> | void

interface WorkerStart {
  name: string
  workerData: ScanWorkerData
  onBatch: BatchHandler
  onNote: (text: string) => void
  /** Called at once, for each failure of the thread or of `onBatch`; no batch is handed over after one. */
  onFailure: (error: unknown) => void
}

/** @returns a promise that resolves when the thread has ended and all its batches are dealt with. */
const startWorker = ({ name, workerData, onBatch, onNote, onFailure }: WorkerStart): Promise<void> =>
  new Promise((resolve) => {
    const worker = new Worker(workerUrl(name), { workerData })
    let handled = Promise.resolve()
    let failed = false
    const fail = (error: unknown): void => {
      failed = true
      onFailure(error)
    }
    worker.on('message', (message: ScanWorkerMessage) => {
      if (message.kind === 'failed') {
        fail(errorOfWorker(message))
        return
      }
      if (message.kind === 'note') {
        onNote(message.text)
        return
      }
      handled = handled
        .then(async () => {
          if (failed) return
          await onBatch(replyBatchFrom(message.batch))
          // Its buffer goes back, to be filled again.
          worker.postMessage(message.batch.buffer, [message.batch.buffer])
        })
        .catch(fail)
    })
    worker.on('error', fail)
    worker.on('exit', (code) => {
      if (code !== 0 && !failed) fail(new InterplotError('ERR_INTERNAL', `${name} ended with exit code ${code}`))
      void handled.then(resolve)
    })
  })

export interface ThreadedScan {
  plan: ScanPlan
  earlier?: EarlierReplies
  canaries?: CanaryTable
  /** Processors for the senders and then the receiver, used in turn; none = the kernel chooses. */
  cores?: readonly number[]
  /** The ways out, at least one. */
  specs: readonly LinkSpec[]
  control: ScanControl
  /** Whether threads give up their rights when their sockets are open. */
  dropPrivileges: boolean
  /** Takes each batch over, in order of arrival; senders pause while too many wait. */
  onBatch: BatchHandler
  /** Takes what the person should know. */
  onNote: (text: string) => void
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
export const runThreadedScan = async (scan: ThreadedScan): Promise<void> => {
  const { plan, earlier, canaries, cores = [], specs, control, dropPrivileges, onBatch, onNote } = scan
  const data = (spec: LinkSpec, index: number): Omit<ScanWorkerData, 'senderIndex' | 'receiverIndex'> => ({
    plan: specs.length === 1 ? plan : { ...plan, sourceAddresses: [spec.sourceAddress] },
    spec,
    control: control.buffer,
    dropPrivileges,
    ...(cores.length === 0 ? {} : { core: cores[index % cores.length]! }),
  })
  // One sender sends all canaries; their answers may come to any receiver.
  const shared = canaries === undefined ? {} : { canaries: canaries.buffer }
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => {
    failures.push(error)
    control.abandonBatches()
    control.stopSending()
    control.stopReceiving()
  }
  const receiving = Promise.all(
    specs.map((spec, receiverIndex) =>
      startWorker({
        name: 'scan-receiver-worker',
        workerData: {
          ...data(spec, plan.senders + receiverIndex),
          ...(earlier === undefined ? {} : { earlier }),
          ...shared,
          senderIndex: -1,
          receiverIndex,
        },
        async onBatch(batch) {
          await onBatch(batch)
          control.batchTaken()
        },
        onNote,
        onFailure,
      }),
    ),
  )
  await Promise.race([control.receiversReady(specs.length), receiving])
  if (failures.length === 0) {
    const senders = Array.from({ length: plan.senders }, (_, senderIndex) =>
      startWorker({
        name: 'scan-sender-worker',
        workerData: {
          ...data(specs[senderIndex % specs.length]!, senderIndex),
          ...(senderIndex > 0 ? {} : shared),
          senderIndex,
          receiverIndex: 0,
        },
        onBatch,
        onNote,
        onFailure,
      }),
    )
    // They have begun with this thread's rights.
    giveUpMainThread(dropPrivileges)
    await Promise.all(senders)
    control.stopSending()
    await cooldown(control, plan.cooldownUs)
  }
  control.stopReceiving()
  await receiving
  if (failures.length > 0) throw failures[0]
}
