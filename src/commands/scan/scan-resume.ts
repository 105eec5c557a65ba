/**
 * `scan --resume FILE`: a scan that was interrupted or killed goes on under its own run, from its last checkpoint, with
 * the plan that the results file keeps until the scan is done. Only its pace, its way out and what is written besides the
 * results file may be chosen anew.
 */

import { z } from 'zod'
import { InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import type { EarlierReplies } from '../../probe/dedup.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import type { ResumableScan, StoredPlan } from '../../store/checkpoints.ts'
import type { Store } from '../../store/store.ts'
import { fromSorted } from '../../targets/cidr-set.ts'
import { makePairSet, makeTargetSet, type TargetSet } from '../../targets/target-set.ts'
import type { Terminal } from '../terminal.ts'
import { fingerprintOf, readTargetList } from './target-list-file.ts'

/** What the plan cannot say about where its targets came from. */
export interface PlanOrigin {
  /** File of the list of pairs, or null without one. */
  pairsFile: string | null
  /** Ports as the person wrote them. */
  portsText: string | null
}

export interface ResumedScan {
  runId: number
  startedUs: number
  plan: ScanPlan
  origin: PlanOrigin
  /** Counters of the parts before. */
  base: Readonly<Record<string, number>>
  earlier: EarlierReplies
}

const portRange = z.strictObject({ first: z.number(), last: z.number() })
const savedPlan = z.object({
  seed: z.string(),
  shard: z.number(),
  shards: z.number(),
  limit: z.number().optional(),
  module: z.string(),
  probeArgs: z.string().nullable(),
  probeArgsBase64: z.string().optional(),
  validatesPort: z.boolean(),
  contact: z.string().nullable(),
  copies: z.number(),
  probeTtl: z.number(),
  sourceAddresses: z.array(z.number()),
  sourcePorts: portRange,
  mtu: z.number(),
  ratePps: z.number(),
  cooldownUs: z.number(),
  dedup: z.enum(['none', 'full', 'window']),
  dedupWindow: z.number(),
  keepRepeats: z.boolean(),
  senders: z.number(),
  batch: z.number().optional(),
  retries: z.number().optional(),
})
const saved = z.object({
  plan: savedPlan,
  ports: z.array(z.number()),
  pairsFile: z.string().nullable(),
  portsText: z.string().nullable(),
  pairsFingerprint: z.string().nullable(),
})

/** For the results file. */
export const storedPlan = (plan: ScanPlan, origin: PlanOrigin): StoredPlan => {
  const { targets, positions: _positions, probeArgsBytes, ...rest } = plan
  const { pairs } = targets
  return {
    plan: {
      plan: {
        ...rest,
        ...(probeArgsBytes === undefined ? {} : { probeArgsBase64: Buffer.from(probeArgsBytes).toString('base64') }),
      },
      ports: [...targets.ports],
      pairsFingerprint: pairs === undefined ? null : fingerprintOf(pairs),
      ...origin,
    },
    // Pairs are many and stand in a file of their own; what may be probed is kept in either case.
    firsts: targets.addresses.firsts,
    lasts: targets.addresses.lasts,
  }
}

const nothing = (path: string): InterplotError =>
  new InterplotError('ERR_USAGE', `there is no unfinished scan in ${path}`, {
    advice:
      'Only a scan that was interrupted or killed can be gone on with; its file keeps what is needed until it is done.',
  })

const readTargets = async (
  scan: ResumableScan,
  { ports, pairsFile, pairsFingerprint }: z.output<typeof saved>,
  terminal: Terminal,
): Promise<TargetSet> => {
  const allowed = fromSorted(scan.firsts, scan.lasts)
  if (pairsFingerprint === null) return makeTargetSet(allowed, Uint16Array.from(ports))
  if (pairsFile === null || pairsFile === '-') {
    throw new InterplotError('ERR_USAGE', 'the unfinished scan took its pairs from standard input, which is gone', {
      advice: 'Keep such a list in a file and scan it again with --list-of-ips-file.',
    })
  }
  const list = await readTargetList({ path: pairsFile, ignoreErrors: true, allowed, terminal })
  if (list.kind !== 'pairs' || fingerprintOf(list.pairs) !== pairsFingerprint) {
    throw new InterplotError('ERR_INPUT_FILE', `${pairsFile} is not the list that the unfinished scan was about`, {
      advice: 'Put the list back as it was, or begin a new scan.',
    })
  }
  return makePairSet(list.pairs, allowed)
}

const countSuccesses = (kinds: Uint32Array): number => kinds.reduce((sum, kind) => sum + (kind & 1), 0)

/** The latest scan of the file that is not done. @throws InterplotError ERR_USAGE when there is none. */
export const resumeScan = async (store: Store, terminal: Terminal): Promise<ResumedScan> => {
  const scan = store.resumableScan()
  if (scan === null) throw nothing(store.path)
  const parsed = saved.safeParse(scan.plan)
  if (!parsed.success) {
    throw new InterplotError('ERR_STORE_CORRUPT', `the plan of the unfinished scan in ${store.path} cannot be read`, {
      advice: 'Begin a new scan; what was found is still there.',
      cause: parsed.error,
    })
  }
  const { plan, pairsFile, portsText } = parsed.data
  const targets = await readTargets(scan, parsed.data, terminal)
  const earlier = store.seenReplies(scan.runId)
  const { checkpoint } = scan
  const { limit, batch, retries, probeArgsBase64, ...rest } = plan
  return {
    runId: scan.runId,
    startedUs: scan.startedUs,
    plan: {
      ...rest,
      ...(limit === undefined ? {} : { limit }),
      ...(probeArgsBase64 === undefined
        ? {}
        : { probeArgsBytes: Uint8Array.from(Buffer.from(probeArgsBase64, 'base64')) }),
      ...(batch === undefined ? {} : { batch }),
      ...(retries === undefined ? {} : { retries }),
      sourceAddresses: plan.sourceAddresses as Ipv4[],
      targets,
      ...(checkpoint === null ? {} : { positions: checkpoint.positions }),
    },
    origin: { pairsFile, portsText },
    // What was stored after the checkpoint is counted from the rows themselves.
    base: { ...checkpoint?.totals, success: countSuccesses(earlier.kinds), accepted: earlier.kinds.length },
    earlier,
  }
}
