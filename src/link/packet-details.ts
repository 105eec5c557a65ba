/** What a packet link's LinkSpec says beyond the common fields, with the types that `details` has lost. */

import { InterplotError } from '../core/errors.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, parseMac, VLAN_TAG_BYTES, writeEthernetHeader } from '../wire/ethernet.ts'
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
  /** Sender of the frames where we write their Ethernet header ourselves; empty where the kernel does. */
  sourceMac: string
  /** 802.1Q tag of those headers, or -1 without one. */
  vlanId: number
  vlanPriority: number
  /** Unix epoch on the CLOCK_MONOTONIC scale, microseconds (see link-clock.ts). */
  epochOffsetUs: number
}

/** @throws InterplotError ERR_INTERNAL when the spec was made by another kind of link. */
export const packetDetails = (spec: LinkSpec): PacketDetails => {
  const { sendPath, interfaceIndex, gatewayMac, sourceMac, vlanId, vlanPriority, epochOffsetUs } =
    spec.details as Partial<PacketDetails>
  if (
    (sendPath !== 'frames' && sendPath !== 'ip') ||
    typeof interfaceIndex !== 'number' ||
    typeof gatewayMac !== 'string' ||
    typeof sourceMac !== 'string' ||
    typeof vlanId !== 'number' ||
    typeof vlanPriority !== 'number' ||
    typeof epochOffsetUs !== 'number'
  ) {
    throw new InterplotError('ERR_INTERNAL', `a link spec of "${spec.link}" was given to the packet link`)
  }
  return { sendPath, interfaceIndex, gatewayMac, sourceMac, vlanId, vlanPriority, epochOffsetUs }
}

export const packetDetailsRecord = (details: PacketDetails): LinkSpec['details'] => ({ ...details })

/** The header of every frame, or null where the kernel writes it. */
export const ethernetHeaderOf = ({ gatewayMac, sourceMac, vlanId, vlanPriority }: PacketDetails): Uint8Array | null => {
  const [source, destination] = [parseMac(sourceMac), parseMac(gatewayMac)]
  if (source === null || destination === null) return null
  const header = new Uint8Array(ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES)
  const tag = vlanId < 0 ? {} : { vlan: vlanId, vlanPriority }
  const bytes = writeEthernetHeader(header, 0, { source, destination, etherType: ETHER_TYPE.ipv4, ...tag })
  return header.subarray(0, bytes)
}
