/** The control words of a running generator (generator-memory.ts) as values: orders to the program, and what it reports. */

import { CONTROL, CONTROL_WORDS, type ProgramIndex, TICKS_PER_NS_SHIFT } from './generator-memory.ts'

/**
 * Time lost is made up for at this multiple of the rate: more than probe/pacer.ts has, because this thread does not sleep, so
 * that on a busy machine the scheduler takes a share of each second from it.
 */
const CATCH_UP = 2
const TICKS_PER_SECOND = 1e9 * 2 ** TICKS_PER_NS_SHIFT
/** Ticks begin this far in the past, so that none of the program's sums is negative. */
const HEAD_START_NS = 1_000_000_000n

export interface GeneratorControl {
  /** Sets the beginning of the schedule. @param nowNs the kernel's monotonic clock. */
  start(nowNs: bigint): void
  /** Lets the program send until then. @param untilNs on the same clock. */
  keepAlive(untilNs: bigint): void
  /** 0 pauses; Infinity = no limit. */
  setRatePps(ratePps: number): void
  /** Before a program's call. */
  prepare(program: ProgramIndex): void
  /** Has the program's call end soon. */
  retire(program: ProgramIndex): void
  /** Frames that the program's call has used, until it was over. */
  used(program: ProgramIndex): number
  stop(): void
  stopped(): boolean
  /** The walk has come to its end. */
  done(): boolean
  /** The program met what can't happen. */
  fault(): boolean
  sent(): number
  position(): number
}

export const generatorControl = (memory: ArrayBuffer): GeneratorControl => {
  const words = new BigUint64Array(memory, 0, CONTROL_WORDS)
  let zeroNs = 0n
  const set = (word: number, value: number | bigint): void => {
    words[word / 8] = BigInt(value)
  }
  const get = (word: number): number => Number(words[word / 8]!)
  return {
    start(nowNs) {
      zeroNs = nowNs - HEAD_START_NS
      set(CONTROL.zeroNs, zeroNs)
      set(CONTROL.due, HEAD_START_NS << BigInt(TICKS_PER_NS_SHIFT))
      set(CONTROL.notBefore, 0)
    },
    keepAlive: (untilNs) => set(CONTROL.aliveUntil, (untilNs - zeroNs) << BigInt(TICKS_PER_NS_SHIFT)),
    setRatePps(ratePps) {
      if (ratePps > 0) {
        const ticks = Math.round(TICKS_PER_SECOND / ratePps)
        set(CONTROL.gap, Math.round(ticks / CATCH_UP))
        set(CONTROL.interval, ratePps === Number.POSITIVE_INFINITY ? 0 : Math.max(1, ticks))
      }
      set(CONTROL.paused, ratePps > 0 ? 0 : 1)
    },
    prepare(program) {
      set(CONTROL.used[program], 0)
      set(CONTROL.over[program], 0)
    },
    retire: (program) => set(CONTROL.over[program], 1),
    used: (program) => get(CONTROL.used[program]),
    stop: () => set(CONTROL.stopped, 1),
    stopped: () => get(CONTROL.stopped) !== 0,
    done: () => get(CONTROL.done) !== 0,
    fault: () => get(CONTROL.fault) !== 0,
    sent: () => get(CONTROL.sent),
    position: () => get(CONTROL.position),
  }
}
