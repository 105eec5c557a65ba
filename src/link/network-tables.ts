/** The kernel's tables of interfaces, routes and neighbours as values (rtnetlink(7)): interfaces and neighbours of IPv4, routes of both families. */

import { type IpAddress, type Ipv4, type Ipv6, ipv4, ipv6Bytes, ipv6FromBytes, isIpv4 } from '../core/ip.ts'
import { formatMac } from '../wire/ethernet.ts'
import { listAddresses } from './interface-addresses.ts'
import {
  AF_INET,
  AF_INET6,
  IFLA_IFNAME,
  IFLA_MTU,
  NDA_DST,
  NDA_LLADDR,
  NUD_USABLE,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_PREFSRC,
  RTM_F_FIB_MATCH,
  RTM_GETLINK,
  RTM_GETNEIGH,
  RTM_GETROUTE,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTN_LOCAL,
} from './kernel-constants.ts'
import { IFINFOMSG, NDMSG, RTMSG } from './kernel-structures.ts'
import { askKernel, decodeAttributes, type NetlinkAttribute, type NetlinkMessage } from './netlink.ts'

export interface NetworkInterface {
  index: number
  name: string
  /** ARPHRD_… */
  deviceType: number
  /** IFF_… */
  flags: number
  mtu: number
  /** First IPv4 address, if it has one. */
  address?: Ipv4
}

export interface Route {
  interfaceIndex: number
  /** Absent when the target is on the link itself. */
  gateway?: Ipv4
  source?: Ipv4
}

/** The kernel finds the gateway's link address itself when a packet goes through its routing. */
export interface Route6 {
  interfaceIndex: number
  /** The target is an address of this machine: packets to it go through loopback, whatever interface has it. */
  local: boolean
  source?: Ipv6
}

const readIpv4 = (data: Uint8Array | undefined): Ipv4 | undefined =>
  data?.length === 4 ? ipv4(new DataView(data.buffer, data.byteOffset, 4).getUint32(0)) : undefined

const ipv4Data = (address: Ipv4): Uint8Array =>
  Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255)

const readUint32 = (data: Uint8Array | undefined): number | undefined =>
  data !== undefined && data.length >= 4 ? new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true) : undefined

const readName = (data: Uint8Array | undefined): string => new TextDecoder().decode(data).replace(/\0.*$/s, '')

const addressesByInterface = (): Map<number, Ipv4> => {
  const found = new Map<number, Ipv4>()
  for (const { interfaceIndex, address } of listAddresses(AF_INET)) {
    if (isIpv4(address) && !found.has(interfaceIndex)) found.set(interfaceIndex, address)
  }
  return found
}

/** What a message says of an interface; null for one about a bridge's port, which bears the same number. */
export const decodeInterface = ({ body }: NetlinkMessage): Omit<NetworkInterface, 'address'> | null => {
  if (body.byteLength < IFINFOMSG.sizeBytes || body.getUint8(IFINFOMSG.offset.family) !== 0) return null
  const attributes = decodeAttributes(body, IFINFOMSG.sizeBytes)
  return {
    index: body.getInt32(IFINFOMSG.offset.index, true),
    name: readName(attributes.get(IFLA_IFNAME)),
    deviceType: body.getUint16(IFINFOMSG.offset.type, true),
    flags: body.getUint32(IFINFOMSG.offset.flags, true),
    mtu: readUint32(attributes.get(IFLA_MTU)) ?? 1500,
  }
}

export const listInterfaces = (): NetworkInterface[] => {
  const addresses = addressesByInterface()
  const interfaces: NetworkInterface[] = []
  const header = new Uint8Array(IFINFOMSG.sizeBytes)
  for (const message of askKernel({ type: RTM_GETLINK, dump: true, header })) {
    const found = message.type === RTM_NEWLINK ? decodeInterface(message) : null
    if (found === null) continue
    const address = addresses.get(found.index)
    interfaces.push({ ...found, ...(address === undefined ? {} : { address }) })
  }
  return interfaces
}

