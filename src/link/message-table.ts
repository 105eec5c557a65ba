/**
 * Everything `sendmmsg` reads, laid out once in one stretch of memory: the packet slots, a vector and a message header for
 * each, and the address or addresses they go to. Where something goes before each packet (an Ethernet header), a second
 * vector in front of the first points to it. Per batch only packet bytes change, and lengths where they differ from the
 * batch before.
 */

import { AF_INET } from './kernel-constants.ts'
import { IOVEC, MMSGHDR, MSGHDR, SOCKADDR_IN } from './kernel-structures.ts'
import { libc } from './libc.ts'

export interface MessageTable {
  readonly memory: Uint8Array
  /** The slots as 32-bit words in the machine's (little-endian) order. */
  readonly words: Uint32Array
  readonly lengths: Uint16Array
  /** Brings the vectors of slots 0 … count-1 up to date with `lengths`. */
  applyLengths(count: number): void
  /** Address of the message header of a slot. */
  headerAt(slot: number): bigint
  /** Where each slot's IPv4 destination goes (network order), when the table has one address for each. */
  readonly destinations: Uint32Array | null
}

export interface MessageTableOptions {
  slotBytes: number
  slots: number
  /** One socket address for all messages; absent: one IPv4 address for each. */
  sharedAddress?: Uint8Array
  /** What goes before each packet. */
  prefix?: Uint8Array
}

export const makeMessageTable = ({ slotBytes, slots, sharedAddress, prefix }: MessageTableOptions): MessageTable => {
  const vectorsAt = slots * slotBytes
  const vectorsEach = prefix === undefined ? 1 : 2
  const headersAt = vectorsAt + slots * vectorsEach * IOVEC.sizeBytes
  const addressesAt = headersAt + slots * MMSGHDR.sizeBytes
  const addressBytes = sharedAddress?.byteLength ?? SOCKADDR_IN.sizeBytes
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
    if (sharedAddress === undefined) view.setUint16(addressAt + SOCKADDR_IN.offset.family, AF_INET, true)
  }
  const lengths = new Uint16Array(slots)
  const applied = new Uint16Array(slots)
  const lengthWords = new Uint32Array(buffer, vectorsAt, (slots * vectorsEach * IOVEC.sizeBytes) / 4)
  const wordsEach = (vectorsEach * IOVEC.sizeBytes) / 4
  const lengthWordAt = ((vectorsEach - 1) * IOVEC.sizeBytes + IOVEC.offset.length) / 4
  return {
    memory: new Uint8Array(buffer, 0, slots * slotBytes),
    words: new Uint32Array(buffer, 0, (slots * slotBytes) / 4),
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
    destinations: sharedAddress === undefined ? new Uint32Array(buffer, addressesAt, (slots * addressBytes) / 4) : null,
  }
}
