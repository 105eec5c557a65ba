/**
 * Addresses out of text that other programs wrote: a list, CSV with or without a header, one JSON object a line (or our
 * own JSON array). Streaming, in chunks; a line that is not understood is counted and the first few are reported with
 * their numbers, it does not stop the rest.
 */

import type { Readable } from 'node:stream'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { type IpAddress, type Ipv6, isIpv4, parseIp } from '../core/ip.ts'

const CHUNK_ADDRESSES = 65_536
const LINE_MAX = 1024 * 1024
const PROBLEMS_KEPT = 10
const PROBLEM_TEXT_MAX = 80

/** Column and key names that mean "the address", in order of preference. */
const ADDRESS_NAMES = ['saddr', 'ip', 'address', 'ip_address', 'ipaddress', 'addr', 'host', 'target'] as const

export type InputFormat = 'auto' | 'text' | 'csv' | 'ndjson'

export interface AddressInputOptions {
  /** How the input is written; found out from its first line unless said. */
  format?: InputFormat
  /** Column (by name, or by number from 1) or key that holds the address. */
  column?: string
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
  /** @throws InterplotError ERR_INPUT_FILE when it cannot be read or is no text, or the named column is not there. */
  chunks(): AsyncIterableIterator<AddressChunk>
  /** Lines not understood, in all; valid while and after reading. */
  readonly problemCount: number
  /** The first ten of them. */
  readonly problems: readonly InputProblem[]
}

/** One line → an address, null for a line without one to expect (a header), or the reason why not. */
type LineParser = (line: string) => IpAddress | null | string

const named = (value: unknown): IpAddress | string => {
  if (typeof value !== 'string') return 'no address'
  return parseIp(value.trim()) ?? 'not an IP address'
}

const parseText: LineParser = (line) => named(line.split(/[\s#]/, 1)[0])

/** The fields of one CSV record (RFC 4180); null when a quote is not closed. */
export const splitCsv = (line: string): string[] | null => {
  if (!line.includes('"')) return line.split(',')
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      let field = ''
      let close = line.indexOf('"', at + 1)
      let from = at + 1
      while (close >= 0 && line[close + 1] === '"') {
        field += line.slice(from, close + 1)
        from = close + 2
        close = line.indexOf('"', from)
      }
      if (close < 0) return null
      fields.push(field + line.slice(from, close))
      at = close + 1
    } else {
      const comma = line.indexOf(',', at)
      const end = comma < 0 ? line.length : comma
      fields.push(line.slice(at, end))
      at = end
    }
    if (at >= line.length) return fields
    if (line[at] !== ',') return null
    at += 1
  }
}

const makeCsvParser = (name: string, firstLine: string, column: string | undefined): LineParser => {
  const first = (splitCsv(firstLine) ?? []).map((field) => field.trim())
  const lower = first.map((field) => field.toLowerCase())
  let index = -1
  if (column !== undefined) {
    index = lower.indexOf(column.toLowerCase())
    if (index < 0 && /^[1-9]\d{0,3}$/.test(column)) index = Number(column) - 1
  } else {
    const known = ADDRESS_NAMES.find((each) => lower.includes(each))
    index = known === undefined ? first.findIndex((field) => parseIp(field) !== null) : lower.indexOf(known)
  }
  if (index < 0) {
    const wanted = column === undefined ? `${ADDRESS_NAMES.slice(0, 3).join(', ')}, …` : column
    throw new InterplotError('ERR_INPUT_FILE', `${name} has no column of addresses (${wanted})`, {
      advice: `Its first line is: ${first.join(', ').slice(0, PROBLEM_TEXT_MAX)}. Name the column, or its number.`,
    })
  }
  let isFirst = true
  return (line) => {
    const fields = splitCsv(line)
    if (fields === null) return 'a quote is not closed'
    const address = named(fields[index])
    const isHeader = isFirst && typeof address === 'string'
    isFirst = false
    return isHeader ? null : address
  }
}

const makeJsonParser =
  (column: string | undefined): LineParser =>
  (line) => {
    // The brackets and commas of a JSON array that has its objects one a line.
    const text = line
      .replace(/^\[/, '')
      .replace(/[\],]\s*$/, '')
      .trim()
    if (text === '') return null
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return 'not JSON'
    }
    if (typeof value === 'string') return named(value)
    if (typeof value !== 'object' || value === null) return 'not a JSON object'
    const names = column === undefined ? ADDRESS_NAMES : [column]
    const entry = Object.entries(value).find(([key]) => names.some((name) => name === key))
    return entry === undefined ? `no ${names.slice(0, 3).join(' or ')}` : named(entry[1])
  }

const guessFormat = (line: string): Exclude<InputFormat, 'auto'> => {
  if (/^[{[]/.test(line)) return 'ndjson'
  const fields = line.split(',').map((field) => field.trim().replaceAll('"', '').toLowerCase())
  if (fields.length > 1) return 'csv'
  return ADDRESS_NAMES.some((name) => name === fields[0]) ? 'csv' : 'text'
}

const makeParser = (name: string, firstLine: string, options: AddressInputOptions): LineParser => {
  const asked = options.format ?? 'auto'
  const format = asked === 'auto' ? (options.column === undefined ? guessFormat(firstLine) : 'csv') : asked
  if (format === 'ndjson' || (asked === 'auto' && /^[{[]/.test(firstLine))) return makeJsonParser(options.column)
  return format === 'csv' ? makeCsvParser(name, firstLine, options.column) : parseText
}

/** Lines with their numbers, without line ends and byte order mark; blank lines and comments are left out. */
async function* linesOf(input: Readable, name: string): AsyncIterableIterator<{ line: string; number: number }> {
  let rest = ''
  let number = 0
  const significant = (line: string): string => {
    const trimmed = (number === 1 ? line.replace(/^\uFEFF/, '') : line).trim()
    return trimmed.startsWith('#') ? '' : trimmed
  }
  const decoder = new TextDecoder()
  for await (const chunk of input) {
    const text: string = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.includes('\0')) {
      throw new InterplotError('ERR_INPUT_FILE', `${name} is not text`, {
        advice: 'Give a list of addresses, CSV, or one JSON object a line.',
      })
    }
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_MAX) {
      throw new InterplotError('ERR_INPUT_FILE', `${name}: line ${number + lines.length + 1} is longer than 1 MiB`, {
        advice: 'Give a list of addresses, CSV, or one JSON object a line.',
      })
    }
    for (const each of lines) {
      number += 1
      const line = significant(each)
      if (line !== '') yield { line, number }
    }
  }
  number += 1
  const line = significant(rest + decoder.decode())
  if (line !== '') yield { line, number }
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
    let ipv4 = new Uint32Array(CHUNK_ADDRESSES)
    let ipv4Count = 0
    let ipv6: Ipv6[] = []
    for await (const { line, number } of linesOf(input, name)) {
      parse ??= makeParser(name, line, options)
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
      if (ipv4Count + ipv6.length === CHUNK_ADDRESSES) {
        yield { ipv4: ipv4.subarray(0, ipv4Count), ipv6 }
        ipv4 = new Uint32Array(CHUNK_ADDRESSES)
        ipv4Count = 0
        ipv6 = []
      }
    }
    if (ipv4Count + ipv6.length > 0) yield { ipv4: ipv4.subarray(0, ipv4Count), ipv6 }
  }
  async function* chunks(): AsyncIterableIterator<AddressChunk> {
    try {
      yield* read()
    } catch (cause) {
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
