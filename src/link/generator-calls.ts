/**
 * The calls that run a generator's two programs in turn. A call costs the kernel some 14 ms before its first frame and as long
 * after its last (it waits for readers of its table of XDP programs), so the next call, of the other program, is begun while
 * there are frames left, and the one before is ended when the next one runs (generator-program.ts): no packet is late for it.
 *
 * Not so above MAX_OVERLAP_PPS, where the far end sets the pace and there is nothing to be late for: two processors that send at
 * once overran a veth, whose sender otherwise does the work of the far end, too, and so never sends more than that takes.
 */

import { runLiveAside } from './bpf-syscall.ts'
import type { GeneratorControl } from './generator-control.ts'
import type { ProgramIndex } from './generator-memory.ts'

const MAX_OVERLAP_PPS = 2_000_000
/** After a stop the rest of two calls' frames, or of one's, is still dropped one by one; so many take some 20 and 40 ms. */
const MAX_RUNS = { overlapping: 1 << 19, alone: 1 << 20 } as const
/** The next call begins when this share of the frames is used: enough time for it at any pace. */
const USED_SHARE = 0.5
/** A frame that is not due waits about this long in the program. */
const WAIT_US = 2.5
/** What a guess of the frames up to the end has to spare: those that are too many cost little. */
const SPARE = 1.25
const SPARE_RUNS = 64
const LOOK_MS = 5
const MAX_BATCH = 64
const BATCHES_A_SECOND = 2000

const batchFor = (ratePps: number): number => Math.max(1, Math.min(MAX_BATCH, Math.floor(ratePps / BATCHES_A_SECOND)))

/** Frames that it takes to send so many probes. */
const runsUntilEnd = (ratePps: number, probesLeft: number): number => {
  const runsEach = ratePps === Number.POSITIVE_INFINITY ? 1 : 1 + 1e6 / Math.max(ratePps, 1) / WAIT_US
  return Math.ceil(probesLeft * runsEach * SPARE) + SPARE_RUNS
}

export interface GeneratorCalls {
  programs: readonly [number, number]
  frameBytes: number
  control: GeneratorControl
  ratePps(): number
  probesLeft(): number
  /** Called after each call that has ended. */
  afterCall(): Promise<void>
}

interface Call {
  readonly program: ProgramIndex
  readonly runs: number
  /** Whether another one has to take over while it runs: it can't reach the end of the walk. */
  readonly needsNext: boolean
  readonly ended: Promise<void>
}

const startCall = (calls: GeneratorCalls, program: ProgramIndex): Call => {
  const { programs, frameBytes, control } = calls
  const ratePps = calls.ratePps()
  const wanted = runsUntilEnd(ratePps, calls.probesLeft())
  const overlaps = ratePps <= MAX_OVERLAP_PPS
  const runs = Math.min(overlaps ? MAX_RUNS.overlapping : MAX_RUNS.alone, wanted)
  control.prepare(program)
  const ended = runLiveAside({ program: programs[program], frameBytes, runs, batchFrames: batchFor(ratePps) })
  // Whoever waits for it hears of its failure; it may fail before somebody does.
  ended.catch(() => undefined)
  return { program, runs, needsNext: overlaps && runs < wanted, ended }
}

const isOver = (control: GeneratorControl): boolean => control.done() || control.stopped() || control.fault()

/** Waits until so many of the call's frames are used, or until it or everything has ended. */
const untilUsed = (control: GeneratorControl, { program, ended }: Call, frames: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearInterval(timer)
      resolve()
    }
    const timer = setInterval(() => {
      if (control.used(program) >= frames || isOver(control)) done()
    }, LOOK_MS)
    ended.then(done, done)
  })

/** Runs the programs until the walk is done or stopped. @throws what a call or `afterCall` throws, when all calls have ended. */
export const runCalls = async (calls: GeneratorCalls): Promise<void> => {
  const { control } = calls
  let call: Call | null = startCall(calls, 0)
  let next: Call | null = null
  try {
    while (call !== null) {
      if (call.needsNext) {
        await untilUsed(control, call, call.runs * USED_SHARE)
        if (!isOver(control)) {
          next = startCall(calls, call.program === 0 ? 1 : 0)
          await Promise.race([untilUsed(control, next, 1), call.ended])
          control.retire(call.program)
        }
      }
      await call.ended
      const { program } = call
      call = next
      next = null
      await calls.afterCall()
      // A guess that was too low: the end has to be reached all the same.
      if (call === null && !isOver(control)) call = startCall(calls, program === 0 ? 1 : 0)
    }
  } catch (error) {
    control.stop()
    await Promise.allSettled([call?.ended, next?.ended])
    throw error
  }
}
