/** A live capture in a thread of its own, as a source of connections. */

import { Worker } from 'node:worker_threads'
import { type ConnectionBatchMessage, connectionBatchFrom } from '../../core/connection-batch.ts'
import { InterplotError } from '../../core/errors.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { InterfaceChange } from '../../link/capture/interface-states.ts'
import type { CaptureOptions } from '../../link/capture/live-capture.ts'
import { errorOfWorker, type WorkerFailure } from '../worker-failure.ts'
import type { ConnectionSource, SourceEvents, SourceStanding } from './connection-source.ts'
import type { FlowPlan } from './flow-options.ts'

/** Words of the control memory. */
export const STOP = 0
/** Batches on their way to the main thread. */
export const WAITING = 1
const CONTROL_WORDS = 2

export interface CaptureWorkerData {
  capture: Omit<CaptureOptions, 'mayBlock' | 'onState'>
  plan: FlowPlan
  dropPrivileges: boolean
  control: Int32Array
}

export type CaptureMessage =
  | { kind: 'open'; notes: readonly string[] }
  | { kind: 'state'; name: string; change: InterfaceChange }
  | { kind: 'batch'; batch: ConnectionBatchMessage }
  | { kind: 'standing'; standing: SourceStanding }
  | { kind: 'ending' }
  | { kind: 'done' }
  | WorkerFailure

export interface CaptureThreadOptions extends Omit<CaptureWorkerData, 'control'> {
  title: string
  filter: string | null
  ownAddresses: readonly IpAddress[]
  /** Called when its sockets are open. */
  onOpen(): void
}

const CHANGE_WORDS: Readonly<Record<InterfaceChange, string>> = {
  down: 'is down: nothing is seen there until it comes up',
  up: 'is up again',
  gone: 'is gone: nothing is seen there until it comes back',
  back: 'is back',
}

/** Who may not capture may still look. */
const withAnotherWay = (error: InterplotError): InterplotError =>
  error.code === 'ERR_RAW_PRIVILEGE'
    ? new InterplotError(error.code, error.message, {
        advice: `${(error.advice ?? 'Run with sudo').replace(/\.$/, '')}; or, without privileges: interplot watch sockets`,
        cause: error,
      })
    : error

const handle = async (
  message: CaptureMessage,
  { onBatch, onEnding, onStanding, onNote }: SourceEvents,
  { onOpen }: CaptureThreadOptions,
  control: Int32Array,
): Promise<boolean> => {
  switch (message.kind) {
    case 'open':
      for (const note of message.notes) onNote(note)
      onOpen()
      return false
    case 'state':
      onNote(`${message.name} ${CHANGE_WORDS[message.change]}`)
      return false
    case 'batch':
      onBatch(connectionBatchFrom(message.batch))
      Atomics.sub(control, WAITING, 1)
      return false
    case 'standing':
      await onStanding(message.standing)
      return false
    case 'ending':
      onEnding()
      return false
    case 'done':
      return true
    case 'failed':
      throw withAnotherWay(errorOfWorker(message))
  }
}

export const captureThread = (options: CaptureThreadOptions): ConnectionSource => {
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4))
  const { title, filter, ownAddresses, capture, plan, dropPrivileges } = options
  return {
    ...{ title, filter, ownAddresses },
    async run(events) {
      const data: CaptureWorkerData = { capture, plan, dropPrivileges, control }
      const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
      const worker = new Worker(new URL(`./capture-worker.${extension}`, import.meta.url), { workerData: data })
      try {
        await new Promise<void>((resolve, reject) => {
          // One after the other, in the order in which they were sent.
          let handled = Promise.resolve()
          worker.on('error', reject)
          worker.on('exit', () => void handled.then(resolve))
          worker.on('message', (message: CaptureMessage) => {
            handled = handled
              .then(async () => {
                if (await handle(message, events, options, control)) resolve()
              })
              .catch(reject)
          })
        })
      } finally {
        Atomics.store(control, STOP, 1)
        await worker.terminate()
      }
    },
    stop: () => void Atomics.store(control, STOP, 1),
  }
}
