/**
 * What a router says of one of its interfaces in an ICMP error (RFC 5837 section 4): an extension object of class 2.
 *
 * Its type holds two bits of role, two reserved ones, and one bit for each part that follows, in this order: interface
 * index (32 bits); address (family 16 bits, reserved 16, address); name (length, itself included, in 8 bits, then UTF-8,
 * filled up with zeros to a multiple of four, 64 bytes at most); MTU (32 bits).
 */

import { type IpAddress, ipv4, ipv6Bytes, ipv6FromBytes, isIpv4 } from '../core/ip.ts'
import type { InterfaceInformation } from '../core/trace.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'

/** Roles in the order of their numbers. */
export const INTERFACE_ROLES: readonly InterfaceInformation['role'][] = ['incoming', 'sub-ip', 'outgoing', 'next-hop']

const ROLE_SHIFT = 6
const PART = { index: 8, address: 4, name: 2, mtu: 1 } as const
const WORD_BYTES = 4
/** Address family numbers (IANA). */
const FAMILY = { ipv4: 1, ipv6: 2 } as const
const MAX_NAME_BYTES = 63

interface Part<T> {
  value: T
  bytes: number
}

const readWord = (bytes: Uint8Array, at: number, end: number): Part<number> | null =>
  at + WORD_BYTES > end ? null : { value: readUint32(bytes, at), bytes: WORD_BYTES }

const readAddress = (bytes: Uint8Array, at: number, end: number): Part<IpAddress> | null => {
  if (at + WORD_BYTES > end) return null
  const family = readUint16(bytes, at)
  const address = at + WORD_BYTES
  if (family === FAMILY.ipv4 && address + 4 <= end) return { value: ipv4(readUint32(bytes, address)), bytes: 8 }
  if (family === FAMILY.ipv6 && address + 16 <= end) return { value: ipv6FromBytes(bytes, address), bytes: 20 }
  return null
}

const readName = (bytes: Uint8Array, at: number, end: number): Part<string> | null => {
  if (at >= end) return null
  const nameBytes = bytes[at]!
  const whole = nameBytes % WORD_BYTES === 0 && nameBytes > 0 && nameBytes <= MAX_NAME_BYTES + 1
  if (!whole || at + nameBytes > end) return null
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.slice(at + 1, at + nameBytes))
  return { value: text.replace(/\0+$/, ''), bytes: nameBytes }
}

/** The payload of an object of this class and of `type`, or null when a part that the type announces is not there. */
export const readInterfaceInformation = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  type: number,
): InterfaceInformation | null => {
  const end = offset + length
  const found: InterfaceInformation = { role: INTERFACE_ROLES[(type >>> ROLE_SHIFT) & 3]! }
  let at = offset
  const take = <T>(
    part: number,
    read: (from: Uint8Array, start: number, stop: number) => Part<T> | null,
    put: (value: T) => void,
  ): boolean => {
    if ((type & part) === 0) return true
    const part_ = read(bytes, at, end)
    if (part_ === null) return false
    put(part_.value)
    at += part_.bytes
    return true
  }
  const whole =
    take(PART.index, readWord, (value) => {
      found.index = value
    }) &&
    take(PART.address, readAddress, (value) => {
      found.address = value
    }) &&
    take(PART.name, readName, (value) => {
      found.name = value
    }) &&
    take(PART.mtu, readWord, (value) => {
      found.mtu = value
    })
  return whole ? found : null
}

const wordBytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(WORD_BYTES)
  writeUint32(bytes, 0, value)
  return bytes
}

const addressBytes = (address: IpAddress): Uint8Array => {
  const octets = isIpv4(address) ? wordBytes(address) : ipv6Bytes(address)
  const bytes = new Uint8Array(WORD_BYTES + octets.length)
  writeUint16(bytes, 0, isIpv4(address) ? FAMILY.ipv4 : FAMILY.ipv6)
  bytes.set(octets, WORD_BYTES)
  return bytes
}

/** A name that is too long is cut between two characters. */
const nameBytes = (name: string): Uint8Array => {
  const text = new Uint8Array(MAX_NAME_BYTES)
  const { written } = new TextEncoder().encodeInto(name, text)
  const bytes = new Uint8Array(Math.ceil((1 + written) / WORD_BYTES) * WORD_BYTES)
  bytes[0] = bytes.length
  bytes.set(text.subarray(0, written), 1)
  return bytes
}

/** The object's type and payload. */
export const buildInterfaceInformation = (information: InterfaceInformation): { type: number; payload: Uint8Array } => {
  const { role, index, address, name, mtu } = information
  const parts: [number, Uint8Array][] = []
  if (index !== undefined) parts.push([PART.index, wordBytes(index)])
  if (address !== undefined) parts.push([PART.address, addressBytes(address)])
  if (name !== undefined) parts.push([PART.name, nameBytes(name)])
  if (mtu !== undefined) parts.push([PART.mtu, wordBytes(mtu)])
  const type = parts.reduce((bits, [bit]) => bits | bit, INTERFACE_ROLES.indexOf(role) << ROLE_SHIFT)
  return { type, payload: Uint8Array.from(parts.flatMap(([, bytes]) => [...bytes])) }
}
