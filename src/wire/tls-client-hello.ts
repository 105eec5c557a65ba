/**
 * The name that a TLS client asks for, before anything is encrypted: server_name (RFC 6066, section 3) in the ClientHello (RFC 8446, section 4.1.2),
 * inside one or more TLS records (section 5.1) or QUIC CRYPTO frames. ALPN: RFC 7301. A client that encrypts its ClientHello (extension
 * encrypted_client_hello, RFC 9849) shows an outer name, which may be its provider's; browsers send the same extension as noise, too.
 */

import { readUint16 } from './bytes.ts'
import { hostNameOf } from './host-name.ts'

/** More is not waited for: the largest plaintext of a record. */
export const CLIENT_HELLO_MAX_BYTES = 16 * 1024

const RECORD_HEADER_BYTES = 5
const RECORD = { type: 0, majorVersion: 1, length: 3 } as const
const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const MESSAGE_HEADER_BYTES = 4
/** legacy_version and random. */
const FIXED_BYTES = 34
const EXTENSION = { serverName: 0, alpn: 16, encryptedClientHello: 0xfe0d } as const
const HOST_NAME = 0

export type HelloReading =
  | {
      found: 'name' | 'none'
      /** Null when there is none: with 'none' no ClientHello, or one without a name. */
      name: string | null
      /** The first application protocol, as far as the bytes reach. */
      alpn: string | null
      /** The name may be the outer one of an encrypted ClientHello. */
      outer: boolean
    }
  /** From the beginning, so many bytes are needed at least. */
  | { found: 'incomplete'; wantedBytes: number }

const NOTHING: HelloReading = { found: 'none', name: null, alpn: null, outer: false }

const incomplete = (wantedBytes: number): HelloReading =>
  wantedBytes > CLIENT_HELLO_MAX_BYTES ? NOTHING : { found: 'incomplete', wantedBytes }

const ascii = (bytes: Uint8Array, from: number, to: number): string => {
  let text = ''
  for (let at = from; at < to; at += 1) text += String.fromCharCode(bytes[at]!)
  return text
}

/** server_name's data: a list of which only host names are defined. */
const serverName = (bytes: Uint8Array, from: number, to: number): string | null => {
  if (from + 5 > to || bytes[from + 2] !== HOST_NAME) return null
  const end = from + 5 + readUint16(bytes, from + 3)
  return end > to ? null : hostNameOf(ascii(bytes, from + 5, end))
}

const firstProtocol = (bytes: Uint8Array, from: number, to: number): string | null => {
  if (from + 3 > to) return null
  const end = from + 3 + bytes[from + 2]!
  const text = end > to ? '' : ascii(bytes, from + 3, end)
  return /^[!-~]+$/.test(text) ? text : null
}

/** Where the extensions begin, -1 when the bytes end before; NaN never: lengths are bytes. */
const extensionsAt = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from + FIXED_BYTES
  if (at >= end) return -1
  at += 1 + bytes[at]!
  if (at + 2 > end) return -1
  at += 2 + readUint16(bytes, at)
  if (at >= end) return -1
  at += 1 + bytes[at]!
  return at + 2 > end ? -1 : at + 2
}

/** Extensions up to `end`, which may cut the last; `whole`: nothing more comes. */
const readExtensions = (bytes: Uint8Array, from: number, end: number, whole: boolean, wanted: number): HelloReading => {
  let name: string | null = null
  let alpn: string | null = null
  let outer = false
  let at = from
  while (at + 4 <= end) {
    const dataAt = at + 4
    const next = dataAt + readUint16(bytes, at + 2)
    if (next > end) break
    const type = readUint16(bytes, at)
    if (type === EXTENSION.serverName) name = serverName(bytes, dataAt, next)
    else if (type === EXTENSION.alpn) alpn = firstProtocol(bytes, dataAt, next)
    else if (type === EXTENSION.encryptedClientHello) outer = true
    at = next
  }
  if (name !== null) return { found: 'name', name, alpn, outer }
  return whole ? { found: 'none', name, alpn, outer } : incomplete(wanted)
}

/** A handshake message without records, as QUIC carries it. Bytes are those from its beginning that are there. */
export const readHelloMessage = (bytes: Uint8Array, offset: number, length: number): HelloReading => {
  if (length > 0 && bytes[offset] !== CLIENT_HELLO) return NOTHING
  if (length < MESSAGE_HEADER_BYTES) return incomplete(MESSAGE_HEADER_BYTES)
  const messageBytes = MESSAGE_HEADER_BYTES + bytes[offset + 1]! * 65536 + readUint16(bytes, offset + 2)
  if (messageBytes > CLIENT_HELLO_MAX_BYTES) return NOTHING
  const whole = length >= messageBytes
  const end = offset + Math.min(length, messageBytes)
  const from = extensionsAt(bytes, offset + MESSAGE_HEADER_BYTES, end)
  if (from < 0) return whole ? NOTHING : incomplete(messageBytes)
  return readExtensions(bytes, from, end, whole, messageBytes)
}

/** What is behind the first record's header, and of more records where the message goes on in them. */
interface Unwrapped {
  message: Uint8Array
  records: number
  /** A record was no part of a handshake: nothing more comes. */
  ended: boolean
}

const unwrap = (bytes: Uint8Array, offset: number, length: number): Unwrapped => {
  const end = offset + length
  const parts: Uint8Array[] = []
  let records = 0
  for (let at = offset; at < end; records += 1) {
    const known = end - at
    const wrong = bytes[at + RECORD.type] !== HANDSHAKE_RECORD || (known > 1 && bytes[at + RECORD.majorVersion] !== 3)
    const recordBytes = known < RECORD_HEADER_BYTES ? 1 : readUint16(bytes, at + RECORD.length)
    // A handshake record is never empty (RFC 8446, section 5.1): without this, empty ones would go on for ever.
    if (wrong || recordBytes === 0 || recordBytes > CLIENT_HELLO_MAX_BYTES) {
      return { message: Buffer.concat(parts), records, ended: true }
    }
    const next = at + RECORD_HEADER_BYTES + recordBytes
    if (known > RECORD_HEADER_BYTES) parts.push(bytes.subarray(at + RECORD_HEADER_BYTES, Math.min(next, end)))
    at = next
  }
  return { message: parts.length === 1 ? parts[0]! : Buffer.concat(parts), records, ended: false }
}

/** The first bytes of a TCP connection, from the client; as many as are there. */
export const readClientHello = (bytes: Uint8Array, offset: number, length: number): HelloReading => {
  if (length < RECORD_HEADER_BYTES + 1) {
    const begins = length === 0 || bytes[offset] === HANDSHAKE_RECORD
    return begins ? incomplete(RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES) : NOTHING
  }
  const { message, records, ended } = unwrap(bytes, offset, Math.min(length, CLIENT_HELLO_MAX_BYTES))
  const reading = readHelloMessage(message, 0, message.length)
  if (reading.found !== 'incomplete') return reading
  if (ended || length >= CLIENT_HELLO_MAX_BYTES) return NOTHING
  // Each record that is there has a header, and at least one more byte is missing.
  return incomplete(Math.max(length + 1, reading.wantedBytes + records * RECORD_HEADER_BYTES))
}
