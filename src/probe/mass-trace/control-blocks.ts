/**
 * Control blocks: what a sparing trace remembers of each target, seven bytes in typed arrays, and what an answer changes in
 * them (Huang et al., "FlashRoute", IMC 2020, section 3).
 */

import type { HopReading } from './hop-reader.ts'
import type { InterfaceSet } from './interface-set.ts'
import { PREPROBE_CODE } from './mass-probe.ts'
import { spreadDistances } from './neighbourhood.ts'
import type { ScheduleState } from './schedule.ts'
import type { MassTracePlan } from './trace-plan.ts'

/** Bits of a block's flags: its end was met; it is in the ring; its distance probe was sent; a known interface was met. */
const ENDED = 1
const IN_RING = 2
const ASKED = 4
const STOPPED = 8
/** Times of sending are kept in steps of so many microseconds, modulo 256. */
const STEP_US = 125_000

const COLUMNS = ['backward', 'forward', 'horizon', 'split', 'distance', 'flags', 'sentStep'] as const

export interface ControlBlocks {
  /** Next TTL towards us, 0 = none. */
  readonly backward: Uint8Array
  /** Next TTL towards the target. */
  readonly forward: Uint8Array
  inRing(index: number): boolean
  setInRing(index: number, on: boolean): void
  asked(index: number): boolean
  /** Whether the next TTL towards the target is worth a probe. */
  goesForward(index: number): boolean
  sent(index: number, nowUs: number): void
  sentDistanceProbe(index: number, nowUs: number): void
  /** Sets where each path is split, from what the distance probes have said. */
  splitPaths(): void
  onHop(index: number, reading: HopReading): void
  columns(nowUs: number): ScheduleState['columns']
  /** After a restart: whatever left within `settleUs` before the state was kept and has no answer is sent again. */
  stepBack(keptUs: number, settleUs: number, answered: (index: number, code: number) => boolean): void
}

/** Initial TTLs that systems send with. */
const INITIAL_TTLS = [32, 64, 128, 255] as const

/** Hops that an answer has likely come, which is mostly as far as the probe went. */
const likelyDistance = (replyTtl: number): number =>
  (INITIAL_TTLS.find((ttl) => replyTtl <= ttl) ?? INITIAL_TTLS[3]) - replyTtl + 1

const stepAt = (timeUs: number): number => Math.floor(timeUs / STEP_US) & 255

/** @param from what `columns` gave. */
export const makeControlBlocks = (
  plan: MassTracePlan,
  interfaces: InterfaceSet,
  from?: ScheduleState['columns'],
): ControlBlocks => {
  const { targets, firstTtl, maxTtl, gapLimit, neighbours, splitTtl, stopAfter } = plan
  const column = (name: (typeof COLUMNS)[number]): Uint8Array =>
    from === undefined ? new Uint8Array(targets.length) : Uint8Array.from(from[name]!)
  const [backward, forward, horizon] = [column('backward'), column('forward'), column('horizon')]
  const [split, distance] = [column('split'), column('distance')]
  const [flags, sentStep] = [column('flags'), column('sentStep')]
  const has = (index: number, bit: number): boolean => (flags[index]! & bit) !== 0
  const set = (index: number, bit: number): void => {
    flags[index] = flags[index]! | bit
  }
  const clear = (index: number, bit: number): void => {
    flags[index] = flags[index]! & ~bit
  }

  /** The target answered, or someone says that it can't be reached. */
  const onEnd = (index: number, { code, ttl, exact, replyTtl }: HopReading): void => {
    if (exact) {
      set(index, ENDED)
      distance[index] = ttl
      // Nothing is left to find at the target itself and beyond.
      if (backward[index]! >= ttl) backward[index] = ttl - 1 < firstTtl ? 0 : ttl - 1
    } else if (code === PREPROBE_CODE) {
      distance[index] = Math.min(maxTtl, likelyDistance(replyTtl))
    } else set(index, ENDED)
  }

  const onRouter = (index: number, { code, ttl, address }: HopReading): void => {
    if (code === PREPROBE_CODE) return
    // What forward probing finds stops no one: the way to it has not been seen from there.
    if (ttl <= split[index]!) {
      if (stopAfter > 0 && interfaces.paths(address) >= stopAfter) {
        backward[index] = 0
        set(index, STOPPED)
      } else interfaces.add(address, 1)
    }
    horizon[index] = Math.max(horizon[index]!, Math.min(maxTtl, ttl + gapLimit))
  }

  return {
    backward,
    forward,
    inRing: (index) => has(index, IN_RING),
    setInRing: (index, on) => (on ? set(index, IN_RING) : clear(index, IN_RING)),
    asked: (index) => has(index, ASKED),
    goesForward: (index) => !has(index, ENDED) && forward[index]! <= horizon[index]!,
    sent(index, nowUs) {
      sentStep[index] = stepAt(nowUs)
    },
    sentDistanceProbe(index, nowUs) {
      set(index, ASKED)
      sentStep[index] = stepAt(nowUs)
    },
    splitPaths() {
      const likely = neighbours > 0 ? spreadDistances(targets, distance, neighbours) : distance
      for (let index = 0; index < targets.length; index += 1) {
        const known = has(index, ENDED)
        // Who has answered for sure need not be asked again.
        const at = Math.min(maxTtl, known ? distance[index]! - 1 : likely[index]! || splitTtl)
        split[index] = at
        backward[index] = at < firstTtl ? 0 : at
        forward[index] = Math.max(firstTtl, at + 1)
        horizon[index] = at
      }
    },
    onHop(index, reading) {
      if (reading.ends) onEnd(index, reading)
      else onRouter(index, reading)
    },
    columns(nowUs) {
      const now = stepAt(nowUs)
      // Relative to now, so that they mean something in a later run: 0 = just now.
      const age = sentStep.map((step) => (now - step) & 255)
      return { backward, forward, horizon, split, distance, flags, sentStep: age }
    },
    stepBack(nowUs, settleUs, answered) {
      const recent = Math.ceil(settleUs / STEP_US)
      const now = stepAt(nowUs)
      for (let index = 0; index < targets.length; index += 1) {
        const age = sentStep[index]!
        sentStep[index] = (now - age) & 255
        clear(index, IN_RING)
        if (age > recent) continue
        if (split[index] === 0) {
          if (!answered(index, PREPROBE_CODE)) clear(index, ASKED)
          continue
        }
        const above = backward[index] === 0 ? firstTtl : backward[index]! + 1
        if (!has(index, STOPPED) && above <= split[index]! && !answered(index, above)) backward[index] = above
        const below = forward[index]! - 1
        if (!has(index, ENDED) && below > split[index]! && !answered(index, below)) forward[index] = below
      }
    },
  }
}
