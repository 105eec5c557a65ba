/**
 * Payloads with values of the probe in them: `${NAME}` or `${NAME=LENGTH}` in a file, with zmap's names. What is no known
 * name stays as it is. The "random" values follow from a key, the target and the copy, so that a run can be repeated.
 */

import { formatIpv4 } from '../../core/ip.ts'
import { writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { type CookieKey, fillCookie, makeCookie } from '../cookie.ts'
import type { UdpTarget } from './udp-writer.ts'

const DIGITS = '0123456789'
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const MAX_ADDRESS_BYTES = 15
const MAX_PORT_BYTES = 5

/** A source of 32-bit numbers for one probe. */
type NextUint32 = () => number

/** Writes a value at `at`. @returns its length. */
type WriteValue = (bytes: Uint8Array, at: number, target: UdpTarget, next: NextUint32) => number

interface TemplateField {
  name: string
  help: string
  /** @param length as written behind the name, 0 without. */
  open(length: number): { maxBytes: number; write: WriteValue }
}

const writeText = (bytes: Uint8Array, at: number, text: string): number => {
  for (let i = 0; i < text.length; i += 1) bytes[at + i] = text.charCodeAt(i)
  return text.length
}

const value = (name: string, help: string, maxBytes: number, write: WriteValue): TemplateField => ({
  name,
  help,
  open: () => ({ maxBytes, write }),
})

/** LENGTH values out of `alphabet`. */
const random = (name: string, help: string, alphabet: Uint8Array): TemplateField => ({
  name,
  help: `${help}: \${${name}=8} for eight`,
  open: (length) => ({
    maxBytes: length,
    write(bytes, at, _target, next) {
      for (let i = 0; i < length; i += 1) bytes[at + i] = alphabet[next() % alphabet.length]!
      return length
    },
  }),
})

const binaryAddress = (bytes: Uint8Array, at: number, address: number): number => {
  writeUint32(bytes, at, address)
  return 4
}
const binaryPort = (bytes: Uint8Array, at: number, port: number): number => {
  writeUint16(bytes, at, port)
  return 2
}
const alphabetOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const TEMPLATE_FIELDS: readonly TemplateField[] = [
  value('SADDR_N', 'source address, 4 bytes', 4, (bytes, at, { source }) => binaryAddress(bytes, at, source)),
  value('SADDR', 'source address, text', MAX_ADDRESS_BYTES, (bytes, at, { source }) =>
    writeText(bytes, at, formatIpv4(source)),
  ),
  value('DADDR_N', 'target address, 4 bytes', 4, (bytes, at, { address }) => binaryAddress(bytes, at, address)),
  value('DADDR', 'target address, text', MAX_ADDRESS_BYTES, (bytes, at, { address }) =>
    writeText(bytes, at, formatIpv4(address)),
  ),
  value('SPORT_N', 'source port, 2 bytes', 2, (bytes, at, { sourcePort }) => binaryPort(bytes, at, sourcePort)),
  value('SPORT', 'source port, text', MAX_PORT_BYTES, (bytes, at, { sourcePort }) =>
    writeText(bytes, at, String(sourcePort)),
  ),
  value('DPORT_N', 'target port, 2 bytes', 2, (bytes, at, { port }) => binaryPort(bytes, at, port)),
  value('DPORT', 'target port, text', MAX_PORT_BYTES, (bytes, at, { port }) => writeText(bytes, at, String(port))),
  random(
    'RAND_BYTE',
    'random bytes',
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
  ),
  random('RAND_DIGIT', 'random digits', alphabetOf(DIGITS)),
  random('RAND_ALPHA', 'random letters', alphabetOf(LETTERS)),
  random('RAND_ALPHANUM', 'random letters and digits', alphabetOf(LETTERS + DIGITS)),
]

/** `NAME` or `NAME=LENGTH` → how to write it; null for no known name. */
const openField = (specification: string): { maxBytes: number; write: WriteValue } | null => {
  const [name, length = '0', ...rest] = specification.split('=')
  const field = TEMPLATE_FIELDS.find((each) => each.name === name)
  if (field === undefined || rest.length > 0 || !/^\d{1,5}$/.test(length)) return null
  return field.open(Number(length))
}

const constant = (data: Uint8Array): { maxBytes: number; write: WriteValue } => ({
  maxBytes: data.length,
  write(bytes, at) {
    bytes.set(data, at)
    return data.length
  },
})

/** Numbers for one probe: xorshift32 (Marsaglia, 2003) from a keyed hash of target and copy. */
const makeStream = (key: CookieKey): { reset(target: UdpTarget): void; next: NextUint32 } => {
  // Another key than the cookies', or the random bytes would tell the cookie.
  const streamKey = { k0: key.k0 ^ 0x5bd1e995, k1: key.k1 ^ 0x1b873593 }
  const seed = makeCookie()
  let state = 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return {
    reset({ address, port, copy }) {
      fillCookie(seed, streamKey, address, port)
      state = (seed.first ^ Math.imul(copy + 1, 0x9e3779b1)) | 0 || 1
    },
    next,
  }
}

export interface PayloadTemplate {
  maxBytes: number
  /** @returns the payload's length. */
  write(bytes: Uint8Array, at: number, target: UdpTarget): number
}

const VARIABLE = /\$\{([^{}$]*)\}/g

/** Reads a template; every byte string is one. */
export const makePayloadTemplate = (source: Uint8Array, key: CookieKey): PayloadTemplate => {
  // Latin-1 maps bytes to characters one to one, so that places in the text are places in the bytes.
  const text = Buffer.from(source).toString('latin1')
  const parts: { maxBytes: number; write: WriteValue }[] = []
  let done = 0
  for (const match of text.matchAll(VARIABLE)) {
    const field = openField(match[1] ?? '')
    if (field === null) continue
    if (match.index > done) parts.push(constant(source.slice(done, match.index)))
    parts.push(field)
    done = match.index + match[0].length
  }
  if (done < source.length) parts.push(constant(source.slice(done)))
  const stream = makeStream(key)
  return {
    maxBytes: parts.reduce((sum, part) => sum + part.maxBytes, 0),
    write(bytes, at, target) {
      stream.reset(target)
      let to = at
      for (const part of parts) to += part.write(bytes, to, target, stream.next)
      return to - at
    },
  }
}
