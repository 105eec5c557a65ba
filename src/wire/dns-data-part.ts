/** Parts that the data of DNS records are made of (RFC 1035, section 3.3), read one after the other as text. */

import { formatIpv4, formatIpv6, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from './bytes.ts'
import { dnsText, readDnsName } from './dns-name.ts'
import { dnsTypeName } from './dns-type.ts'

export interface Cursor {
  readonly message: Uint8Array
  at: number
  readonly end: number
}

/** Reads a part and moves on; null when it is not there. */
export type Part = (cursor: Cursor) => string | null

/** The next `length` bytes, or null when they are not all there. */
export const take = (cursor: Cursor, length: number): Uint8Array | null => {
  if (cursor.at + length > cursor.end) return null
  cursor.at += length
  return cursor.message.subarray(cursor.at - length, cursor.at)
}

const rest = (cursor: Cursor): Uint8Array => {
  const bytes = cursor.message.subarray(cursor.at, cursor.end)
  cursor.at = cursor.end
  return bytes
}

/** Bytes with a length byte in front. */
const counted = (cursor: Cursor): Uint8Array | null => {
  const length = take(cursor, 1)
  return length === null ? null : take(cursor, length[0]!)
}

export const number =
  (bytes: 1 | 2 | 4): Part =>
  (cursor) => {
    const taken = take(cursor, bytes)
    if (taken === null) return null
    return String(bytes === 1 ? taken[0]! : bytes === 2 ? readUint16(taken, 0) : readUint32(taken, 0))
  }
export const u8 = number(1)
export const u16 = number(2)
export const u32 = number(4)

export const name: Part = (cursor) => {
  const read = readDnsName(cursor.message, cursor.at)
  if (read === null || read.next > cursor.end) return null
  cursor.at = read.next
  return read.text
}
/** Among other parts the root is written as a dot. */
export const nameOrRoot: Part = (cursor) => {
  const text = name(cursor)
  return text === '' ? '.' : text
}
export const ipv4Part: Part = (cursor) => {
  const taken = take(cursor, 4)
  return taken === null ? null : formatIpv4(readUint32(taken, 0))
}
export const ipv6Part: Part = (cursor) => {
  const taken = take(cursor, 16)
  return taken === null ? null : formatIpv6(ipv6FromBytes(taken))
}
export const quoted: Part = (cursor) => {
  const taken = counted(cursor)
  return taken === null ? null : `"${dnsText(taken, true)}"`
}
export const tag: Part = (cursor) => {
  const taken = counted(cursor)
  return taken === null ? null : dnsText(taken, false)
}
export const quotedRest: Part = (cursor) => `"${dnsText(rest(cursor), true)}"`
/** All strings to the end, joined: how SPF and DKIM want them read. */
export const strings: Part = (cursor) => {
  let text = ''
  do {
    const taken = counted(cursor)
    if (taken === null) return null
    text += dnsText(taken, false)
  } while (cursor.at < cursor.end)
  return text
}
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const hexRest: Part = (cursor) => hex(rest(cursor))
export const base64Rest: Part = (cursor) => Buffer.from(rest(cursor)).toString('base64')
export const salt: Part = (cursor) => {
  const taken = counted(cursor)
  return taken === null ? null : taken.length === 0 ? '-' : hex(taken)
}

const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv'
/** RFC 4648, section 7, without padding. */
export const hash: Part = (cursor) => {
  const taken = counted(cursor)
  if (taken === null) return null
  let bits = ''
  for (const byte of taken) bits += byte.toString(2).padStart(8, '0')
  let text = ''
  for (let at = 0; at < bits.length; at += 5)
    text += BASE32_HEX[Number.parseInt(bits.slice(at, at + 5).padEnd(5, '0'), 2)]
  return text
}

export const type: Part = (cursor) => {
  const taken = take(cursor, 2)
  return taken === null ? null : dnsTypeName(readUint16(taken, 0))
}

/** Seconds since the epoch as YYYYMMDDHHmmSS (RFC 4034, section 3.2). */
export const time: Part = (cursor) => {
  const taken = take(cursor, 4)
  return taken === null ? null : new Date(readUint32(taken, 0) * 1000).toISOString().replace(/[-:T]|\..*$/g, '')
}

/** Windows of bits, one for each type (RFC 4034, section 4.1.2). */
export const types: Part = (cursor) => {
  const names: string[] = []
  while (cursor.at < cursor.end) {
    const window = take(cursor, 1)
    const bitmap = window === null ? null : counted(cursor)
    if (window === null || bitmap === null || bitmap.length === 0 || bitmap.length > 32) return null
    for (let bit = 0; bit < bitmap.length * 8; bit += 1) {
      if ((bitmap[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0) names.push(dnsTypeName(window[0]! * 256 + bit))
    }
  }
  return names.join(' ')
}
