/** The machine's own addresses, of both families, as the kernel has them now (rtnetlink(7), RTM_GETADDR). */

import { type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { IFA_ADDRESS, IFA_LOCAL, RTM_GETADDR, RTM_NEWADDR } from './kernel-constants.ts'
import { IFADDRMSG } from './kernel-structures.ts'
import { askKernel, decodeAttributes } from './netlink.ts'

const BOTH_FAMILIES = 0

export interface InterfaceAddress {
  interfaceIndex: number
  address: IpAddress
  /** Of the network that the interface is in. */
  prefixLength: number
}

const readAddress = (data: Uint8Array | undefined): IpAddress | null => {
  if (data?.length === 4) return ipv4(new DataView(data.buffer, data.byteOffset, 4).getUint32(0))
  return data?.length === 16 ? ipv6FromBytes(data) : null
}

/** @param family AF_INET, AF_INET6, or both. In the kernel's order, which has an interface's first address first. */
export const listAddresses = (family = BOTH_FAMILIES): InterfaceAddress[] => {
  const header = new Uint8Array(IFADDRMSG.sizeBytes)
  header[IFADDRMSG.offset.family] = family
  const found: InterfaceAddress[] = []
  for (const { type, body } of askKernel({ type: RTM_GETADDR, dump: true, header })) {
    if (type !== RTM_NEWADDR || body.byteLength < IFADDRMSG.sizeBytes) continue
    const attributes = decodeAttributes(body, IFADDRMSG.sizeBytes)
    // On a line between two, IFA_ADDRESS is the other end's.
    const address = readAddress(attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS))
    if (address === null) continue
    const prefixLength = body.getUint8(IFADDRMSG.offset.prefixBits)
    found.push({ interfaceIndex: body.getUint32(IFADDRMSG.offset.index, true), address, prefixLength })
  }
  return found
}
