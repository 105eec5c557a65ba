/**
 * As few probes as will do (Huang, Rabinovich and Al-Dalky, "FlashRoute: Efficient Traceroute on a Massive Scale", IMC 2020;
 * its stop rule is Doubletree's: Donnet et al., SIGMETRICS 2005).
 *
 * Paths from one place form a tree. Each target's path is split at its likely length: backward from there, one TTL less a
 * round, until an interface answers that another path has shown already (the rest is known); forward, one TTL more a round, until
 * the target answers or `gapLimit` hops in a row are silent. The split is where the target is, measured by one probe that
 * reaches it, or where a neighbour in the address space is, or `splitTtl`.
 *
 * A ring visits the live targets in permuted order; a round takes at least `roundUs`, so that no router near a target is asked
 * more often. A target whose answers come late is put back.
 */

import { makePermutation } from '../../targets/permutation.ts'
import { makeControlBlocks } from './control-blocks.ts'
import type { InterfaceSet } from './interface-set.ts'
import { PREPROBE_CODE } from './mass-probe.ts'
import type { ProbeList, Schedule, ScheduleState } from './schedule.ts'
import type { MassTracePlan } from './trace-plan.ts'

/** How long the answers to the distance probes are waited for. */
const SETTLE_US = 1_000_000
const PHASES = ['distances', 'settling', 'paths'] as const
type Phase = (typeof PHASES)[number]

/** The live targets in order, and what of them is left of this round. Kept ones move to the front. */
const makeRing = (order: Uint32Array, count: number) => {
  let length = count
  let at = 0
  let kept = 0
  return {
    /** The next target of the round, or -1 at its end. */
    next(): number {
      if (at >= length) return -1
      at += 1
      return order[at - 1]!
    },
    /** The target that `next` gave stays for another round. */
    keep(index: number): void {
      order[kept] = index
      kept += 1
    },
    /** Begins a round with those that were kept, and with more. */
    begin(more: readonly number[]): void {
      order.set(more, kept)
      length = kept + more.length
      at = 0
      kept = 0
    },
    atEnd: (): boolean => at >= length,
    kept: (): number => kept,
    done: (): number => (length === 0 ? 1 : at / length),
    live: (): number => kept + length - at,
  }
}

export interface SparingOptions {
  plan: MassTracePlan
  interfaces: InterfaceSet
  /** To go on from, with what has been answered before. */
  from?: { state: ScheduleState; nowUs: number; settleUs: number; answered: (index: number, code: number) => boolean }
}

export const makeSparingSchedule = ({ plan, interfaces, from }: SparingOptions): Schedule => {
  const { targets, firstTtl, roundUs } = plan
  const blocks = makeControlBlocks(plan, interfaces, from?.state.columns)
  const { backward, forward } = blocks
  let phase: Phase = PHASES[from?.state.numbers['phase'] ?? (plan.preprobe ? 0 : 2)]!
  let roundStartUs = Number.NEGATIVE_INFINITY
  let settledUs = 0
  let revived: number[] = []

  const order = new Uint32Array(targets.length)
  const permutation = makePermutation(targets.length, `${plan.seed} ring`)
  const hasTask = (index: number): boolean => backward[index] !== 0 || blocks.goesForward(index)
  /** All targets of which the test is true, in permuted order. */
  const ringOf = (test: (index: number) => boolean): ReturnType<typeof makeRing> => {
    let count = 0
    for (let position = 0; position < targets.length; position += 1) {
      const index = permutation.at(position)
      const live = test(index)
      blocks.setInRing(index, live)
      if (!live) continue
      order[count] = index
      count += 1
    }
    return makeRing(order, count)
  }
  const beginPaths = (): void => {
    phase = 'paths'
    ring = ringOf(hasTask)
  }

  if (from !== undefined) blocks.stepBack(from.nowUs, from.settleUs, from.answered)
  else if (phase === 'paths') blocks.splitPaths()
  let ring = ringOf(phase === 'paths' ? hasTask : (index) => !blocks.asked(index))

  const put = (list: ProbeList, index: number, code: number): void => {
    list.indices[list.count] = index
    list.codes[list.count] = code
    list.count += 1
  }
  const fillDistances = (list: ProbeList, max: number, nowUs: number): void => {
    for (let index = ring.next(); index >= 0; index = ring.next()) {
      put(list, index, PREPROBE_CODE)
      blocks.sentDistanceProbe(index, nowUs)
      if (list.count >= max) break
    }
    if (!ring.atEnd()) return
    phase = 'settling'
    settledUs = nowUs + SETTLE_US
  }
  /** One probe each way, of those that are due. */
  const visit = (list: ProbeList, index: number, nowUs: number): void => {
    const before = list.count
    const back = backward[index]!
    if (back > 0) {
      put(list, index, back)
      backward[index] = back > firstTtl ? back - 1 : 0
    }
    if (blocks.goesForward(index)) {
      put(list, index, forward[index]!)
      forward[index] = forward[index]! + 1
    }
    if (list.count === before) blocks.setInRing(index, false)
    else {
      blocks.sent(index, nowUs)
      ring.keep(index)
    }
  }
  const fillPaths = (list: ProbeList, max: number, nowUs: number): void => {
    while (list.count < max) {
      const index = ring.next()
      if (index >= 0) {
        visit(list, index, nowUs)
        continue
      }
      if (nowUs < roundStartUs + roundUs || (ring.kept() === 0 && revived.length === 0)) return
      ring.begin(revived)
      revived = []
      roundStartUs = nowUs
    }
  }

  return {
    fill(list, max, nowUs) {
      list.count = 0
      if (roundStartUs === Number.NEGATIVE_INFINITY) roundStartUs = nowUs
      if (phase === 'distances') fillDistances(list, max, nowUs)
      if (phase === 'settling' && nowUs >= settledUs) {
        blocks.splitPaths()
        beginPaths()
        roundStartUs = nowUs
      }
      if (phase === 'paths' && list.count === 0) fillPaths(list, max, nowUs)
    },
    nextUs() {
      if (phase === 'settling') return settledUs
      if (phase === 'distances' || !ring.atEnd()) return 0
      return ring.kept() + revived.length > 0 ? roundStartUs + roundUs : Number.POSITIVE_INFINITY
    },
    onHop(index, reading) {
      blocks.onHop(index, reading)
      if (phase !== 'paths' || blocks.inRing(index) || !hasTask(index)) return
      blocks.setInRing(index, true)
      revived.push(index)
    },
    stage: () =>
      phase === 'paths'
        ? { name: 'paths', done: 1 - ring.live() / targets.length }
        : { name: 'distances', done: ring.done() },
    live: () => (phase === 'paths' ? ring.live() + revived.length : targets.length),
    state: (nowUs) => ({
      // Who goes on while answers to the distance probes are awaited waits for them once more.
      numbers: { phase: phase === 'paths' ? 2 : 0 },
      columns: blocks.columns(nowUs),
    }),
  }
}
