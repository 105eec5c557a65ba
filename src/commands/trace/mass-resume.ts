/**
 * `--resume FILE`: a mass trace that was interrupted or killed goes on under its own run, from the state that the results
 * file keeps until it is done. Only its pace and its way out may be chosen anew.
 */

import { z } from 'zod'
import { InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import { type MassTraceState, unpackState } from '../../probe/mass-trace/mass-trace-state.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import type { Store } from '../../store/store.ts'
import { onlyTargets } from './mass-plan.ts'

const savedPlan = z.object({
  kind: z.enum(['udp', 'icmp', 'tcp']),
  port: z.number(),
  source: z.number(),
  seed: z.string(),
  firstTtl: z.number(),
  maxTtl: z.number(),
  exhaustive: z.boolean(),
  fillTtl: z.number(),
  splitTtl: z.number(),
  stopAfter: z.number(),
  gapLimit: z.number(),
  preprobe: z.boolean(),
  neighbours: z.number(),
  roundUs: z.number(),
  ratePps: z.number(),
  cooldownUs: z.number(),
})

export interface ResumedMassTrace {
  runId: number
  startedUs: number
  plan: MassTracePlan
  /** Absent when the trace ended before its first checkpoint: it begins anew. */
  from?: MassTraceState
}

/** The plan as the results file keeps it, without the targets. */
export const planToSave = ({ targets: _targets, allowed: _allowed, ...rest }: MassTracePlan): unknown => rest

const unreadable = (path: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_STORE_CORRUPT', `what the unfinished trace in ${path} is gone on from cannot be read`, {
    advice: 'Begin a new one; what was found is still there.',
    ...(cause === undefined ? {} : { cause }),
  })

/** The latest mass trace of the file that is not done. @throws InterplotError ERR_USAGE when there is none, ERR_STORE_CORRUPT. */
export const resumeMassTrace = (store: Store): ResumedMassTrace => {
  const found = store.resumableMassTrace()
  if (found === null) {
    throw new InterplotError('ERR_USAGE', `there is no unfinished mass trace in ${store.path}`, {
      advice:
        'Only one that was interrupted or killed can be gone on with; its file keeps what is needed until it is done.',
    })
  }
  const { runId, startedUs, targets, state } = found
  const parsed = savedPlan.safeParse(found.plan)
  if (!parsed.success || targets.length === 0) throw unreadable(store.path, parsed.error)
  const from = state === null ? undefined : unpackState(state, targets.length)
  if (from === null) throw unreadable(store.path)
  const plan: MassTracePlan = {
    ...parsed.data,
    source: parsed.data.source as Ipv4,
    targets,
    allowed: onlyTargets(targets),
  }
  return { runId, startedUs, plan, ...(from === undefined ? {} : { from }) }
}
