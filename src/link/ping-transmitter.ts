/**
 * The sending half of the ping link: of each packet the ICMP message, with its identifier once more at the end, goes to the
 * kernel, which writes the IP header (icmp(7)); the TTL is set on the socket.
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { writeUint32 } from '../wire/bytes.ts'
import { ICMP_OFFSET, ICMP_TYPE } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import type { LinkSpec, Transmitter, TransmitterOptions } from './contract.ts'
import { AF_INET, IP_TTL, MSG_DONTWAIT, SOL_IP } from './kernel-constants.ts'
import { SOCKADDR_IN } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'
import { callError, setSocketOption } from './socket.ts'

const { EAGAIN, ENOBUFS, EINTR, ENETDOWN } = constants.errno
/** Behind each message: its identifier. */
export const ID_BYTES = 2
/** IPv4 without options. */
export const PLAIN_HEADER = 0x45
const RETRIES = 10
const RETRY_MS = 5

/** The kernel would take the first byte behind any IP header for a type of ICMP. */
const checkEchoes = (memory: Uint8Array, slotBytes: number, count: number): void => {
  for (let slot = 0; slot < count; slot += 1) {
    const at = slot * slotBytes
    const isIcmp = memory[at] === PLAIN_HEADER && memory[at + IPV4_OFFSET.protocol] === IP_PROTOCOL.icmp
    if (isIcmp && memory[at + IPV4_HEADER_BYTES] === ICMP_TYPE.echoRequest) continue
    throw new InterplotError('ERR_INTERNAL', `slot ${slot} holds no echo request, and the ping link sends nothing else`)
  }
}

/** @param fd the echo socket; it stays open. */
export const openPingTransmitter = (fd: number, spec: LinkSpec, options: TransmitterOptions): Transmitter => {
  checkTransmitterOptions(options)
  const { slotBytes, slots, retries = RETRIES } = options
  const memory = new Uint8Array(slotBytes * slots)
  const lengths = new Uint16Array(slots)
  const message = new Uint8Array(slotBytes + ID_BYTES)
  const address = new Uint8Array(SOCKADDR_IN.sizeBytes)
  new DataView(address.buffer).setUint16(SOCKADDR_IN.offset.family, AF_INET, true)
  const room = { mtu: spec.mtu - ID_BYTES }
  const counters = { sent: 0, backoffs: 0, failed: 0 }
  let ttl = -1

  /** @returns false when the kernel wants a pause. */
  const sendSlot = (offset: number, length: number, target: number): boolean => {
    if (memory[offset + IPV4_OFFSET.ttl] !== ttl) {
      ttl = memory[offset + IPV4_OFFSET.ttl]!
      setSocketOption(fd, SOL_IP, IP_TTL, ttl, 'IP_TTL')
    }
    const icmp = offset + IPV4_HEADER_BYTES
    const bytes = length - IPV4_HEADER_BYTES
    message.set(memory.subarray(icmp, icmp + bytes))
    message.set(memory.subarray(icmp + ICMP_OFFSET.id, icmp + ICMP_OFFSET.id + ID_BYTES), bytes)
    writeUint32(address, SOCKADDR_IN.offset.address, target)
    if (libc().sendto(fd, message, bytes + ID_BYTES, MSG_DONTWAIT, address, address.length) >= 0) {
      counters.sent += 1
      return true
    }
    const errno = libc().errno()
    if (errno === EAGAIN || errno === ENOBUFS || errno === EINTR) return false
    if (errno === ENETDOWN) throw callError('ERR_LINK_SEND', `${spec.interfaceName} went down`, errno)
    // No route to this one, or a firewall: the others go on.
    counters.failed += 1
    return true
  }
  return {
    memory,
    lengths,
    async send(targets, count) {
      checkSlots(memory, lengths, options, targets, count, room)
      checkEchoes(memory, slotBytes, count)
      const before = counters.sent
      for (let slot = 0, tries = 0; slot < count; ) {
        if (sendSlot(slot * slotBytes, lengths[slot]!, targets.addresses[slot]!)) {
          slot += 1
          tries = 0
          continue
        }
        counters.backoffs += 1
        tries += 1
        if (tries > retries) {
          counters.failed += count - slot
          break
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
      return counters.sent - before
    },
    counters: () => ({ ...counters }),
    close: () => undefined,
  }
}
