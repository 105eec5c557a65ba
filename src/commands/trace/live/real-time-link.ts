/** A simulated link at the pace of real time: its clock follows the system's, and a poll waits for what is on its way. */

import { type Clock, systemClock } from '../../../core/clock.ts'
import type { Link, Receiver } from '../../../link/contract.ts'

/** Between two looks at what has arrived. Times of arrival are the simulation's own, to the microsecond. */
const STEP_MS = 5

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const realTimeLink = (link: Link): Link => {
  const clock: Clock = {
    nowUs() {
      // Moves virtual time to now; it never goes back.
      link.clock.sleepUntilUs(systemClock.nowUs())
      return link.clock.nowUs()
    },
    sleepUntilUs: (timeUs) => systemClock.sleepUntilUs(timeUs),
  }
  const follow = (receiver: Receiver): Receiver => ({
    ...receiver,
    async poll(onPacket, timeoutMs) {
      const endUs = clock.nowUs() + timeoutMs * 1000
      for (;;) {
        const packets = await receiver.poll(onPacket, 0)
        const leftUs = endUs - clock.nowUs()
        // At least a turn of the event loop each: keys and timers have to come up.
        if (packets > 0 || leftUs <= 0) {
          await sleep(0)
          return packets
        }
        await sleep(Math.min(STEP_MS, leftUs / 1000))
      }
    },
  })
  return { ...link, clock, openReceiver: (options) => follow(link.openReceiver(options)) }
}
