/**
 * QUIC packets with long headers (RFC 9000, section 17.2; types of version 2: RFC 9369, section 3.2), several to a datagram (section 12.2), and what a
 * client's Initial holds when its protection is taken off (RFC 9001, sections 5.3 and 5.4). The captured bytes stay as they are.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { readUint32 } from './bytes.ts'
import { QUIC_VERSION, type QuicKeys } from './quic-initial-keys.ts'

const LONG_HEADER = 0x80
const FIXED_BIT = 0x40
const VERSION_AT = 1
const CONNECTION_IDS_AT = 5
const CONNECTION_ID_MAX = 20
const TAG_BYTES = 16
const SAMPLE_BYTES = 16
/** The sample begins where it would if the packet number had four bytes. */
const SAMPLE_FROM_NUMBER = 4
const COALESCED_MAX = 8
/** Bits of the first byte that a long header's protection covers. */
const PROTECTED_BITS = 0x0f
const INITIAL_TYPE: ReadonlyMap<number, number> = new Map([
  [QUIC_VERSION.v1, 0],
  [QUIC_VERSION.v2, 1],
])
const RETRY_TYPE: ReadonlyMap<number, number> = new Map([
  [QUIC_VERSION.v1, 3],
  [QUIC_VERSION.v2, 0],
])

export interface Varint {
  value: number
  next: number
}

/** RFC 9000, section 16; null when cut short or beyond 2^53, which nothing here reaches. */
export const readVarint = (bytes: Uint8Array, at: number, end: number): Varint | null => {
  if (at >= end) return null
  const size = 1 << (bytes[at]! >>> 6)
  if (at + size > end) return null
  let value = bytes[at]! & 0x3f
  for (let i = 1; i < size; i += 1) value = value * 256 + bytes[at + i]!
  return Number.isSafeInteger(value) ? { value, next: at + size } : null
}

export interface InitialPacket {
  version: number
  /** A copy. */
  connectionId: Uint8Array
  /** Where the packet begins, where its protected packet number does, and where it ends. */
  from: number
  numberAt: number
  end: number
}

interface LongPacket extends InitialPacket {
  initial: boolean
}

const readLongPacket = (bytes: Uint8Array, from: number, end: number): LongPacket | null => {
  if (from + CONNECTION_IDS_AT + 2 > end) return null
  const first = bytes[from]!
  if ((first & LONG_HEADER) === 0 || (first & FIXED_BIT) === 0) return null
  const version = readUint32(bytes, from + VERSION_AT)
  const type = (first >>> 4) & 3
  // A Retry has no length; what is of other versions may have any form (RFC 8999).
  if (!INITIAL_TYPE.has(version) || RETRY_TYPE.get(version) === type) return null
  const initial = INITIAL_TYPE.get(version) === type
  const destinationAt = from + CONNECTION_IDS_AT + 1
  const destinationBytes = bytes[destinationAt - 1]!
  const sourceAt = destinationAt + destinationBytes + 1
  if (destinationBytes > CONNECTION_ID_MAX || sourceAt > end || bytes[sourceAt - 1]! > CONNECTION_ID_MAX) return null
  let at = sourceAt + bytes[sourceAt - 1]!
  if (initial) {
    const token = readVarint(bytes, at, end)
    if (token === null) return null
    at = token.next + token.value
  }
  const length = readVarint(bytes, at, end)
  if (length === null || length.next + length.value > end) return null
  // Not slice: that of a Buffer copies nothing.
  const connectionId = Uint8Array.from(bytes.subarray(destinationAt, destinationAt + destinationBytes))
  return { version, connectionId, from, numberAt: length.next, end: length.next + length.value, initial }
}

/** The Initials of a datagram; other packets with long headers are stepped over, a short one ends it. */
export const initialPackets = (bytes: Uint8Array, offset: number, length: number): InitialPacket[] => {
  const packets: InitialPacket[] = []
  let at = offset
  for (let i = 0; i < COALESCED_MAX; i += 1) {
    const packet = readLongPacket(bytes, at, offset + length)
    if (packet === null) break
    if (packet.initial) packets.push(packet)
    at = packet.end
  }
  return packets
}

/**
 * The frames of an Initial, or null when it was not made with these keys. The packet number is taken as it stands: clients begin at 0 and send
 * few Initials, so none is shortened.
 */
export const openInitial = (bytes: Uint8Array, packet: InitialPacket, keys: QuicKeys): Uint8Array | null => {
  const { from, numberAt, end } = packet
  const sampleAt = numberAt + SAMPLE_FROM_NUMBER
  if (sampleAt + SAMPLE_BYTES > end) return null
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(
    bytes.subarray(sampleAt, sampleAt + SAMPLE_BYTES),
  )
  const first = bytes[from]! ^ (mask[0]! & PROTECTED_BITS)
  const numberBytes = (first & 3) + 1
  const header = Uint8Array.from(bytes.subarray(from, numberAt + numberBytes))
  header[0] = first
  const nonce = Uint8Array.from(keys.iv)
  for (let i = 0; i < numberBytes; i += 1) {
    const at = header.length - numberBytes + i
    header[at] = header[at]! ^ mask[1 + i]!
    const place = nonce.length - numberBytes + i
    nonce[place] = nonce[place]! ^ header[at]!
  }
  const sealedAt = numberAt + numberBytes
  if (sealedAt + TAG_BYTES > end) return null
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(header).setAuthTag(bytes.subarray(end - TAG_BYTES, end))
  const frames = decipher.update(bytes.subarray(sealedAt, end - TAG_BYTES))
  try {
    decipher.final()
    return frames
  } catch {
    // Not what was sealed: other keys, or a damaged packet.
    return null
  }
}
