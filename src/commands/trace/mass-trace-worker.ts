/** Thread of a mass trace: it alone sends and reads; the main thread keeps what comes of it. */

import { parentPort, workerData } from 'node:worker_threads'
import { hopBatchMessage } from '../../core/hop-batch.ts'
import { dropCapabilities } from '../../link/privileges.ts'
import { linkKinds } from '../../link/registry.ts'
import { runMassTrace } from '../../probe/mass-trace/mass-tracer.ts'
import { makeScanControl } from '../../probe/scan-control.ts'
import { workerFailure } from '../worker-failure.ts'
import { type MassWorkerData, type MassWorkerMessage, makeTicker } from './mass-engine.ts'

const { plan, spec, from, dropPrivileges, keepsStates, control: buffer } = workerData as MassWorkerData

const post = (message: MassWorkerMessage, transfer: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer)

try {
  const link = linkKinds.get(spec.link).open(spec, { mayBlock: true })
  const control = makeScanControl(buffer)
  const ticker = makeTicker(
    { plan, keepsStates },
    (standing) => post({ kind: 'standing', standing }),
    (state) => post({ kind: 'state', state }, [state.buffer as ArrayBuffer]),
  )
  try {
    await runMassTrace({
      plan,
      link,
      control,
      ...(from === undefined ? {} : { from }),
      onOpen() {
        if (dropPrivileges) dropCapabilities()
      },
      onHops(batch) {
        control.batchPosted()
        post({ kind: 'hops', batch: hopBatchMessage(batch) }, [batch.buffer])
      },
      onTick: ticker.onTick,
    })
    ticker.end()
  } finally {
    await link.close()
  }
} catch (error) {
  post(workerFailure(error))
}
