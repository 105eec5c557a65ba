/**
 * Lists of (address, port) pairs: targets that are no product of addresses and ports, such as the hits of an earlier scan.
 * The walk permutes their indices, so that they are visited in random order without repetition, whatever the list's order.
 *
 * A pair is first kept as one Number, address × 65536 + port: sorting these brings repeated pairs together. The finished
 * list is in shared memory, six bytes a pair, so that all threads read the one copy.
 */

import { InterplotError } from '../core/errors.ts'
import { type CidrSet, contains } from './cidr-set.ts'

export interface PairList {
  /** Pair i is addresses[i], ports[i]; ascending, each pair once. */
  readonly addresses: Uint32Array
  readonly ports: Uint16Array
}

export interface PairSelection {
  pairs: PairList
  /** Pairs that stood in the list more than once. */
  repeated: number
  /** Pairs whose address may not be probed. */
  leftOut: number
}

const PORTS = 65_536
/** More bytes than this in the line of a pair is no pair. */
const MAX_LINE_BYTES = 4096

/** Sorts `keys` in place. @param allowed what may be probed. */
export const selectPairs = (keys: Float64Array, allowed: CidrSet): PairSelection => {
  keys.sort()
  let kept = 0
  let repeated = 0
  let leftOut = 0
  let before = -1
  let address = -1
  let isAllowed = false
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!
    if (key === before) {
      repeated += 1
      continue
    }
    before = key
    const next = Math.floor(key / PORTS)
    if (next !== address) {
      address = next
      isAllowed = contains(allowed, address)
    }
    if (isAllowed) {
      keys[kept] = key
      kept += 1
    } else leftOut += 1
  }
  const addresses = new Uint32Array(new SharedArrayBuffer(kept * 4))
  const ports = new Uint16Array(new SharedArrayBuffer(kept * 2))
  for (let i = 0; i < kept; i += 1) {
    const key = keys[i]!
    addresses[i] = Math.floor(key / PORTS)
    ports[i] = key % PORTS
  }
  return { pairs: { addresses, ports }, repeated, leftOut }
}

export interface PairParser {
  /** Takes the next piece of the text, in any cut. @throws InterplotError ERR_INPUT_FILE with the line's number. */
  feed(bytes: Uint8Array): void
  /** To be called after the last piece. @returns all pairs as keys for `selectPairs`. */
  end(): Float64Array
  /** Lines that could not be read and were passed over. */
  readonly badLines: number
}

export interface PairParserOptions {
  /** The file's name, for messages. */
  origin: string
  /** Pairs to make room for at first; it grows. */
  expected: number
  /** Counts lines that are no pair instead of refusing them. */
  ignoreErrors: boolean
  /** False: the list is of addresses alone, which get port 0; what follows them is passed over. */
  withPorts: boolean
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const HASH = 35
const DOT = 46
const ZERO = 48

/** Space, tab, comma, colon, semicolon. */
const isSeparator = (byte: number): boolean => byte === 32 || byte === 9 || byte === 44 || byte === 58 || byte === 59
/** What may follow an address or a port. */
const isEnd = (byte: number): boolean => isSeparator(byte) || byte === CARRIAGE_RETURN || byte === HASH
const isLetter = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122

/** A pair in bytes[from … to-1]: its key; -1 for a blank line or a comment, -2 for anything else. */
const parsePair = (bytes: Uint8Array, from: number, to: number, withPorts: boolean): number => {
  let at = from
  while (at < to && (isSeparator(bytes[at]!) || bytes[at] === CARRIAGE_RETURN)) at += 1
  if (at === to || bytes[at] === HASH) return -1
  let address = 0
  for (let octet = 0; octet < 4; octet += 1) {
    let value = 0
    const start = at
    for (; at < to && at - start < 3; at += 1) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at === start || value > 255) return -2
    address = address * 256 + value
    if (octet < 3) {
      if (bytes[at] !== DOT || at >= to) return -2
      at += 1
    }
  }
  const afterAddress = at
  if (!withPorts) return at === to || isEnd(bytes[at]!) ? address * PORTS : -2
  while (at < to && isSeparator(bytes[at]!)) at += 1
  if (at === afterAddress) return -2
  let port = 0
  const start = at
  for (; at < to && at - start < 5; at += 1) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) break
    port = port * 10 + digit
  }
  if (at === start || port > 65_535) return -2
  // Further columns of a table may follow, after a separator.
  if (at < to && !isEnd(bytes[at]!)) return -2
  return address * PORTS + port
}

/**
 * Reads `192.0.2.1:80`, `192.0.2.1,80` or `192.0.2.1 80`, one a line, `#` for comments; a first line that begins with a
 * letter names columns. Further columns are passed over, so that the CSV of an earlier scan is a list of pairs.
 */
export const makePairParser = ({ origin, expected, ignoreErrors, withPorts }: PairParserOptions): PairParser => {
  let keys = new Float64Array(Math.max(1024, expected))
  let count = 0
  let line = 0
  let badLines = 0
  let rest: Uint8Array = new Uint8Array(0)

  const take = (bytes: Uint8Array, from: number, to: number): void => {
    line += 1
    const key = parsePair(bytes, from, to, withPorts)
    if (key >= 0) {
      if (count === keys.length) {
        const larger = new Float64Array(Math.ceil(keys.length * 1.5))
        larger.set(keys)
        keys = larger
      }
      keys[count] = key
      count += 1
    } else if (key === -2 && !(line === 1 && isLetter(bytes[from]!))) {
      if (!ignoreErrors) {
        const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 60))).trim()
        throw new InterplotError(
          'ERR_INPUT_FILE',
          `${origin}:${line}: "${text}" is not ${withPorts ? 'an address and a port' : 'an address'}`,
          {
            advice: withPorts ? 'Write 192.0.2.1:80 or 192.0.2.1,80, one a line.' : 'Write one address a line.',
          },
        )
      }
      badLines += 1
    }
  }

  const feed = (piece: Uint8Array): void => {
    let bytes = piece
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + piece.length)
      bytes.set(rest)
      bytes.set(piece, rest.length)
    }
    let from = 0
    for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
      take(bytes, from, to)
      from = to + 1
    }
    rest = bytes.slice(from)
    if (rest.length > MAX_LINE_BYTES) {
      throw new InterplotError('ERR_INPUT_FILE', `${origin}:${line + 1}: a line of more than ${MAX_LINE_BYTES} bytes`, {
        advice: 'A list of pairs is text with 192.0.2.1:80 in each line.',
      })
    }
  }

  return {
    feed,
    end() {
      if (rest.length > 0) take(rest, 0, rest.length)
      return keys.subarray(0, count)
    },
    get badLines() {
      return badLines
    },
  }
}
