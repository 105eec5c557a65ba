/**
 * Addresses out of text that other programs wrote: a list, CSV with or without a header, one JSON object a line (or our
 * own JSON array). Streaming, in chunks: what has come is handed on before more is waited for, so that a slow pipe is
 * answered line by line. A line that is not understood is counted and the first few are reported with their numbers, it
 * does not stop the rest.
 */

import type { Readable } from 'node:stream'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { type Ipv6, isIpv4 } from '../core/ip.ts'
import { lineBatchesOf } from '../core/text-lines.ts'
import { type LineOptions, type LineParser, makeLineParser, PROBLEM_TEXT_MAX } from './address-line.ts'

/** At most so many a chunk. */
const CHUNK_ADDRESSES = 65_536
const PROBLEMS_KEPT = 10

export interface AddressInputOptions extends LineOptions {
  /** What to call the input in messages. */
  name?: string
}

export interface AddressChunk {
  /** In the order of the input, repetitions included. */
  ipv4: Uint32Array
  ipv6: Ipv6[]
}

export interface InputProblem {
  /** From 1. */
  line: number
  /** The line's beginning. */
  text: string
  reason: string
}

export interface AddressReader {
  /**
   * @param endedEarly true once somebody destroyed the input on purpose: its end is then no failure.
   * @throws InterplotError ERR_INPUT_FILE when it cannot be read or is no text, or the named column is not there.
   */
  chunks(endedEarly?: () => boolean): AsyncIterableIterator<AddressChunk>
  /** Lines not understood, in all; valid while and after reading. */
  readonly problemCount: number
  /** The first ten of them. */
  readonly problems: readonly InputProblem[]
}

/** A reader of the addresses in `input`. */
export const makeAddressReader = (input: Readable, options: AddressInputOptions = {}): AddressReader => {
  const name = options.name ?? 'the input'
  const problems: InputProblem[] = []
  let problemCount = 0
  const report = (line: number, text: string, reason: string): void => {
    problemCount += 1
    if (problems.length < PROBLEMS_KEPT) problems.push({ line, text: text.slice(0, PROBLEM_TEXT_MAX), reason })
  }
  async function* read(): AsyncIterableIterator<AddressChunk> {
    let parse: LineParser | undefined
    const ipv4 = new Uint32Array(CHUNK_ADDRESSES)
    let ipv4Count = 0
    let ipv6: Ipv6[] = []
    const take = (): AddressChunk => {
      const chunk = { ipv4: ipv4.slice(0, ipv4Count), ipv6 }
      ipv4Count = 0
      ipv6 = []
      return chunk
    }
    for await (const lines of lineBatchesOf(input, name)) {
      for (const { line, number } of lines) {
        parse ??= makeLineParser(name, line, options)
        const address = parse(line)
        if (address === null) continue
        if (typeof address === 'string') {
          report(number, line, address)
          continue
        }
        if (isIpv4(address)) {
          ipv4[ipv4Count] = address
          ipv4Count += 1
        } else {
          ipv6.push(address)
        }
        if (ipv4Count + ipv6.length === CHUNK_ADDRESSES) yield take()
      }
      if (ipv4Count + ipv6.length > 0) yield take()
    }
  }
  async function* chunks(endedEarly = (): boolean => false): AsyncIterableIterator<AddressChunk> {
    try {
      yield* read()
    } catch (cause) {
      if (endedEarly() && systemErrorCode(cause) === 'ERR_STREAM_PREMATURE_CLOSE') return
      throw systemErrorCode(cause) === undefined || cause instanceof InterplotError
        ? cause
        : fileError('ERR_INPUT_FILE', name, cause)
    }
  }
  return {
    chunks,
    get problemCount() {
      return problemCount
    },
    problems,
  }
}
