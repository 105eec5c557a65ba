/** Addresses of packet sockets: an interface, which protocol, and whom its frames go to. Source: packet(7). */

import { parseMac } from '../wire/ethernet.ts'
import { AF_PACKET } from './kernel-constants.ts'
import { SOCKADDR_LL } from './kernel-structures.ts'

export interface LinkPeer {
  /** 0 = every interface, for a socket that only listens. */
  interfaceIndex: number
  /** `02:00:00:00:00:0b`; absent or empty on devices without link addresses, and to listen. */
  gatewayMac?: string
}

/** sockaddr_ll of the gateway behind the interface. */
export const linkAddress = ({ interfaceIndex, gatewayMac = '' }: LinkPeer, protocol: number): Uint8Array => {
  const bytes = new Uint8Array(SOCKADDR_LL.sizeBytes)
  const view = new DataView(bytes.buffer)
  const mac = parseMac(gatewayMac)
  view.setUint16(SOCKADDR_LL.offset.family, AF_PACKET, true)
  view.setUint16(SOCKADDR_LL.offset.protocol, protocol, false)
  view.setInt32(SOCKADDR_LL.offset.interfaceIndex, interfaceIndex, true)
  if (mac !== null) {
    view.setUint8(SOCKADDR_LL.offset.addressBytes, mac.length)
    bytes.set(mac, SOCKADDR_LL.offset.address)
  }
  return bytes
}
