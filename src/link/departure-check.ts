/**
 * Whether the packets of a generator have left. Nothing reports a frame that the interface's driver did not take: the redirect
 * happens after the program. So the driver's own counter of sent packets decides.
 */

import { InterplotError } from '../core/errors.ts'
import type { LinkSpec } from './contract.ts'
import type { GeneratorControl } from './generator-control.ts'
import { type InterfaceState, interfaceState } from './interface-state.ts'
import { packetDetails } from './packet-details.ts'

/** Some drivers bring their counters up to date only now and then. */
const COUNTER_WAIT_MS = 1500
const COUNTER_POLL_MS = 10
/** What others may have sent through the interface meanwhile: so little does not show that it works. */
const STRAY_SHARE = 0.1

/** @throws InterplotError ERR_LINK_SEND when the interface is gone or down. */
export const upInterface = (spec: LinkSpec): InterfaceState => {
  const state = interfaceState(packetDetails(spec).interfaceIndex)
  if (state?.up === true) return state
  const name = spec.interfaceName
  throw new InterplotError('ERR_LINK_SEND', `the interface ${name} ${state === null ? 'is gone' : 'went down'}`, {
    advice: `Bring it up again with: ip link set ${name} up`,
  })
}

/** Why a driver takes no frames, as far as its kind tells. */
const refusalReason = (spec: LinkSpec, kind: string, someLeft: boolean): string => {
  if (someLeft) return `less than half of what XDP gave to ${spec.interfaceName} left: its driver or line takes no more`
  const what = `no packet that XDP gave to ${spec.interfaceName} left`
  if (kind === 'veth') return `${what}: a veth takes it only when its other end has GRO on or an XDP program`
  if (kind !== '') return `${what}: a ${kind} interface does not take it`
  return `${what}: its driver does not take it, or only while an XDP program is attached to it`
}

export interface DepartureCheck {
  /**
   * Whether at least half of what was sent since the last time that this was so has left. The rest counts as failed.
   * @throws InterplotError ERR_LINK_SEND when the interface is gone.
   */
  look(): boolean
  /** The same, with patience. @throws InterplotError ERR_LINK_UNAVAILABLE when less than half has left. */
  settle(): Promise<void>
  /** Packets that were sent and have not left. */
  failed(): number
  /** Targets before this position of the walk have left, as far as the counter tells. */
  position(): number
}

/** @param first where the walk begins. */
export const makeDepartureCheck = (spec: LinkSpec, control: GeneratorControl, first: number): DepartureCheck => {
  const before = upInterface(spec)
  let failed = 0
  let mark = { sent: 0, left: 0 }
  let share = 1
  let position = first
  const look = (): boolean => {
    // The position comes first: more is sent while we look.
    const reached = control.position()
    const sent = control.sent()
    const left = upInterface(spec).sentPackets - before.sentPackets
    failed = Math.max(0, sent - left)
    share = sent === mark.sent ? 1 : (left - mark.left) / (sent - mark.sent)
    if (share < 0.5) return false
    mark = { sent, left }
    position = reached
    return true
  }
  return {
    look,
    async settle(): Promise<void> {
      for (let waitedMs = 0; waitedMs < COUNTER_WAIT_MS; waitedMs += COUNTER_POLL_MS) {
        if (look()) return
        await new Promise((resolve) => setTimeout(resolve, COUNTER_POLL_MS))
      }
      throw new InterplotError('ERR_LINK_UNAVAILABLE', refusalReason(spec, before.kind, share > STRAY_SHARE))
    },
    failed: () => failed,
    position: () => position,
  }
}
