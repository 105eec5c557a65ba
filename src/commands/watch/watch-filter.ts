/**
 * Which packets count. A live capture has the kernel select them, before anything is copied; of a capture file each frame is
 * tested by the same program, made for the file's link type.
 */

import { InterplotError } from '../../core/errors.ts'
import type { BpfInstruction } from '../../link/bpf-assembler.ts'
import { type BpfMachine, bpfMachine } from '../../link/bpf-machine.ts'
import { compileCaptureExpression } from '../../link/capture-expression/capture-expression.ts'
import { compileWithTcpdump } from '../../link/capture-expression/compile-with-tcpdump.ts'
import { isKnownLinkType } from '../../wire/link-header.ts'
import { LINK_TYPE } from '../../wire/link-type.ts'

const SSH = 'tcp port 22'
const LOOPBACK = 'net 127.0.0.0/8 or host ::1'

/**
 * All but ssh, through which whoever looks is often connected: each line on the screen would be a packet more. On all interfaces at
 * once, loopback is left out as well; the live map talks with its browser there.
 */
export const usualFilter = (isAny: boolean, servesPort: number | null): string => {
  const own = isAny ? [LOOPBACK] : servesPort === null ? [] : [`host 127.0.0.1 and tcp port ${servesPort}`]
  return [SSH, ...own].map((each) => `not (${each})`).join(' and ')
}

/**
 * Words of pcap-filter(7) that our compiler lacks. tcpdump takes every other word for a host and asks name servers for it, which
 * nobody wants of a typing error.
 */
const OTHER_WORDS = new Set(
  `and or not host net port portrange src dst proto ip ip6 arp rarp tcp udp icmp icmp6 sctp igmp ether gateway broadcast
   multicast inbound outbound less greater len mask vlan mpls pppoes pppoed geneve vxlan protochain ifindex fddi tr wlan decnet atalk aarp
   iso clnp esis isis stp ipx netbeui lat moprc mopdl type subtype mgt ctl data addr1 addr2 addr3 addr4 dir ra ta`.split(
    /\s+/,
  ),
)

const namesNobody = (expression: string): boolean =>
  (expression.match(/[A-Za-z][\w.-]*/g) ?? []).every((word) => OTHER_WORDS.has(word.toLowerCase()))

/** For a live capture: packets begin with their network header there. Where our compiler does not know a word, an installed tcpdump may. */
export const liveProgram = async (expression: string, snapBytes: number): Promise<BpfInstruction[]> => {
  try {
    return compileCaptureExpression(expression, 'cooked-live', snapBytes)
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_USAGE' || !namesNobody(expression)) throw error
    const compiled = await compileWithTcpdump(expression, LINK_TYPE.raw).catch(() => null)
    if (compiled === null) throw error
    return compiled
  }
}

const takeAll: BpfMachine = () => 1

export type FrameTest = (
  bytes: Uint8Array,
  offset: number,
  captured: number,
  wireBytes: number,
  linkType: number,
) => boolean

/** A test for frames of any link type. @throws InterplotError ERR_USAGE at once where the expression is wrong */
export const frameTest = (expression: string): FrameTest => {
  const machines = new Map<number, BpfMachine>()
  const machineFor = (linkType: number): BpfMachine => {
    const known = machines.get(linkType)
    if (known !== undefined) return known
    // Frames that cannot be read are counted as such, whatever else the file has.
    const made = isKnownLinkType(linkType) ? bpfMachine(compileCaptureExpression(expression, linkType)) : takeAll
    machines.set(linkType, made)
    return made
  }
  machineFor(LINK_TYPE.ethernet)
  let lastType: number = LINK_TYPE.ethernet
  let last = machineFor(lastType)
  return (bytes, offset, captured, wireBytes, linkType) => {
    if (linkType !== lastType) {
      last = machineFor(linkType)
      lastType = linkType
    }
    return last(bytes, offset, captured, wireBytes) !== 0
  }
}
