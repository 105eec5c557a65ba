/** What the sending and the receiving worker share: their start, and how they report a failure. */

import { parentPort, workerData } from 'node:worker_threads'
import type { Link } from '../../link/contract.ts'
import { dropCapabilities } from '../../link/privileges.ts'
import { linkKinds } from '../../link/registry.ts'
import { pinThread } from '../../link/thread-affinity.ts'
import { type CanaryTable, makeCanaryTable } from '../../probe/canary-table.ts'
import type { EarlierReplies } from '../../probe/dedup.ts'
import { makeScanControl, type ScanControl } from '../../probe/scan-control.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import { workerFailure } from '../worker-failure.ts'
import type { ScanWorkerData, ScanWorkerMessage } from './scan-threads.ts'

export interface ScanWorker {
  plan: ScanPlan
  earlier: EarlierReplies | undefined
  canaries: CanaryTable | undefined
  link: Link
  control: ScanControl
  senderIndex: number
  /** To be called when this thread's socket is open: gives up its rights, unless they are to be kept. */
  socketOpen(): void
  post(message: ScanWorkerMessage, transfer?: ArrayBuffer[]): void
}

/** Opens the link in this thread, runs `work`, closes the link. A failure is posted, not thrown. */
export const runScanWorker = async (work: (worker: ScanWorker) => Promise<void>): Promise<void> => {
  const { plan, earlier, core, spec, control, canaries, senderIndex, receiverIndex, dropPrivileges } =
    workerData as ScanWorkerData
  const post = (message: ScanWorkerMessage, transfer: ArrayBuffer[] = []): void =>
    parentPort?.postMessage(message, transfer)
  try {
    if (core !== undefined) pinThread(core)
    const link = linkKinds.get(spec.link).open(spec, { mayBlock: true })
    try {
      await work({
        plan,
        earlier,
        canaries: canaries === undefined ? undefined : makeCanaryTable(canaries),
        link,
        control: makeScanControl(control, receiverIndex),
        senderIndex,
        socketOpen: () => {
          if (dropPrivileges) dropCapabilities()
        },
        post,
      })
    } finally {
      await link.close()
    }
  } catch (error) {
    post(workerFailure(error))
  }
}
