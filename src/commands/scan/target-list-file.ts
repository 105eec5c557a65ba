/**
 * `-I FILE`: a list of single addresses, or of (address, port) pairs when its lines have ports; one a line, in any order,
 * as many as memory holds (eight bytes each while it is read, six afterwards).
 */

import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'
import { formatCount } from '../../core/units.ts'
import { type CidrSet, fromSorted } from '../../targets/cidr-set.ts'
import { makePairParser, type PairList, selectPairs } from '../../targets/pair-list.ts'
import type { Terminal } from '../terminal.ts'

export interface TargetListOptions {
  path: string
  ignoreErrors: boolean
  /** What may be probed. */
  allowed: CidrSet
  terminal: Terminal
}

export type TargetListFile =
  | { kind: 'addresses'; addresses: CidrSet; notes: string[] }
  | { kind: 'pairs'; pairs: PairList; notes: string[] }

const CHUNK_BYTES = 1 << 20
const HAS_PORT = /^[ \t]*\d{1,3}(?:\.\d{1,3}){3}[ \t]*[:,; \t][ \t]*\d/m
const LINE_FEED = 10

const chunksOf = (path: string): AsyncIterable<Uint8Array> =>
  path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })

const sizeOf = (path: string): number => {
  try {
    return path === '-' ? 0 : statSync(path).size
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/** As many lines as the whole file seems to have, judged by its beginning. */
const expectedLines = (beginning: Uint8Array, bytes: number): number => {
  let lines = 1
  for (const byte of beginning) if (byte === LINE_FEED) lines += 1
  return Math.ceil((lines * Math.max(bytes, beginning.length) * 1.03) / Math.max(1, beginning.length))
}

const passedOver = (count: number, what: string): string[] => (count === 0 ? [] : [`${formatCount(count)} ${what}`])

/** Distinct addresses of sorted keys, as intervals. */
const intervalsOf = ({ addresses }: PairList): CidrSet => {
  const firsts = new Uint32Array(addresses.length)
  const lasts = new Uint32Array(addresses.length)
  let count = 0
  for (const address of addresses) {
    if (count > 0 && address <= lasts[count - 1]! + 1) lasts[count - 1] = address
    else {
      firsts[count] = address
      lasts[count] = address
      count += 1
    }
  }
  return fromSorted(firsts.slice(0, count), lasts.slice(0, count))
}

/** @throws InterplotError ERR_INPUT_FILE for a file or a line that can't be read, ERR_NO_TARGETS when nothing is left. */
export const readTargetList = async (options: TargetListOptions): Promise<TargetListFile> => {
  const { path, ignoreErrors, allowed, terminal } = options
  const origin = path === '-' ? 'standard input' : path
  const total = sizeOf(path)
  const progress = terminal.progress(`reading ${origin}`)
  let parser: ReturnType<typeof makePairParser> | undefined
  let withPorts = false
  let done = 0
  try {
    for await (const chunk of chunksOf(path)) {
      if (parser === undefined) {
        withPorts = HAS_PORT.test(new TextDecoder('latin1').decode(chunk))
        parser = makePairParser({ origin, expected: expectedLines(chunk, total), ignoreErrors, withPorts })
      }
      parser.feed(chunk)
      done += chunk.length
      progress({ done, unit: 'bytes', ...(total > 0 ? { total } : {}) })
    }
  } catch (cause) {
    throw systemErrorCode(cause) === undefined ? cause : fileError('ERR_INPUT_FILE', path, cause)
  } finally {
    terminal.clear()
  }
  const keys = parser?.end() ?? new Float64Array(0)
  const { pairs, repeated, leftOut } = selectPairs(keys, allowed)
  const what = withPorts ? 'pairs' : 'addresses'
  const notes = [
    ...passedOver(parser?.badLines ?? 0, `lines of ${origin} passed over`),
    ...passedOver(repeated, `${what} of ${origin} stand there more than once`),
    ...passedOver(leftOut, `${what} of ${origin} left out: they may not be probed`),
  ]
  if (pairs.addresses.length === 0) {
    throw new InterplotError('ERR_NO_TARGETS', `${origin} holds nothing that may be probed`, {
      advice:
        leftOut > 0
          ? 'Its addresses are on the blocklist, outside the allowlist or special-purpose (open those with --allow-special).'
          : 'Write an address, or an address and a port, in each line.',
    })
  }
  return withPorts ? { kind: 'pairs', pairs, notes } : { kind: 'addresses', addresses: intervalsOf(pairs), notes }
}

/** What a list of pairs is known by, to find out whether a file still holds the same one. */
export const fingerprintOf = ({ addresses, ports }: PairList): string => {
  const hash = createHash('sha256')
  // Views over shared memory are not taken; a piece at a time is copied.
  const pieces = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) hash.update(bytes.slice(from, from + CHUNK_BYTES))
  }
  pieces(new Uint8Array(addresses.buffer, addresses.byteOffset, addresses.byteLength))
  pieces(new Uint8Array(ports.buffer, ports.byteOffset, ports.byteLength))
  return hash.digest('hex')
}
