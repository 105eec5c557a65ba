/**
 * What the person wants of the Ethernet frames (--source-mac, --vlan, --iplayer): whether it fits together, and the header
 * that follows. Mostly nothing is wanted, and the kernel writes the header.
 */

import { InterplotError } from '../core/errors.ts'
import { parseMac } from '../wire/ethernet.ts'
import type { LinkOptions } from './contract.ts'
import { interfaceState } from './interface-state.ts'
import { ARPHRD_ETHER } from './kernel-constants.ts'
import type { NetworkInterface } from './network-tables.ts'
import type { PacketDetails } from './packet-details.ts'

type Framing = Pick<PacketDetails, 'sourceMac' | 'vlanId' | 'vlanPriority'>

/** Nothing that the kernel would not do by itself. */
export const KERNEL_FRAMING: Framing = { sourceMac: '', vlanId: -1, vlanPriority: 0 }

export const wantsOwnFrames = ({ sourceMac, vlan }: LinkOptions): boolean =>
  sourceMac !== undefined || vlan !== undefined

/** @throws InterplotError ERR_USAGE for a malformed MAC, or wishes that exclude each other. */
export const checkFrameWishes = (options: LinkOptions): void => {
  const { gatewayMac, sourceMac, vlan, ipLayer } = options
  for (const mac of [gatewayMac, sourceMac]) {
    if (mac === undefined || parseMac(mac) !== null) continue
    throw new InterplotError('ERR_USAGE', `"${mac}" is not a MAC address`, {
      advice: 'It looks like 02:00:00:00:00:0b.',
    })
  }
  if (ipLayer === true && (gatewayMac !== undefined || wantsOwnFrames(options))) {
    throw new InterplotError('ERR_USAGE', 'without Ethernet headers there is no MAC address and no VLAN', {
      advice: 'Leave --iplayer out, or --gateway-mac, --source-mac and --vlan.',
    })
  }
  if (vlan !== undefined && vlan.id > 0 && gatewayMac === undefined) {
    throw new InterplotError(
      'ERR_USAGE',
      `the gateway of VLAN ${vlan.id} is not known: routes are about untagged frames`,
      {
        advice: 'Name it with --gateway-mac. Or make an interface for the VLAN (ip link add link …) and choose that.',
      },
    )
  }
}

/** The header that we write ourselves, or nothing where the kernel can. */
export const framing = (device: NetworkInterface, options: LinkOptions): Framing => {
  const { vlan } = options
  const own = interfaceState(device.index)?.linkAddress ?? ''
  const sourceMac = options.sourceMac?.toLowerCase() ?? own
  if (vlan !== undefined) return { sourceMac, vlanId: vlan.id, vlanPriority: vlan.priority }
  return { ...KERNEL_FRAMING, sourceMac: sourceMac === own ? '' : sourceMac }
}

/** The failure for a way out without frames of ours. */
export const noFrames = ({ name, deviceType }: NetworkInterface, path: 'ip' | 'headerless'): InterplotError =>
  deviceType === ARPHRD_ETHER && path === 'ip'
    ? new InterplotError('ERR_NO_ROUTE', `there is no gateway on ${name} to address frames to`, {
        advice: 'Name one with --gateway-mac.',
      })
    : new InterplotError('ERR_USAGE', `${name} carries no Ethernet frames, so no --source-mac and no --vlan`, {
        advice: 'Leave them out, or choose another interface.',
      })
