/**
 * The receive ring: memory that the kernel fills with arrived packets and this process reads in place (packet(7), TPACKET_V3;
 * the kernel's Documentation/networking/packet_mmap.rst). A block changes hands as a whole: the kernel passes it on when
 * it is full or 10 ms old, and gets it back when its packets have been read.
 *
 * The socket is of the SOCK_DGRAM kind (packets begin with their IP header on every device) and bound to ETH_P_IP or ETH_P_IPV6,
 * which never show this machine's own outgoing packets, on loopback neither. The filter stands before the socket is bound, so no
 * foreign packet slips in.
 */

import { InterplotError } from '../core/errors.ts'
import { parseMac } from '../wire/ethernet.ts'
import type { BpfInstruction } from './bpf-assembler.ts'
import type { LinkSpec } from './contract.ts'
import {
  AF_PACKET,
  ETH_P_IP,
  ETH_P_IPV6,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  PACKET_ADD_MEMBERSHIP,
  PACKET_HDRLEN,
  PACKET_MR_PROMISC,
  PACKET_MR_UNICAST,
  PACKET_RX_RING,
  PACKET_VERSION,
  PROT_READ_WRITE,
  SO_ATTACH_FILTER,
  SOCK_DGRAM,
  SOL_PACKET,
  SOL_SOCKET,
  TPACKET_V3,
} from './kernel-constants.ts'
import { PACKET_MREQ, SOCK_FILTER, SOCK_FPROG, TPACKET_REQ3, TPACKET3_HDR } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { type PacketDetails, packetDetails } from './packet-details.ts'
import { linkAddress } from './packet-transmitter.ts'
import { bindSocket, callError, openSocket, setSocketOption, withSocket } from './socket.ts'

export const RING_BLOCKS = 16
export const RING_BLOCK_BYTES = 1 << 20
const RING_BYTES = RING_BLOCKS * RING_BLOCK_BYTES
/** Only bounds the count of packets when each fills a frame; blocks are packed tighter than that. */
const FRAME_BYTES = 2048
const RETIRE_MS = 10

export interface PacketRing {
  readonly fd: number
  readonly buffer: ArrayBuffer
  /** Gives the memory back. Views that someone still holds then read zeros; they never fault. */
  close(): void
}

const attachFilter = (fd: number, program: readonly BpfInstruction[]): void => {
  const code = new DataView(new ArrayBuffer(program.length * SOCK_FILTER.sizeBytes))
  for (const [index, { code: operation, jumpTrue, jumpFalse, operand }] of program.entries()) {
    const at = index * SOCK_FILTER.sizeBytes
    code.setUint16(at + SOCK_FILTER.offset.code, operation, true)
    code.setUint8(at + SOCK_FILTER.offset.jumpTrue, jumpTrue)
    code.setUint8(at + SOCK_FILTER.offset.jumpFalse, jumpFalse)
    code.setUint32(at + SOCK_FILTER.offset.operand, operand, true)
  }
  const header = new Uint8Array(SOCK_FPROG.sizeBytes)
  const view = new DataView(header.buffer)
  view.setUint16(SOCK_FPROG.offset.length, program.length, true)
  view.setBigUint64(SOCK_FPROG.offset.program, libc().addressOf(code.buffer), true)
  setSocketOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, 'the capture filter')
}

/** Asks the running kernel for the size of the header that ours must have. */
const checkHeaderSize = (fd: number): void => {
  const value = Int32Array.of(TPACKET_V3)
  const failed = libc().getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, value, Int32Array.of(4)) !== 0
  if (failed || value[0] !== TPACKET3_HDR.sizeBytes) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'this kernel lays out received packets in a way we do not know', {
      advice: 'Use --link raw.',
    })
  }
}

const askForRing = (fd: number): void => {
  const request = new DataView(new ArrayBuffer(TPACKET_REQ3.sizeBytes))
  request.setUint32(TPACKET_REQ3.offset.blockBytes, RING_BLOCK_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.blocks, RING_BLOCKS, true)
  request.setUint32(TPACKET_REQ3.offset.frameBytes, FRAME_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.frames, RING_BYTES / FRAME_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.retireMs, RETIRE_MS, true)
  setSocketOption(fd, SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer), 'PACKET_RX_RING')
}

/**
 * Has the card take frames to an address that is not its own, or with a VLAN tag, which its filters may drop before
 * anybody sees them. The kernel takes it back when the socket is closed.
 */
const openCardFilter = (fd: number, { interfaceIndex, sourceMac, vlanId }: PacketDetails): void => {
  const mac = parseMac(sourceMac)
  if (mac === null) return
  const request = new Uint8Array(PACKET_MREQ.sizeBytes)
  const view = new DataView(request.buffer)
  view.setInt32(PACKET_MREQ.offset.interfaceIndex, interfaceIndex, true)
  view.setUint16(PACKET_MREQ.offset.type, vlanId < 0 ? PACKET_MR_UNICAST : PACKET_MR_PROMISC, true)
  view.setUint16(PACKET_MREQ.offset.addressBytes, mac.length, true)
  request.set(mac, PACKET_MREQ.offset.address)
  setSocketOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, 'PACKET_ADD_MEMBERSHIP')
}

const mapRing = (fd: number): bigint => {
  const address = libc().mmap(null, RING_BYTES, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0)
  if (address === 0xffffffffffffffffn) {
    throw callError('ERR_LINK_UNAVAILABLE', 'cannot map the receive ring', libc().errno(), 'Free some memory.')
  }
  return address
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_LINK_UNAVAILABLE */
export const openPacketRing = (spec: LinkSpec, program: readonly BpfInstruction[]): PacketRing => {
  const details = packetDetails(spec)
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0)
  return withSocket(fd, () => {
    attachFilter(fd, program)
    setSocketOption(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3, 'PACKET_VERSION')
    checkHeaderSize(fd)
    openCardFilter(fd, details)
    askForRing(fd)
    const address = mapRing(fd)
    const replaceByZeros = (): void => {
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
      libc().mmap(address, RING_BYTES, PROT_READ_WRITE, flags, -1, 0)
    }
    try {
      const protocol = spec.sourceAddress6 === undefined ? ETH_P_IP : ETH_P_IPV6
      bindSocket(fd, linkAddress({ ...details, gatewayMac: '' }, protocol), spec.interfaceName)
    } catch (error) {
      replaceByZeros()
      throw error
    }
    let open = true
    return {
      fd,
      buffer: libc().viewOf(address, RING_BYTES),
      close() {
        if (!open) return
        open = false
        replaceByZeros()
        libc().close(fd)
      },
    }
  })
}
