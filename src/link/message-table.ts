/**
 * Everything `sendmmsg` reads, laid out once in one stretch of memory: the packet slots, a vector and a message header for
 * each, and the address or addresses they go to. Where something goes before each packet (an Ethernet header), a second
 * vector in front of the first points to it. Per batch only packet bytes change, and lengths where they differ from the
 * batch before.
 */

import { IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_OFFSET } from '../wire/ipv6.ts'
import { AF_INET, AF_INET6 } from './kernel-constants.ts'
import { IOVEC, MMSGHDR, MSGHDR, SOCKADDR_IN, SOCKADDR_IN6 } from './kernel-structures.ts'
import { libc } from './libc.ts'

export interface MessageTable {
  readonly memory: Uint8Array
  readonly lengths: Uint16Array
  /** Brings the vectors of slots 0 … count-1 up to date with `lengths`. */
  applyLengths(count: number): void
  /** Address of the message header of a slot. */
  headerAt(slot: number): bigint
  /** Addresses messages 0 … count-1 as the packets in their slots are; nothing to do for a shared address. */
  applyDestinations(count: number): void
}

export interface MessageTableOptions {
  slotBytes: number
  slots: number
  /** One socket address for all messages; absent: one for each, of `family`. */
  sharedAddress?: Uint8Array
  /** 4 when absent. */
  family?: 4 | 6
  /** What goes before each packet. */
  prefix?: Uint8Array
}

/** Socket addresses by family, and where a packet of that family has its destination: all of whole words. */
const FAMILIES = {
  4: { constant: AF_INET, name: SOCKADDR_IN, destinationAt: IPV4_OFFSET.destination, addressBytes: 4 },
  6: { constant: AF_INET6, name: SOCKADDR_IN6, destinationAt: IPV6_OFFSET.destination, addressBytes: 16 },
} as const

const destinationWriter = (
  buffer: ArrayBuffer,
  addressesAt: number,
  { slotBytes, slots, family = 4 }: MessageTableOptions,
): ((count: number) => void) => {
  const { name, destinationAt, addressBytes } = FAMILIES[family]
  const words = new Uint32Array(buffer, 0, (slots * slotBytes) / 4)
  const names = new Uint32Array(buffer, addressesAt, (slots * name.sizeBytes) / 4)
  const [slotWords, nameWords, addressWords] = [slotBytes / 4, name.sizeBytes / 4, addressBytes / 4]
  const [from, to] = [destinationAt / 4, name.offset.address / 4]
  return (count) => {
    for (let slot = 0; slot < count; slot += 1) {
      for (let word = 0; word < addressWords; word += 1) {
        names[slot * nameWords + to + word] = words[slot * slotWords + from + word]!
      }
    }
  }
}

export const makeMessageTable = (options: MessageTableOptions): MessageTable => {
  const { slotBytes, slots, sharedAddress, prefix, family = 4 } = options
  const { constant, name } = FAMILIES[family]
  const vectorsAt = slots * slotBytes
  const vectorsEach = prefix === undefined ? 1 : 2
  const headersAt = vectorsAt + slots * vectorsEach * IOVEC.sizeBytes
  const addressesAt = headersAt + slots * MMSGHDR.sizeBytes
  const addressBytes = sharedAddress?.byteLength ?? name.sizeBytes
  const prefixAt = addressesAt + (sharedAddress === undefined ? slots * addressBytes : addressBytes)
  const buffer = new ArrayBuffer(prefixAt + (prefix?.length ?? 0))
  const view = new DataView(buffer)
  const base = libc().addressOf(buffer)
  const word = (at: number, value: number): void => view.setBigUint64(at, base + BigInt(value), true)
  if (sharedAddress !== undefined) new Uint8Array(buffer, addressesAt).set(sharedAddress)
  if (prefix !== undefined) new Uint8Array(buffer, prefixAt).set(prefix)
  for (let slot = 0; slot < slots; slot += 1) {
    const vectorAt = vectorsAt + slot * vectorsEach * IOVEC.sizeBytes
    const packetVectorAt = vectorAt + (vectorsEach - 1) * IOVEC.sizeBytes
    const headerAt = headersAt + slot * MMSGHDR.sizeBytes
    const addressAt = sharedAddress === undefined ? addressesAt + slot * addressBytes : addressesAt
    if (prefix !== undefined) {
      word(vectorAt + IOVEC.offset.base, prefixAt)
      view.setBigUint64(vectorAt + IOVEC.offset.length, BigInt(prefix.length), true)
    }
    word(packetVectorAt + IOVEC.offset.base, slot * slotBytes)
    word(headerAt + MSGHDR.offset.name, addressAt)
    view.setUint32(headerAt + MSGHDR.offset.nameBytes, addressBytes, true)
    word(headerAt + MSGHDR.offset.vectors, vectorAt)
    view.setUint32(headerAt + MSGHDR.offset.vectorCount, vectorsEach, true)
    if (sharedAddress === undefined) view.setUint16(addressAt + name.offset.family, constant, true)
  }
  const lengths = new Uint16Array(slots)
  const applied = new Uint16Array(slots)
  const lengthWords = new Uint32Array(buffer, vectorsAt, (slots * vectorsEach * IOVEC.sizeBytes) / 4)
  const wordsEach = (vectorsEach * IOVEC.sizeBytes) / 4
  const lengthWordAt = ((vectorsEach - 1) * IOVEC.sizeBytes + IOVEC.offset.length) / 4
  return {
    memory: new Uint8Array(buffer, 0, slots * slotBytes),
    lengths,
    applyLengths(count) {
      for (let slot = 0; slot < count; slot += 1) {
        const length = lengths[slot]!
        if (length === applied[slot]!) continue
        applied[slot] = length
        lengthWords[slot * wordsEach + lengthWordAt] = length
      }
    },
    headerAt: (slot) => base + BigInt(headersAt + slot * MMSGHDR.sizeBytes),
    applyDestinations: sharedAddress === undefined ? destinationWriter(buffer, addressesAt, options) : () => undefined,
  }
}
