/** From where probes would leave, for a dry run: found without privilege, and without a packet. */

import { createSocket } from 'node:dgram'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, type Ipv4, ipv4, parseIpv4 } from '../../core/ip.ts'
import type { EthernetEnds } from '../../probe/packet-text.ts'
import type { Route } from './scan-plan-options.ts'

export interface DryRunRouteOptions {
  interface?: string
  sourceIp?: readonly Ipv4[]
  gatewayMac?: string
  sourceMac?: string
  iplayer?: boolean
}

export interface DryRunRoute {
  route: Route
  /** Null where packets have no Ethernet header. */
  ends: EthernetEnds | null
}

const NO_ADDRESS = ipv4(0)
const NO_MAC = '00:00:00:00:00:00'
const MTU = 1500
const DISCARD_PORT = 9

/** Connecting a datagram socket asks the kernel for a route; nothing is sent. */
const addressTowards = (target: Ipv4): Promise<Ipv4> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    const done = (address: Ipv4): void => {
      socket.close()
      resolve(address)
    }
    socket.once('error', () => done(NO_ADDRESS))
    socket.connect(DISCARD_PORT, formatIpv4(target), () => done(parseIpv4(socket.address().address) ?? NO_ADDRESS))
  })

const named = (name: string): NetworkInterfaceInfo[] => {
  const all = networkInterfaces()
  const found = all[name]
  if (found !== undefined) return found
  throw new InterplotError('ERR_INTERFACE', `there is no network interface "${name}" with an address`, {
    advice: `There are: ${Object.keys(all).join(', ')}.`,
  })
}

/** @throws InterplotError ERR_INTERFACE for an interface that is none. */
export const dryRunRoute = async (options: DryRunRouteOptions, sampleTarget: Ipv4): Promise<DryRunRoute> => {
  // Of several interfaces the first stands for all.
  const [name] = options.interface?.split(',') ?? []
  const onInterface = name === undefined ? null : named(name)
  const ofInterface = onInterface?.find(({ family }) => family === 'IPv4')?.address
  const sourceAddress =
    options.sourceIp?.[0] ??
    (onInterface === null ? await addressTowards(sampleTarget) : (parseIpv4(ofInterface ?? '') ?? NO_ADDRESS))
  const route: Route = { sourceAddress, mtu: MTU }
  if (options.iplayer === true) return { route, ends: null }
  const candidates = onInterface ?? Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const own = candidates.find(({ address }) => onInterface !== null || address === formatIpv4(sourceAddress))
  return { route, ends: { source: options.sourceMac ?? own?.mac ?? NO_MAC, gateway: options.gatewayMac ?? NO_MAC } }
}
