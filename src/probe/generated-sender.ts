/**
 * A sender whose probes are made below this program: the link walks the targets, this only passes orders on and counters
 * back. It runs beside the generator's own thread, in the event loop.
 */

import type { Clock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import type { GeneratorOptions, PacketGenerator } from '../link/contract.ts'
import type { ScanControl } from './scan-control.ts'
import { prepareProbe, type ScanPlan, senderSpace } from './scan-plan.ts'

/** Orders are passed on this often: half of what the receive ring bears at full rate. */
const STEER_MS = 5

/** What sender `index` needs from a generator, or null where the probe or the targets can't be told as a recipe. */
export const generatorOptionsFor = (plan: ScanPlan, index: number): GeneratorOptions | null => {
  const { recipe } = prepareProbe(plan)
  if (recipe === undefined || plan.targets.pairs !== undefined) return null
  return { recipe, targets: senderSpace(plan, index), copies: plan.copies, ratePps: plan.ratePps / plan.senders }
}

export interface GeneratedRun {
  plan: ScanPlan
  index: number
  generator: PacketGenerator
  clock: Clock
  control: ScanControl
}

/** Why a generator could not go on, and from which position of the walk another sender has to. */
export interface Handover {
  reason: InterplotError
  position: number
}

/**
 * Runs until the walk ends or the control says stop.
 * @returns null, or what is left to do for another sender. @throws what the generator throws beside ERR_LINK_UNAVAILABLE.
 */
export const runGeneratedSender = async (run: GeneratedRun): Promise<Handover | null> => {
  const { plan, index, generator, clock, control } = run
  const firstUs = clock.nowUs()
  let reported = 0
  let ratePps = Number.NaN
  const count = (sent: number, failed: number, targets: number): void => {
    control.setSender(index, 'sent', sent)
    control.setSender(index, 'failed', failed)
    control.setSender(index, 'targets', targets)
  }
  const report = (): void => {
    const { sent, failed } = generator.counters()
    count(sent, failed, Math.floor((sent + failed) / plan.copies))
    control.setPosition(index, generator.position())
    if (sent > reported) control.setSendingTime(index, firstUs, clock.nowUs())
    reported = sent
  }
  const steer = (): void => {
    if (control.sendingStopped()) generator.stop()
    const wanted = control.underPressure() ? 0 : control.ratePps() / plan.senders
    if (wanted !== ratePps) generator.setRatePps(wanted)
    ratePps = wanted
    report()
  }
  steer()
  const timer = setInterval(steer, STEER_MS)
  try {
    await generator.run()
    report()
    return null
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_LINK_UNAVAILABLE') {
      report()
      throw error
    }
    // What has not provably left is sent again, and is counted then.
    const position = generator.position()
    const { first, stride } = senderSpace(plan, index)
    const targets = Math.floor((position - first) / stride)
    count(targets * plan.copies, 0, targets)
    return { reason: error, position }
  } finally {
    clearInterval(timer)
  }
}
