/**
 * What carries out a scan: interplot's own sender and reader over a link, an installed zmap, or connections of the operating
 * system. An engine takes a plan and hands on reply batches; everything around it (store, rows, progress, limits) is the same.
 */

import type { ReplyBatch } from '../../core/reply-batch.ts'
import type { LinkSpec } from '../../link/contract.ts'
import type { EarlierReplies } from '../../probe/dedup.ts'
import type { ScanControl } from '../../probe/scan-control.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import type { Route } from './scan-plan-options.ts'
import type { Supervision } from './scan-supervision.ts'

export interface EngineRun {
  plan: ScanPlan
  control: ScanControl
  supervision: Pick<Supervision, 'canaries' | 'tick'>
  /** Processors for the threads; none = the kernel chooses. */
  cores: readonly number[]
  /** Whether threads give up their rights when their sockets are open. */
  dropPrivileges: boolean
  /** Of a run that is gone on with. */
  earlier?: EarlierReplies
  /** Time spent sending after which it ends, microseconds. */
  maxRuntimeUs?: number
  /** Takes each batch over, in order of arrival. */
  onBatch: (batch: ReplyBatch) => Promise<void>
  /** Takes what the person should know. */
  onNote: (line: string) => void
}

export interface ScanEngine {
  readonly name: string
  /** Why one sender walks what several would share ('' where that needs no word); null where several can. */
  readonly oneSender: string | null
  /** False: pace and time for sending are handed over at the beginning, and nobody changes them on the way. */
  readonly isSteerable: boolean
  /** Whether a run says how far it has come, so that another can go on. */
  readonly canResume: boolean
  /** Nothing leaves this machine. */
  readonly isSimulation: boolean
  /** Runs to the end, or until the control says stop. @throws InterplotError. */
  run(run: EngineRun): Promise<void>
}

export interface EngineChoice {
  engine: ScanEngine
  /** The first way out, and all of them: one for each interface. */
  spec: LinkSpec
  specs: readonly LinkSpec[]
  route: Route
  /** What the person should know: a fallback and its reason. */
  notes: string[]
  /** One line about the way out. */
  description: string
}
