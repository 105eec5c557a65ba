/**
 * Domain names on the wire (RFC 1035, sections 3.1 and 4.1.4) and as text (section 5.1: what is not printable is written
 * \DDD, a dot inside a label \.). Hostile names point in circles or grow without end: a pointer must lead before everything
 * that the name has visited, and 255 bytes of labels are the most that a name has.
 */

import { readUint16 } from './bytes.ts'

const MAX_NAME_BYTES = 255
const MAX_LABEL_BYTES = 63
/** The two upper bits of a length byte that make it a pointer of two bytes. */
const POINTER = 0xc0
const POINTER_MASK = 0x3fff
const DOT = 46
const BACKSLASH = 92
const QUOTE = 34

export interface DnsName {
  /** Without the last dot; empty for the root. */
  text: string
  /** Where what follows the name begins. */
  next: number
}

/** One byte as text; `escaped` are bytes that get a backslash. */
const byteText = (byte: number, escaped: readonly number[], space: boolean): string => {
  if (escaped.includes(byte)) return `\\${String.fromCharCode(byte)}`
  if ((byte > 32 && byte < 127) || (space && byte === 32)) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}

const LABEL_ESCAPES = [DOT, BACKSLASH]
const TEXT_ESCAPES = [BACKSLASH]
const QUOTED_ESCAPES = [BACKSLASH, QUOTE]

const labelText = (message: Uint8Array, from: number, to: number): string => {
  let text = ''
  for (let at = from; at < to; at += 1) text += byteText(message[at]!, LABEL_ESCAPES, false)
  return text
}

/** Bytes of a character string as text on one line (section 5.1); for use inside quotes, quotes are escaped, too. */
export const dnsText = (bytes: Uint8Array, quoted: boolean): string => {
  let text = ''
  for (const byte of bytes) text += byteText(byte, quoted ? QUOTED_ESCAPES : TEXT_ESCAPES, true)
  return text
}

/** The name at `at` in a whole message, or null. */
export const readDnsName = (message: Uint8Array, at: number): DnsName | null => {
  const labels: string[] = []
  let next = -1
  let nameBytes = 0
  let cursor = at
  let segment = at
  while (cursor < message.length) {
    const length = message[cursor]!
    if (length === 0) return { text: labels.join('.'), next: next < 0 ? cursor + 1 : next }
    if (length >= POINTER) {
      if (cursor + 2 > message.length) return null
      if (next < 0) next = cursor + 2
      const target = readUint16(message, cursor) & POINTER_MASK
      if (target >= segment) return null
      cursor = target
      segment = target
      continue
    }
    nameBytes += length + 1
    if (length > MAX_LABEL_BYTES || nameBytes >= MAX_NAME_BYTES || cursor + 1 + length > message.length) return null
    labels.push(labelText(message, cursor + 1, cursor + 1 + length))
    cursor += 1 + length
  }
  return null
}

/** A name as people type it, with or without the last dot, on the wire; null when it is none. */
export const dnsNameBytes = (text: string): Uint8Array | null => {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text
  if (bare === '') return text === '.' ? new Uint8Array(1) : null
  const labels = bare.split('.').map((label) => new TextEncoder().encode(label))
  const nameBytes = labels.reduce((sum, label) => sum + label.length + 1, 1)
  if (nameBytes > MAX_NAME_BYTES) return null
  if (labels.some((label) => label.length === 0 || label.length > MAX_LABEL_BYTES)) return null
  const bytes = new Uint8Array(nameBytes)
  let at = 0
  for (const label of labels) {
    bytes[at] = label.length
    bytes.set(label, at + 1)
    at += label.length + 1
  }
  return bytes
}
