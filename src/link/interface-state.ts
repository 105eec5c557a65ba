/** What the kernel says about one interface at this moment (rtnetlink(7), RTM_GETLINK). */

import { formatMac, MAC_BYTES } from '../wire/ethernet.ts'
import {
  IFF_LOWER_UP,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_STATS64,
  RTM_GETLINK,
  RTM_NEWLINK,
} from './kernel-constants.ts'
import { IFINFOMSG, RTNL_LINK_STATS64 } from './kernel-structures.ts'
import { askKernel, decodeAttributes, type NetlinkMessage, NetlinkRefusal } from './netlink.ts'

export interface InterfaceState {
  /** Switched on and connected. */
  up: boolean
  /** `02:00:00:00:00:0a`, or empty where it has none of this kind. */
  linkAddress: string
  /** `veth`, `tun`, …; empty for a real card. */
  kind: string
  /** Packets that have left through it, by the driver's own count. */
  sentPackets: number
}

const readCount = (stats: Uint8Array | undefined, offset: number): number =>
  stats === undefined || stats.length < RTNL_LINK_STATS64.sizeBytes
    ? 0
    : Number(new DataView(stats.buffer, stats.byteOffset).getBigUint64(offset, true))

const decodeState = ({ body }: NetlinkMessage): InterfaceState => {
  const attributes = decodeAttributes(body, IFINFOMSG.sizeBytes)
  const wanted = IFF_UP | IFF_LOWER_UP
  const mac = attributes.get(IFLA_ADDRESS)
  const details = attributes.get(IFLA_LINKINFO) ?? new Uint8Array()
  const nested = decodeAttributes(new DataView(details.buffer, details.byteOffset, details.length), 0)
  return {
    up: (body.getUint32(IFINFOMSG.offset.flags, true) & wanted) === wanted,
    linkAddress: mac?.length === MAC_BYTES ? formatMac(mac) : '',
    kind: new TextDecoder().decode(nested.get(IFLA_INFO_KIND)).replace(/\0.*$/s, ''),
    sentPackets: readCount(attributes.get(IFLA_STATS64), RTNL_LINK_STATS64.offset.sentPackets),
  }
}

/** Null when there is no such interface any more. */
export const interfaceState = (interfaceIndex: number): InterfaceState | null => {
  const header = new Uint8Array(IFINFOMSG.sizeBytes)
  new DataView(header.buffer).setUint32(IFINFOMSG.offset.index, interfaceIndex, true)
  try {
    const answer = askKernel({ type: RTM_GETLINK, dump: false, header })
    const link = answer.find(({ type, body }) => type === RTM_NEWLINK && body.byteLength >= IFINFOMSG.sizeBytes)
    return link === undefined ? null : decodeState(link)
  } catch (error) {
    if (error instanceof NetlinkRefusal) return null
    throw error
  }
}