export interface RouteQuestion<Address extends IpAddress> {
  target: Address
  /** Only through this interface. */
  interfaceIndex?: number
  /** Fail unless an entry of the table matches. Without it, the kernel takes every IPv4 target to be on the link of a given
   * interface that has no route. */
  mustMatch?: boolean
}

/** The kernel's answer. @throws NetlinkRefusal when there is no way. */
const askForRoute = ({ target, interfaceIndex, mustMatch = false }: RouteQuestion<IpAddress>) => {
  const header = new Uint8Array(RTMSG.sizeBytes)
  const view = new DataView(header.buffer)
  const data = isIpv4(target) ? ipv4Data(target) : ipv6Bytes(target)
  view.setUint8(RTMSG.offset.family, isIpv4(target) ? AF_INET : AF_INET6)
  view.setUint8(RTMSG.offset.destinationBits, data.length * 8)
  if (mustMatch) view.setUint32(RTMSG.offset.flags, RTM_F_FIB_MATCH, true)
  const attributes: NetlinkAttribute[] = [{ type: RTA_DST, data }]
  if (interfaceIndex !== undefined) {
    attributes.push({ type: RTA_OIF, data: new Uint8Array(Uint32Array.of(interfaceIndex).buffer) })
  }
  const answer = askKernel({ type: RTM_GETROUTE, dump: false, header, attributes })
  const route = answer.find(({ type, body }) => type === RTM_NEWROUTE && body.byteLength >= RTMSG.sizeBytes)
  return route === undefined
    ? { type: 0, attributes: new Map<number, Uint8Array>() }
    : { type: route.body.getUint8(RTMSG.offset.type), attributes: decodeAttributes(route.body, RTMSG.sizeBytes) }
}

/**
 * The way that the kernel would take.
 * @throws NetlinkRefusal when there is none.
 */
export const findRoute = (question: RouteQuestion<Ipv4>): Route | null => {
  const { attributes } = askForRoute(question)
  const interfaceIndex = readUint32(attributes.get(RTA_OIF))
  if (interfaceIndex === undefined) return null
  const gateway = readIpv4(attributes.get(RTA_GATEWAY))
  const source = readIpv4(attributes.get(RTA_PREFSRC))
  return {
    interfaceIndex,
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { source }),
  }
}

/** The same for IPv6. @throws NetlinkRefusal when there is none. */
export const findRoute6 = (question: RouteQuestion<Ipv6>): Route6 | null => {
  const { type, attributes } = askForRoute(question)
  const interfaceIndex = readUint32(attributes.get(RTA_OIF))
  const source = attributes.get(RTA_PREFSRC)
  if (interfaceIndex === undefined) return null
  return {
    interfaceIndex,
    local: type === RTN_LOCAL,
    ...(source?.length === 16 ? { source: ipv6FromBytes(source) } : {}),
  }
}

/** The link address of a neighbour as the kernel knows it now, `02:00:00:00:00:0b`; null when it does not. */
export const findNeighbour = (interfaceIndex: number, address: Ipv4): string | null => {
  const header = new Uint8Array(NDMSG.sizeBytes)
  header[NDMSG.offset.family] = AF_INET
  for (const { type, body } of askKernel({ type: RTM_GETNEIGH, dump: true, header })) {
    if (type !== RTM_NEWNEIGH || body.byteLength < NDMSG.sizeBytes) continue
    if (body.getInt32(NDMSG.offset.index, true) !== interfaceIndex) continue
    if ((body.getUint16(NDMSG.offset.state, true) & NUD_USABLE) === 0) continue
    const attributes = decodeAttributes(body, NDMSG.sizeBytes)
    const mac = attributes.get(NDA_LLADDR)
    if (readIpv4(attributes.get(NDA_DST)) === address && mac?.length === 6) return formatMac(mac)
  }
  return null
}
