/** What a packet link's LinkSpec says beyond the common fields, with the types that `details` has lost. */

import { InterplotError } from '../core/errors.ts'
import type { LinkSpec } from './contract.ts'

/**
 * How packets leave. `frames`: AF_PACKET, framed for the gateway, past the kernel's routing. `ip`: a raw IP socket through
 * the kernel's routing, for interfaces where no one gateway takes everything: loopback (frames written to it are never
 * answered), a network without a gateway, device types whose addresses are not Ethernet's.
 */
export type SendPath = 'frames' | 'ip'

export interface PacketDetails {
  sendPath: SendPath
  interfaceIndex: number
  /** `02:00:00:00:00:0b`, or empty on devices without link addresses. */
  gatewayMac: string
  /** Unix epoch on the CLOCK_MONOTONIC scale, microseconds (see link-clock.ts). */
  epochOffsetUs: number
}

/** @throws InterplotError ERR_INTERNAL when the spec was made by another kind of link. */
export const packetDetails = (spec: LinkSpec): PacketDetails => {
  const { sendPath, interfaceIndex, gatewayMac, epochOffsetUs } = spec.details as Partial<PacketDetails>
  if (
    (sendPath !== 'frames' && sendPath !== 'ip') ||
    typeof interfaceIndex !== 'number' ||
    typeof gatewayMac !== 'string' ||
    typeof epochOffsetUs !== 'number'
  ) {
    throw new InterplotError('ERR_INTERNAL', `a link spec of "${spec.link}" was given to the packet link`)
  }
  return { sendPath, interfaceIndex, gatewayMac, epochOffsetUs }
}

export const packetDetailsRecord = (details: PacketDetails): LinkSpec['details'] => ({ ...details })
