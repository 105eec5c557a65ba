/**
 * The simulated Internet in real time behind a TUN device: any program whose packets the kernel routes into it meets the
 * scenario, with all of its delays, whatever the kernel itself could play.
 */

import type { Clock } from '../core/clock.ts'
import type { SimNetwork } from '../link/sim-link.ts'
import type { TunDevice } from '../link/tun-device.ts'

export interface LiveInternet {
  /** Answers that were dropped because too many were on their way. */
  dropped(): number
  stop(): Promise<void>
}

/** Bound of the answers on their way. */
const MAX_IN_FLIGHT = 65_536
/** Timers are no finer; the rest of a wait is spent in turns of the event loop. */
const TIMER_US = 1500

interface Arrival {
  packet: Uint8Array
  timeUs: number
}

/** Carries packets between the device and the network until it is stopped. */
export const runLiveInternet = (network: SimNetwork, device: TunDevice, clock: Clock): LiveInternet => {
  /** In order of arrival. */
  const inFlight: Arrival[] = []
  let dropped = 0
  let open = true
  let timer: NodeJS.Timeout | undefined
  let spinning = false

  const deliver = (): void => {
    const nowUs = clock.nowUs()
    while (inFlight[0] !== undefined && inFlight[0].timeUs <= nowUs) device.send(inFlight.shift()!.packet)
    schedule()
  }
  const schedule = (): void => {
    const [first] = inFlight
    if (!open || first === undefined || spinning) return
    clearTimeout(timer)
    const waitUs = first.timeUs - clock.nowUs()
    if (waitUs > TIMER_US) {
      timer = setTimeout(deliver, (waitUs - TIMER_US) / 1000)
      return
    }
    spinning = true
    setImmediate(() => {
      spinning = false
      deliver()
    })
  }
  const put = (packet: Uint8Array, timeUs: number): void => {
    if (inFlight.length >= MAX_IN_FLIGHT) {
      dropped += 1
      return
    }
    let at = inFlight.length
    while (at > 0 && inFlight[at - 1]!.timeUs > timeUs) at -= 1
    inFlight.splice(at, 0, { packet, timeUs })
  }
  const listening = device.listen((packet) => {
    network.inject(packet, 0, packet.length, clock.nowUs(), put)
    schedule()
  })
  return {
    dropped: () => dropped,
    async stop() {
      open = false
      clearTimeout(timer)
      device.close()
      await listening
    },
  }
}
