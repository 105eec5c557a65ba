/**
 * The packet link's receive ring (ring-memory.ts): a socket of the SOCK_DGRAM kind (packets begin with their IP header on every
 * device), bound to ETH_P_IP or ETH_P_IPV6, which never show this machine's own outgoing packets, on loopback neither. The
 * filter stands before the socket is bound, so no foreign packet slips in.
 */

import { parseMac } from '../wire/ethernet.ts'
import type { BpfInstruction } from './bpf-assembler.ts'
import { openCardFilter } from './card-filter.ts'
import type { LinkSpec } from './contract.ts'
import { AF_PACKET, ETH_P_IP, ETH_P_IPV6, SOCK_DGRAM } from './kernel-constants.ts'
import { libc } from './libc.ts'
import { linkAddress } from './link-address.ts'
import { packetDetails } from './packet-details.ts'
import { noRingMemory, openRingMemory } from './ring-memory.ts'
import { bindSocket, openSocket, withSocket } from './socket.ts'
import { attachFilter } from './socket-filter.ts'

export const RING_BLOCKS = 16

export interface PacketRing {
  readonly fd: number
  readonly buffer: ArrayBuffer
  /** Gives the memory back. Views that someone still holds then read zeros; they never fault. */
  close(): void
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_LINK_UNAVAILABLE */
export const openPacketRing = (spec: LinkSpec, program: readonly BpfInstruction[]): PacketRing => {
  const { interfaceIndex, sourceMac, vlanId } = packetDetails(spec)
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0)
  return withSocket(fd, () => {
    attachFilter(fd, program)
    const mac = parseMac(sourceMac)
    if (mac !== null) openCardFilter(fd, interfaceIndex, vlanId < 0 ? mac : 'everything')
    const memory = openRingMemory(fd, RING_BLOCKS)
    if (memory === null) throw noRingMemory()
    try {
      const protocol = spec.sourceAddress6 === undefined ? ETH_P_IP : ETH_P_IPV6
      bindSocket(fd, linkAddress({ interfaceIndex }, protocol), spec.interfaceName)
    } catch (error) {
      memory.release()
      throw error
    }
    let open = true
    return {
      fd,
      buffer: memory.buffer,
      close() {
        if (!open) return
        open = false
        memory.release()
        libc().close(fd)
      },
    }
  })
}
