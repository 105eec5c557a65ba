/**
 * How the packets of a capture filter begin, and where in them it finds what it asks for. Captures of files are told by their link type; a live
 * one sees packets from their network header on, and asks the kernel for the rest. Sources: the link types of wire/link-type.ts;
 * the kernel's linux/filter.h (SKF_…), packet(7).
 */

import { LINK_TYPE } from '../../wire/link-type.ts'

/** `cooked-live`: a SOCK_DGRAM packet socket that is bound to ETH_P_ALL. Otherwise a number of LINK_TYPE. */
export type PacketForm = 'cooked-live' | number

/** Offsets of loads that ask the kernel, as unsigned numbers: SKF_AD_OFF + SKF_AD_…, SKF_LL_OFF. */
const ANCILLARY = 0x1_0000_0000 - 0x1000
export const ANCILLARY_OFFSET = {
  protocol: ANCILLARY,
  packetType: ANCILLARY + 4,
  vlanTag: ANCILLARY + 44,
  vlanTagPresent: ANCILLARY + 48,
  linkHeader: 0x1_0000_0000 - 0x20_0000,
} as const

export interface PacketLayout {
  /** How the network protocol is told: a field of 16 bits, a PPP field, an address family, the packet's first byte, or only one that it can be. */
  told: 'ether-type' | 'ppp' | 'family' | 'version' | 'ipv4' | 'ipv6'
  /** Of that field. */
  typeAt: number
  /** The network header. */
  networkAt: number
  /** The link's header, for `ether[…]`. */
  linkAt: number
  hasHardwareAddresses: boolean
  /** Where it says that this machine sent the packet, and how; null where it does not. */
  outbound: { at: number; loadBytes: 1 | 2 | 4 } | null
  /** `payload`: tags are headers within the packet. `kernel`: the kernel took the outer one off. */
  vlan: 'payload' | 'kernel' | null
}

const layout = (told: PacketLayout['told'], typeAt: number, networkAt: number): PacketLayout => ({
  told,
  typeAt,
  networkAt,
  linkAt: 0,
  hasHardwareAddresses: false,
  outbound: null,
  vlan: null,
})

const LAYOUTS: ReadonlyMap<PacketForm, PacketLayout> = new Map<PacketForm, PacketLayout>([
  [
    'cooked-live',
    {
      told: 'ether-type',
      typeAt: ANCILLARY_OFFSET.protocol,
      networkAt: 0,
      linkAt: ANCILLARY_OFFSET.linkHeader,
      hasHardwareAddresses: true,
      outbound: { at: ANCILLARY_OFFSET.packetType, loadBytes: 4 },
      vlan: 'kernel',
    },
  ],
  [LINK_TYPE.ethernet, { ...layout('ether-type', 12, 14), hasHardwareAddresses: true, vlan: 'payload' }],
  [LINK_TYPE.linuxSll, { ...layout('ether-type', 14, 16), outbound: { at: 0, loadBytes: 2 } }],
  [LINK_TYPE.linuxSll2, { ...layout('ether-type', 0, 20), outbound: { at: 10, loadBytes: 1 } }],
  [LINK_TYPE.null, layout('family', 0, 4)],
  [LINK_TYPE.loop, layout('family', 0, 4)],
  [LINK_TYPE.ppp, layout('ppp', 2, 4)],
  [LINK_TYPE.pppHdlc, layout('ppp', 2, 4)],
  [LINK_TYPE.pppoe, layout('ppp', 6, 8)],
  [LINK_TYPE.raw, layout('version', 0, 0)],
  [LINK_TYPE.rawBsd, layout('version', 0, 0)],
  [LINK_TYPE.rawOpenBsd, layout('version', 0, 0)],
  [LINK_TYPE.ipv4, layout('ipv4', 0, 0)],
  [LINK_TYPE.ipv6, layout('ipv6', 0, 0)],
])

/** Null for link types that filters know nothing of. */
export const packetLayout = (form: PacketForm): PacketLayout | null => LAYOUTS.get(form) ?? null

/** Behind a VLAN tag, whose bytes begin where the network header was. */
export const behindTag = (layout: PacketLayout): PacketLayout =>
  layout.vlan === 'kernel'
    ? { ...layout, vlan: 'payload' }
    : { ...layout, typeAt: layout.networkAt + 2, networkAt: layout.networkAt + 4 }

/** In a PPPoE session: six bytes of its header, then PPP's two (RFC 2516, section 4). */
export const withinSession = (before: PacketLayout): PacketLayout => ({
  ...layout('ppp', before.networkAt + 6, before.networkAt + 8),
  linkAt: before.networkAt + 6,
  outbound: before.outbound,
})
