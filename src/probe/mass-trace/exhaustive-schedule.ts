/**
 * Every TTL of every target in an order that looks random: a permutation of target × TTL, as yarrp does it (Beverly, IMC
 * 2016), so that consecutive probes go to routers far apart. Fill mode: where a router answers at the last TTL or beyond, the
 * next TTL of its target is probed at once, until one is silent.
 */

import { makePermutation } from '../../targets/permutation.ts'
import { PREPROBE_CODE } from './mass-probe.ts'
import type { Schedule, ScheduleState } from './schedule.ts'
import type { MassTracePlan } from './trace-plan.ts'

/** Probes of fill mode that wait; more are left out. */
const MAX_WAITING = 1 << 16
/** How often the position is noted for checkpoints. */
const NOTE_US = 100_000

export const makeExhaustiveSchedule = (plan: MassTracePlan, from?: ScheduleState): Schedule => {
  const { targets, firstTtl, maxTtl, fillTtl, seed } = plan
  const ttls = maxTtl - firstTtl + 1
  const total = targets.length * ttls
  const permutation = makePermutation(total, `${seed} hops`)
  const waiting: { index: number; ttl: number }[] = []
  let position = from?.numbers['position'] ?? 0
  let notes: { timeUs: number; position: number }[] = []
  return {
    fill(list, max, nowUs) {
      list.count = 0
      while (list.count < max && waiting.length > 0) {
        const { index, ttl } = waiting.pop()!
        list.indices[list.count] = index
        list.codes[list.count] = ttl
        list.count += 1
      }
      while (list.count < max && position < total) {
        const value = permutation.at(position)
        const index = Math.floor(value / ttls)
        list.indices[list.count] = index
        list.codes[list.count] = firstTtl + value - index * ttls
        list.count += 1
        position += 1
      }
      if (nowUs - (notes.at(-1)?.timeUs ?? 0) >= NOTE_US) notes.push({ timeUs: nowUs, position })
    },
    nextUs: () => (position < total || waiting.length > 0 ? 0 : Number.POSITIVE_INFINITY),
    onHop(index, { code, ends }) {
      const ttl = code + 1
      if (ends || code === PREPROBE_CODE || ttl <= maxTtl || ttl > fillTtl || waiting.length >= MAX_WAITING) return
      waiting.push({ index, ttl })
    },
    stage: () => ({ name: 'every hop', done: position / total }),
    live: () => Math.ceil((total - position) / ttls),
    state(nowUs, settleUs) {
      // The last position that was reached long enough ago for its answers to be here.
      const settled = notes.filter(({ timeUs }) => nowUs - timeUs >= settleUs)
      const kept = settled.at(-1)?.position ?? from?.numbers['position'] ?? 0
      notes = notes.slice(Math.max(0, settled.length - 1))
      return { numbers: { position: kept }, columns: {} }
    },
  }
}
