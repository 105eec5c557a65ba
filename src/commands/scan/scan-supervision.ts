/**
 * What watches over a running scan: the person's limits, checkpoints, canaries, and the rate, by hand or by itself. It is
 * told of every batch and looks at the counters in even steps.
 */

import { randomStream } from '../../core/random.ts'
import type { ReplyBatch } from '../../core/reply-batch.ts'
import { formatPacketRate } from '../../core/units.ts'
import type { AnsweringNetwork } from '../../probe/answering-networks.ts'
import { type CanaryCounts, keepCanaries } from '../../probe/canary-keeper.ts'
import { type CanaryTable, makeCanaryTable } from '../../probe/canary-table.ts'
import { keepCheckpoints, LOOK_INTERVAL_US, type ScanPosition } from '../../probe/checkpoint.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { controlRate, RATE_STEP_US, type RateControl } from '../../probe/rate-control.ts'
import type { ScanControl } from '../../probe/scan-control.ts'
import { type LimitReached, type ScanLimits, watchLimits } from '../../probe/scan-limits.ts'
import { type ScanPlan, senderBeginning } from '../../probe/scan-plan.ts'

export const TICK_MS = LOOK_INTERVAL_US / 1000

export interface SupervisionOptions {
  plan: ScanPlan
  control: ScanControl
  limits: ScanLimits
  /** `--rate auto`. */
  autoRate: boolean
  /** No faster than this by itself. */
  maxPps: number
  /** Probe known responders again, and suspicious networks on random ports. */
  canaries: boolean
  /** Packets that the interface dropped so far, by its own counters. */
  interfaceDrops: () => number
  /** A position that may be kept. */
  onCheckpoint: (position: ScanPosition) => void
  /** Something that the person should know. */
  onNote: (line: string) => void
}

export interface Supervision {
  /** For the sender and the receiver; undefined without canaries. */
  readonly canaries: CanaryTable | undefined
  onBatch(batch: ReplyBatch): void
  /** To be called every TICK_MS or so with the link's time. */
  tick(nowUs: number): void
  /** Multiplies the rate by hand; it no longer finds itself. */
  changeRate(factor: number): void
  togglePause(): void
  /** Why sending ended before the targets did, or null. */
  ended(): LimitReached | null
  /** Of known responders; null without canaries. */
  canaryCounts(): CanaryCounts | null
  answeringNetworks(): AnsweringNetwork[]
}

const scanPorts = ({ targets, module }: ScanPlan): ReadonlySet<number> | null => {
  if (!probeModules.get(module).usesPorts) return null
  return new Set(targets.pairs?.ports ?? targets.ports)
}

export const supervise = (options: SupervisionOptions): Supervision => {
  const { plan, control, onNote } = options
  const watch = watchLimits(options.limits)
  // A sender that starts late has its own beginning as position meanwhile, not another's: checkpoints begin before it does.
  for (let index = 0; index < plan.senders; index += 1) control.setPosition(index, senderBeginning(plan, index))
  const checkpoints = keepCheckpoints(control, plan.senders)
  const table = options.canaries || options.autoRate ? makeCanaryTable() : undefined
  const keeper =
    table === undefined
      ? null
      : keepCanaries({ table, random: randomStream(plan.seed, 'canaries'), ports: scanPorts(plan) })
  let rate: RateControl | null = options.autoRate ? controlRate(options.maxPps) : null
  let counts: CanaryCounts | null = null
  let steppedUs = 0
  let ended: LimitReached | null = null
  let trouble: string | null = null

  const step = (nowUs: number): void => {
    const totals = control.totals()
    if (keeper !== null) counts = keeper.step(nowUs, totals.sent)
    if (rate === null || control.paused()) return
    const ratePps = rate.step({
      nowUs,
      sent: totals.sent,
      dropped: totals.droppedByKernel + totals.failed + options.interfaceDrops(),
      canariesAnswered: counts?.answered ?? 0,
      canariesLost: counts?.lost ?? 0,
      rttUs: counts?.rttUs ?? null,
    })
    control.setRatePps(ratePps)
    const why = rate.trouble()
    if (why !== null && why !== trouble) onNote(`the rate falls to ${formatPacketRate(ratePps)}: ${why}`)
    trouble = why
  }

  const checkLimits = (): void => {
    if (ended !== null || control.sendingStopped()) return
    ended = watch(control.totals(), control.sendingUs())
    if (ended === null) return
    control.stopSending()
    onNote(`sending ends: ${ended.reason}`)
  }

  return {
    canaries: table,
    onBatch: (batch) => keeper?.onBatch(batch),
    tick(nowUs) {
      checkLimits()
      const position = checkpoints.look(nowUs)
      if (position !== null) options.onCheckpoint(position)
      if (nowUs - steppedUs < RATE_STEP_US) return
      steppedUs = nowUs
      step(nowUs)
    },
    changeRate(factor) {
      rate = null
      control.setRatePps(control.ratePps() * factor)
      onNote(`rate set to ${formatPacketRate(control.ratePps())}`)
    },
    togglePause() {
      control.setPaused(!control.paused())
      onNote(control.paused() ? 'paused: p goes on' : 'going on')
    },
    ended: () => ended,
    canaryCounts: () => counts,
    answeringNetworks: () => keeper?.flagged() ?? [],
  }
}
