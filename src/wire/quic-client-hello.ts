/**
 * The name that a QUIC client asks for. Its ClientHello (RFC 9001, section 4) is in CRYPTO frames (RFC 9000, section 19.6) of its Initial packets,
 * in any order and often over several datagrams.
 */

import { type QuicKeys, quicClientKeys } from './quic-initial-keys.ts'
import { type InitialPacket, initialPackets, openInitial, readVarint } from './quic-initial-packet.ts'
import { makeStreamPieces } from './stream-pieces.ts'
import { CLIENT_HELLO_MAX_BYTES, type HelloReading, readHelloMessage } from './tls-client-hello.ts'

const FRAME = { padding: 0, ping: 1, ack: 2, ackEcn: 3, crypto: 6 } as const
/** Largest acknowledged, delay, count of ranges, first range; then two for each range (section 19.3). */
const ACK_NUMBERS = 4
const ECN_NUMBERS = 3
/** Initials of one connection that are opened: a ClientHello of 16 KiB takes fourteen. */
const PACKETS_MAX = 32

export interface QuicHello {
  /** One datagram from the client. Null: nothing of it could be read. */
  read(bytes: Uint8Array, offset: number, length: number): HelloReading | null
  /** Memory that is held. */
  readonly heldBytes: number
}

/** Where the frame behind an acknowledgement begins, or -1. */
const afterAck = (frames: Uint8Array, at: number, ecn: boolean): number => {
  let next = at
  let wanted = ACK_NUMBERS
  for (let i = 0; i < wanted; i += 1) {
    const number = readVarint(frames, next, frames.length)
    if (number === null) return -1
    next = number.next
    // Each range takes two bytes at least.
    if (i === 2 && number.value > frames.length) return -1
    if (i === 2) wanted += 2 * number.value + (ecn ? ECN_NUMBERS : 0)
  }
  return next
}

/** Hands each CRYPTO frame to `take`: its place in the stream, and where its data lie. Ends at the first frame that an Initial cannot have. */
const readFrames = (frames: Uint8Array, take: (streamAt: number, from: number, length: number) => void): void => {
  let at = 0
  while (at < frames.length) {
    const type = frames[at]!
    at += 1
    if (type === FRAME.padding || type === FRAME.ping) continue
    if (type === FRAME.ack || type === FRAME.ackEcn) {
      at = afterAck(frames, at, type === FRAME.ackEcn)
      if (at < 0) return
      continue
    }
    const place = type === FRAME.crypto ? readVarint(frames, at, frames.length) : null
    const length = place === null ? null : readVarint(frames, place.next, frames.length)
    if (place === null || length === null || length.next + length.value > frames.length) return
    take(place.value, length.next, length.value)
    at = length.next + length.value
  }
}

/** Reads one connection's datagrams from the client, until it has the name. */
export const makeQuicHello = (): QuicHello => {
  const stream = makeStreamPieces(CLIENT_HELLO_MAX_BYTES)
  let keys: QuicKeys | null = null
  let opened = 0

  /** Keys stay those of the first packet when the client takes the server's id; after a Retry they are made anew (RFC 9001, section 5.2). */
  const open = (bytes: Uint8Array, packet: InitialPacket): Uint8Array | null => {
    const known = keys === null ? null : openInitial(bytes, packet, keys)
    if (known !== null) return known
    const fresh = quicClientKeys(packet.version, packet.connectionId)
    const frames = fresh === null ? null : openInitial(bytes, packet, fresh)
    if (frames !== null) keys = fresh
    return frames
  }

  return {
    read(bytes, offset, length) {
      let any = false
      for (const packet of initialPackets(bytes, offset, length)) {
        if (opened >= PACKETS_MAX) return { found: 'none', name: null, alpn: null, outer: false }
        opened += 1
        const frames = open(bytes, packet)
        if (frames === null) continue
        any = true
        readFrames(frames, (streamAt, from, bytesThere) => void stream.put(streamAt, frames, from, bytesThere))
      }
      if (!any && opened < PACKETS_MAX) return null
      const start = stream.start()
      return readHelloMessage(start, 0, start.length)
    },
    get heldBytes() {
      return stream.heldBytes
    },
  }
}
