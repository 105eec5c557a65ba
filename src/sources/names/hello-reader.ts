/**
 * Names out of the first bytes that clients send over TLS or QUIC. Bytes are kept only while a ClientHello is in pieces, 16 KiB of a connection at most and of so many
 * connections at once; most come whole, in one or two packets, and the first needs no memory when it holds the name.
 */

import { makeQuicHello, type QuicHello } from '../../wire/quic-client-hello.ts'
import { makeStreamPieces, type StreamPieces } from '../../wire/stream-pieces.ts'
import { CLIENT_HELLO_MAX_BYTES, type HelloReading, readClientHello } from '../../wire/tls-client-hello.ts'

/** Segments or datagrams of one connection that are looked at: a ClientHello of 16 KiB takes twelve of Ethernet's size. */
const LOOKS_MAX = 32

/**
 * The name; null: there is none, and there will be none; undefined: more of the connection is wanted. Who got a name or null asks no more about
 * that connection: nothing of it is remembered.
 */
export type HelloAnswer = string | null | undefined

export interface HelloReader {
  /** Bytes from the client of a TCP connection; `sequenceOffset` counts from the byte behind its SYN. */
  hello(connectionId: number, sequenceOffset: number, bytes: Uint8Array, offset: number, length: number): HelloAnswer
  /** The payload of a UDP datagram from the client. */
  quic(connectionId: number, bytes: Uint8Array, offset: number, length: number): HelloAnswer
  /** The connection is over, or its name is known from elsewhere. */
  forget(connectionId: number): void
  /** Connections of which pieces are kept, and the bytes these take. */
  readonly open: number
  readonly heldBytes: number
  /** Connections that newer ones displaced before they had a name. */
  readonly dropped: number
}

interface Pending {
  stream: StreamPieces | null
  quic: QuicHello | null
  /** From the beginning; nothing is read before they are there. */
  wantedBytes: number
  looks: number
}

const answerOf = (reading: Exclude<HelloReading, { found: 'incomplete' }>): string | null => reading.name

/** @param capacity connections of which pieces are kept at once; the oldest go. */
export const makeHelloReader = ({ capacity }: { capacity: number }): HelloReader => {
  const pending = new Map<number, Pending>()
  let dropped = 0

  const begin = (connectionId: number, state: Pending): Pending => {
    if (pending.size >= capacity) {
      pending.delete(pending.keys().next().value!)
      dropped += 1
    }
    pending.set(connectionId, state)
    return state
  }

  /** Ends the wait, or keeps it for one more look. */
  const settle = (connectionId: number, state: Pending, reading: HelloReading | null): HelloAnswer => {
    state.looks += 1
    if (reading !== null && reading.found !== 'incomplete') {
      pending.delete(connectionId)
      return answerOf(reading)
    }
    if (reading !== null) state.wantedBytes = reading.wantedBytes
    if (state.looks < LOOKS_MAX) return undefined
    pending.delete(connectionId)
    return null
  }

  return {
    hello(connectionId, sequenceOffset, bytes, offset, length) {
      if (length === 0) return undefined
      let state = pending.get(connectionId)
      if (state === undefined) {
        if (sequenceOffset < 0 || sequenceOffset >= CLIENT_HELLO_MAX_BYTES) return null
        const first = sequenceOffset === 0 ? readClientHello(bytes, offset, length) : null
        if (first !== null && first.found !== 'incomplete') return answerOf(first)
        state = begin(connectionId, {
          stream: makeStreamPieces(CLIENT_HELLO_MAX_BYTES),
          quic: null,
          wantedBytes: first?.wantedBytes ?? 1,
          looks: 0,
        })
      }
      const { stream } = state
      if (stream?.put(sequenceOffset, bytes, offset, length) !== true) {
        pending.delete(connectionId)
        return null
      }
      const start = stream.start()
      const enough = start.length >= state.wantedBytes
      return settle(connectionId, state, enough ? readClientHello(start, 0, start.length) : null)
    },
    quic(connectionId, bytes, offset, length) {
      const known = pending.get(connectionId)
      const state = known ?? { stream: null, quic: makeQuicHello(), wantedBytes: 1, looks: 0 }
      const reading = state.quic?.read(bytes, offset, length) ?? null
      // Not QUIC, or from the middle of a connection: nothing is kept for it.
      if (known === undefined && reading === null) return null
      if (known === undefined && reading?.found === 'incomplete') begin(connectionId, state)
      return settle(connectionId, state, reading)
    },
    forget: (connectionId) => void pending.delete(connectionId),
    get open() {
      return pending.size
    },
    get heldBytes() {
      let sum = 0
      for (const { stream, quic } of pending.values()) sum += stream?.heldBytes ?? quic?.heldBytes ?? 0
      return sum
    },
    get dropped() {
      return dropped
    },
  }
}
