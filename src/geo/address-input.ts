/**
 * Addresses out of text that other programs wrote: a list, CSV with or without a header, one JSON object a line (or our
 * own JSON array), what fail2ban says. Streaming, in chunks: what has come is handed on before more is waited for, so that a slow pipe is
 * answered line by line. A line that is not understood is counted and the first few are reported with their numbers, it
 * does not stop the rest.
 */

import type { Readable } from 'node:stream'
import { splitCsv } from '../core/csv-record.ts'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { type IpAddress, type Ipv6, isIpv4 } from '../core/ip.ts'
import { lineBatchesOf } from '../core/text-lines.ts'
import { type LineForm, type LineOptions, lineFormOf, PROBLEM_TEXT_MAX } from './address-line.ts'

/** At most so many a chunk. */
const CHUNK_ADDRESSES = 65_536
const PROBLEMS_KEPT = 10

export interface AddressInputOptions extends LineOptions {
  /** What to call the input in messages. */
  name?: string
  /** Also hand on the lines in which the addresses stand. */
  keepLines?: boolean
}

export interface AddressChunk {
  /** In the order of the input, repetitions included. */
  ipv4: Uint32Array
  ipv6: Ipv6[]
  /** For each address, in the order of the input, 4 or 6. */
  families: Uint8Array
  /** With `keepLines`: the line of each. */
  lines: string[]
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
  /** The last line looked at, from 1. */
  readonly lineNumber: number
  /** How the input is written; null before its first line was read. */
  readonly format: LineForm['format'] | null
  /** The first line where it names the columns of a CSV. */
  readonly header: string | null
}

/** Addresses as they come, until there is a chunk of them. */
class ChunkBuilder {
  readonly #ipv4 = new Uint32Array(CHUNK_ADDRESSES)
  readonly #families = new Uint8Array(CHUNK_ADDRESSES)
  #ipv4Count = 0
  #ipv6: Ipv6[] = []
  #lines: string[] = []

  get count(): number {
    return this.#ipv4Count + this.#ipv6.length
  }

  add(address: IpAddress, line: string | null): void {
    this.#families[this.count] = isIpv4(address) ? 4 : 6
    if (line !== null) this.#lines.push(line)
    if (isIpv4(address)) {
      this.#ipv4[this.#ipv4Count] = address
      this.#ipv4Count += 1
    } else this.#ipv6.push(address)
  }

  take(): AddressChunk {
    const { count } = this
    const chunk = {
      ipv4: this.#ipv4.slice(0, this.#ipv4Count),
      ipv6: this.#ipv6,
      families: this.#families.slice(0, count),
      lines: this.#lines,
    }
    this.#ipv4Count = 0
    this.#ipv6 = []
    this.#lines = []
    return chunk
  }
}

/** A reader of the addresses in `input`. */
export const makeAddressReader = (input: Readable, options: AddressInputOptions = {}): AddressReader => {
  const name = options.name ?? 'the input'
  const problems: InputProblem[] = []
  let problemCount = 0
  let lineNumber = 0
  let form: LineForm | undefined
  let header: string | null = null
  const report = (line: number, text: string, reason: string): void => {
    problemCount += 1
    if (problems.length < PROBLEMS_KEPT) problems.push({ line, text: text.slice(0, PROBLEM_TEXT_MAX), reason })
  }
  const keeps = options.keepLines === true
  let width: number | undefined
  /** Columns behind such a row would stand below other names. */
  const isTooWide = ({ format }: LineForm, line: string): boolean => {
    if (format !== 'csv') return false
    const fields = splitCsv(line)?.length ?? 0
    width ??= fields
    return fields > width
  }
  async function* read(): AsyncIterableIterator<AddressChunk> {
    const builder = new ChunkBuilder()
    for await (const lines of lineBatchesOf(input, name)) {
      for (const { line, number } of lines) {
        lineNumber = number
        const isFirst = form === undefined
        form ??= lineFormOf(name, line, options)
        const found = keeps && isTooWide(form, line) ? 'more fields than the first line' : form.parse(line)
        if (found === null && isFirst && form.format === 'csv') header = line
        if (found === null) continue
        for (const each of typeof found === 'object' ? found : [found]) {
          if (typeof each === 'string') report(number, line, each)
          else builder.add(each, keeps ? line : null)
          if (builder.count === CHUNK_ADDRESSES) yield builder.take()
        }
      }
      if (builder.count > 0) yield builder.take()
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
    get lineNumber() {
      return lineNumber
    },
    get format() {
      return form?.format ?? null
    },
    get header() {
      return header
    },
  }
}
