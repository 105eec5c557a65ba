/**
 * From what the person says (often nothing) to all that a packet link needs: interface, source address, MTU, gateway and
 * the gateway's link address. The kernel's tables are asked as `ip route get` would; a gateway that the neighbour table does
 * not know yet is made known by sending it one datagram, as any program's first packet would. How packets leave then follows
 * from the device (see packet-details.ts) and from what the person wants of their frames.
 */

import { createSocket } from 'node:dgram'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, type Ipv6, ipv4 } from '../core/ip.ts'
import type { LinkOptions } from './contract.ts'
import { checkFrameWishes, framing, KERNEL_FRAMING, noFrames, wantsOwnFrames } from './framing.ts'
import { ARPHRD_ETHER, ARPHRD_NONE, ARPHRD_PPP, ARPHRD_RAWIP, IFF_LOWER_UP, IFF_UP } from './kernel-constants.ts'
import { NetlinkRefusal } from './netlink.ts'
import { findNeighbour, findRoute, listInterfaces, type NetworkInterface, type Route } from './network-tables.ts'
import type { PacketDetails } from './packet-details.ts'

/** TEST-NET-2 (RFC 5737): asks for the way to anywhere. Nothing is sent there. */
const ANYWHERE = ipv4(0xc6336401)
const DISCARD_PORT = 9
const NEIGHBOUR_WAIT_MS = 2000
const NEIGHBOUR_POLL_MS = 20
export const MAX_IP_BYTES = 65535

/** Device types whose frames are bare IP packets. */
const HEADERLESS: ReadonlySet<number> = new Set([ARPHRD_NONE, ARPHRD_PPP, ARPHRD_RAWIP])

export interface WayOut extends Omit<PacketDetails, 'epochOffsetUs'> {
  interfaceName: string
  /** 0 in a way for IPv6. */
  sourceAddress: Ipv4
  sourceAddress6?: Ipv6
  mtu: number
}

export const namedInterface = (interfaces: readonly NetworkInterface[], name: string): NetworkInterface => {
  const found = interfaces.find((each) => each.name === name)
  if (found !== undefined) return found
  throw new InterplotError('ERR_INTERFACE', `there is no network interface "${name}"`, {
    advice: `There are: ${interfaces.map((each) => each.name).join(', ')}.`,
  })
}

export const checkUp = ({ name, flags }: NetworkInterface): void => {
  if ((flags & IFF_UP) === 0) {
    throw new InterplotError('ERR_INTERFACE', `the interface ${name} is down`, {
      advice: `Bring it up with: ip link set ${name} up`,
    })
  }
  if ((flags & IFF_LOWER_UP) === 0) {
    throw new InterplotError('ERR_INTERFACE', `the interface ${name} is up but not connected to anything`, {
      advice: `Check its cable, its tunnel or its peer: ip link show ${name}`,
    })
  }
}

const noRoute = (target: Ipv4, through: string | undefined, cause?: unknown): InterplotError => {
  const where = through === undefined ? '' : ` through ${through}`
  return new InterplotError('ERR_NO_ROUTE', `there is no route to ${formatIpv4(target)}${where}`, {
    advice:
      through === undefined
        ? 'Connect this machine to a network, or name the way out with --interface and --gateway-mac.'
        : 'Choose another interface, or name the gateway with --gateway-mac.',
    cause,
  })
}

/** The kernel's way to the target, on the named interface if one is given. */
const wayOf = (target: Ipv4, named: NetworkInterface | undefined, gatewayKnown: boolean): Route | null => {
  const through = named === undefined ? {} : { interfaceIndex: named.index }
  try {
    const route = findRoute({ target, ...through })
    const guessed = named !== undefined && !gatewayKnown && route?.gateway === undefined
    if (guessed && named.deviceType === ARPHRD_ETHER) findRoute({ target, ...through, mustMatch: true })
    return route
  } catch (error) {
    if (error instanceof NetlinkRefusal) {
      // With the gateway given by hand the table need not know the way.
      if (gatewayKnown && named !== undefined) return null
      throw noRoute(target, named?.name, error)
    }
    throw error
  }
}

const sendToDiscard = async (address: Ipv4): Promise<void> => {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.send(new Uint8Array(1), DISCARD_PORT, formatIpv4(address), (error) =>
        error === null ? resolve() : reject(error),
      )
    })
  } finally {
    socket.close()
  }
}

/** @throws InterplotError ERR_NO_ROUTE when the gateway does not answer within two seconds. */
const gatewayLinkAddress = async (device: NetworkInterface, gateway: Ipv4): Promise<string> => {
  let cause: unknown
  let mac = findNeighbour(device.index, gateway)
  if (mac !== null) return mac
  try {
    await sendToDiscard(gateway)
  } catch (error) {
    cause = error
  }
  for (let waitedMs = 0; mac === null && waitedMs < NEIGHBOUR_WAIT_MS; waitedMs += NEIGHBOUR_POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, NEIGHBOUR_POLL_MS))
    mac = findNeighbour(device.index, gateway)
  }
  if (mac !== null) return mac
  throw new InterplotError('ERR_NO_ROUTE', `the gateway ${formatIpv4(gateway)} on ${device.name} does not answer`, {
    advice: "Check the network, or give the gateway's address with --gateway-mac.",
    cause,
  })
}

/** How packets leave through the device, as far as the gateway's address does not matter yet. */
const sendPathOf = ({ deviceType }: NetworkInterface, { ipLayer, gatewayMac }: LinkOptions, route: Route | null) => {
  if (HEADERLESS.has(deviceType)) return 'headerless'
  if (deviceType !== ARPHRD_ETHER || ipLayer === true) return 'ip'
  return gatewayMac === undefined && route?.gateway === undefined ? 'ip' : 'ethernet'
}

/**
 * @throws InterplotError ERR_INTERFACE (no such interface, or it is down), ERR_NO_ROUTE, ERR_USAGE (a malformed MAC, frames
 * where there are none)
 */
export const findWayOut = async (options: LinkOptions): Promise<WayOut> => {
  const { interfaceName, gatewayMac, sampleTarget: target = ANYWHERE } = options
  checkFrameWishes(options)
  const interfaces = listInterfaces()
  const named = interfaceName === undefined ? undefined : namedInterface(interfaces, interfaceName)
  if (named !== undefined) checkUp(named)
  const route = wayOf(target, named, gatewayMac !== undefined)
  const device = named ?? interfaces.find((each) => each.index === route?.interfaceIndex)
  if (device === undefined) throw noRoute(target, undefined)
  checkUp(device)
  const sourceAddress = options.sourceAddress ?? route?.source ?? device.address
  if (sourceAddress === undefined) {
    throw new InterplotError('ERR_INTERFACE', `the interface ${device.name} has no IPv4 address`, {
      advice: 'Give it one, or name the source address with --source-ip.',
    })
  }
  const common = {
    ...KERNEL_FRAMING,
    interfaceName: device.name,
    interfaceIndex: device.index,
    sourceAddress,
    mtu: Math.min(device.mtu, MAX_IP_BYTES),
  }
  const path = sendPathOf(device, options, route)
  if (path !== 'ethernet') {
    if (wantsOwnFrames(options)) throw noFrames(device, path)
    return { ...common, sendPath: path === 'ip' ? 'ip' : 'frames', gatewayMac: '' }
  }
  return {
    ...common,
    ...framing(device, options),
    sendPath: 'frames',
    gatewayMac: gatewayMac?.toLowerCase() ?? (await gatewayLinkAddress(device, route!.gateway!)),
  }
}
