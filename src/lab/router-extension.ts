/** What a router adds behind the quotation of its ICMP errors (RFC 4884): MPLS labels (RFC 4950), an interface (RFC 5837). */

import { type IpAddress, parseIpv4 } from '../core/ip.ts'
import {
  buildIcmpExtensions,
  buildMplsLabels,
  ICMP_EXTENSION_CLASS,
  type IcmpExtensionContent,
  MPLS_INCOMING_STACK,
} from '../wire/icmp-extension.ts'
import { buildInterfaceInformation } from '../wire/interface-information.ts'
import { twinOf } from './ipv6-twin.ts'
import type { ScenarioRouter } from './scenario.ts'

type Announced = NonNullable<ScenarioRouter['interfaceInformation']>

const NONE = new Uint8Array(0)

const interfaceObject = (announced: Announced, version: 4 | 6): IcmpExtensionContent => {
  const { role, index, name, mtu } = announced
  const own = announced.address === undefined ? null : parseIpv4(announced.address)
  const address: IpAddress | null = own === null || version === 4 ? own : twinOf(own)
  const built = buildInterfaceInformation({
    role,
    ...(index === undefined ? {} : { index }),
    ...(address === null ? {} : { address }),
    ...(name === undefined ? {} : { name }),
    ...(mtu === undefined ? {} : { mtu }),
  })
  return { classNumber: ICMP_EXTENSION_CLASS.interfaceInformation, ...built }
}

/** By version of the Internet Protocol; empty where the router adds nothing. */
export const routerExtensions = (router: ScenarioRouter): Record<4 | 6, Uint8Array> => {
  const { mpls, interfaceInformation } = router
  if (mpls === undefined && interfaceInformation === undefined) return { 4: NONE, 6: NONE }
  const build = (version: 4 | 6): Uint8Array => {
    const objects: IcmpExtensionContent[] = []
    if (mpls !== undefined) {
      const payload = buildMplsLabels(mpls)
      objects.push({ classNumber: ICMP_EXTENSION_CLASS.mplsLabelStack, type: MPLS_INCOMING_STACK, payload })
    }
    if (interfaceInformation !== undefined) objects.push(interfaceObject(interfaceInformation, version))
    return buildIcmpExtensions(objects)
  }
  return { 4: build(4), 6: build(6) }
}
