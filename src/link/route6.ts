/**
 * The way out for IPv6: interface, source address and MTU, as the kernel's tables have them. Packets go through the kernel's
 * routing, which finds the gateway and its link address by neighbour discovery (RFC 4861), so none of that is asked here.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIpv6, type Ipv6, ipv4, parseIpv6 } from '../core/ip.ts'
import type { LinkOptions } from './contract.ts'
import { KERNEL_FRAMING, wantsOwnFrames } from './framing.ts'
import { IFF_LOOPBACK } from './kernel-constants.ts'
import { NetlinkRefusal } from './netlink.ts'
import { findRoute6, listInterfaces, type Route6 } from './network-tables.ts'
import { checkUp, MAX_IP_BYTES, namedInterface, type WayOut } from './route.ts'

/** Documentation (RFC 3849): asks for the way to anywhere. Nothing is sent there. */
const ANYWHERE6 = parseIpv6('2001:db8::1')!

const noRoute6 = (target: Ipv6, through: string | undefined, cause?: unknown): InterplotError => {
  const where = through === undefined ? '' : ` through ${through}`
  return new InterplotError('ERR_NO_ROUTE', `there is no IPv6 route to ${formatIpv6(target)}${where}`, {
    advice: through === undefined ? 'Connect this machine to a network with IPv6.' : 'Choose another interface.',
    cause,
  })
}

const wayOf6 = (target: Ipv6, interfaceIndex: number | undefined, through: string | undefined): Route6 => {
  try {
    const route = findRoute6({ target, ...(interfaceIndex === undefined ? {} : { interfaceIndex }) })
    if (route !== null) return route
  } catch (error) {
    if (error instanceof NetlinkRefusal) throw noRoute6(target, through, error)
    throw error
  }
  throw noRoute6(target, through)
}

const checkWishes = (options: LinkOptions): void => {
  if (options.gatewayMac === undefined && !wantsOwnFrames(options)) return
  throw new InterplotError('ERR_USAGE', 'IPv6 packets go through the system’s routing: no MAC address, no VLAN', {
    advice: 'Leave --gateway-mac, --source-mac and --vlan out.',
  })
}

/** @throws InterplotError ERR_INTERFACE (no such interface, it is down, it has no IPv6), ERR_NO_ROUTE, ERR_USAGE (wishes for frames) */
export const findWayOut6 = (options: LinkOptions): WayOut => {
  const { interfaceName, sampleTarget6: target = ANYWHERE6 } = options
  checkWishes(options)
  const interfaces = listInterfaces()
  const named = interfaceName === undefined ? undefined : namedInterface(interfaces, interfaceName)
  if (named !== undefined) checkUp(named)
  const route = wayOf6(target, named?.index, named?.name)
  const device =
    named === undefined && route.local
      ? interfaces.find(({ flags }) => (flags & IFF_LOOPBACK) !== 0)
      : interfaces.find(({ index }) => index === route.interfaceIndex)
  if (device === undefined) throw noRoute6(target, named?.name)
  checkUp(device)
  const sourceAddress6 = options.sourceAddress6 ?? route.source
  if (sourceAddress6 === undefined) {
    throw new InterplotError(
      'ERR_INTERFACE',
      `the interface ${device.name} has no IPv6 address to reach ${formatIpv6(target)}`,
      {
        advice: 'Give it one, or name the source address with --source-ip.',
      },
    )
  }
  return {
    ...KERNEL_FRAMING,
    sendPath: 'ip',
    interfaceName: device.name,
    interfaceIndex: device.index,
    gatewayMac: '',
    sourceAddress: ipv4(0),
    sourceAddress6,
    mtu: Math.min(device.mtu, MAX_IP_BYTES),
  }
}
