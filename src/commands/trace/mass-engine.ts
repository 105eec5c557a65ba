/**
 * What carries a mass trace out: a thread of its own over a link with threads, this thread over the others. Hops cross
 * as transferred buffers; what comes before a state in the stream is in it.
 */

import { Worker } from 'node:worker_threads'
import { type HopBatch, type HopBatchMessage, hopBatchFrom } from '../../core/hop-batch.ts'
import type { LinkKind, LinkSpec } from '../../link/contract.ts'
import { type MassTraceState, packState } from '../../probe/mass-trace/mass-trace-state.ts'
import { type MassTraceProgress, runMassTrace } from '../../probe/mass-trace/mass-tracer.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import type { ScanControl } from '../../probe/scan-control.ts'
import { errorOfWorker, type WorkerFailure } from '../worker-failure.ts'

/** Where a trace stands, without what it takes to go on. */
export type MassTraceStanding = Omit<MassTraceProgress, 'state'>

export interface MassEngineRun {
  kind: LinkKind
  spec: LinkSpec
  plan: MassTracePlan
  control: ScanControl
  from?: MassTraceState
  /** Whether the thread gives up its rights when its sockets are open. */
  dropPrivileges: boolean
  /** Whether states are wanted. */
  keepsStates: boolean
  onHops: (batch: HopBatch) => Promise<void> | void
  onStanding: (standing: MassTraceStanding) => void
  onState: (state: Uint8Array) => void
}

export interface MassWorkerData
  extends Pick<MassEngineRun, 'spec' | 'plan' | 'from' | 'dropPrivileges' | 'keepsStates'> {
  control: SharedArrayBuffer
}

export type MassWorkerMessage =
  | { kind: 'hops'; batch: HopBatchMessage }
  | { kind: 'standing'; standing: MassTraceStanding }
  | { kind: 'state'; state: Uint8Array }
  | WorkerFailure

const STATE_INTERVAL_US = 1_000_000
/** A state of so many targets is written in well below a second. */
const TARGETS_AN_INTERVAL = 1_000_000

/** Turns ticks into standings and, about once a second, states; a large trace keeps its state less often. */
export const makeTicker = (
  { plan, keepsStates }: Pick<MassEngineRun, 'plan' | 'keepsStates'>,
  onStanding: (standing: MassTraceStanding) => void,
  onState: (state: Uint8Array) => void,
): { onTick: (progress: MassTraceProgress) => void; end: () => void } => {
  const intervalUs = STATE_INTERVAL_US * Math.max(1, plan.targets.length / TARGETS_AN_INTERVAL)
  let savedUs = Number.NEGATIVE_INFINITY
  let last: MassTraceProgress | null = null
  return {
    onTick(progress) {
      const { state, ...standing } = progress
      last = progress
      onStanding(standing)
      if (!keepsStates || progress.nowUs - savedUs < intervalUs) return
      savedUs = progress.nowUs
      onState(packState(state()))
    },
    end() {
      if (keepsStates && last !== null) onState(packState(last.state()))
    },
  }
}

const runHere = async (run: MassEngineRun): Promise<void> => {
  const { kind, spec, plan, control, from, onHops } = run
  const link = kind.open(spec, { mayBlock: false })
  const ticker = makeTicker(run, run.onStanding, run.onState)
  try {
    await runMassTrace({ plan, link, control, ...(from === undefined ? {} : { from }), onHops, onTick: ticker.onTick })
    ticker.end()
  } finally {
    await link.close()
  }
}

const workerUrl = (name: string): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

const runInThread = (run: MassEngineRun): Promise<void> => {
  const { spec, plan, from, dropPrivileges, keepsStates, control } = run
  const data: MassWorkerData = {
    spec,
    plan,
    dropPrivileges,
    keepsStates,
    control: control.buffer,
    ...(from === undefined ? {} : { from }),
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl('mass-trace-worker'), { workerData: data })
    const failures: unknown[] = []
    const fail = (error: unknown): void => {
      failures.push(error)
      control.abandonBatches()
      control.stopSending()
      control.stopReceiving()
    }
    const take = async (message: MassWorkerMessage): Promise<void> => {
      if (message.kind === 'failed') {
        fail(errorOfWorker(message))
      } else if (failures.length > 0) return
      else if (message.kind === 'standing') run.onStanding(message.standing)
      else if (message.kind === 'state') run.onState(message.state)
      else {
        await run.onHops(hopBatchFrom(message.batch))
        control.batchTaken()
      }
    }
    let handled = Promise.resolve()
    worker.on('message', (message: MassWorkerMessage) => {
      handled = handled.then(() => take(message)).catch(fail)
    })
    worker.on('error', fail)
    worker.on('exit', () => void handled.then(() => (failures.length > 0 ? reject(failures[0]) : resolve())))
  })
}

/** Runs to the end, or until the control says stop. @throws the first failure, after everything has ended. */
export const runMassEngine = (run: MassEngineRun): Promise<void> => (run.kind.threads ? runInThread(run) : runHere(run))
