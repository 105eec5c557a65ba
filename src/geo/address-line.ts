/** One line of a list, of CSV (RFC 4180), of JSON objects or of what fail2ban says → the addresses in it. */

import { splitCsv } from '../core/csv-record.ts'
import { InterplotError } from '../core/errors.ts'
import { type IpAddress, parseIp } from '../core/ip.ts'
import { isFail2banLine, parseFail2ban } from './fail2ban-line.ts'

/** How much of a line a message repeats. */
export const PROBLEM_TEXT_MAX = 80

/** Column and key names that mean "the address", in order of preference. */
const ADDRESS_NAMES = ['saddr', 'ip', 'address', 'ip_address', 'ipaddress', 'addr', 'host', 'target'] as const

export const INPUT_FORMATS = ['auto', 'text', 'csv', 'ndjson', 'fail2ban'] as const
export type InputFormat = (typeof INPUT_FORMATS)[number]

export interface LineOptions {
  /** How the input is written; found out from its first line unless said. */
  format?: InputFormat
  /** Column (by name, or by number from 1) or key that holds the address. */
  column?: string
}

/** One line → an address or several, null for a line without one to expect (a header), or the reason why not. */
export type LineParser = (line: string) => IpAddress | readonly (IpAddress | string)[] | null | string

export interface LineForm {
  readonly format: Exclude<InputFormat, 'auto'>
  readonly parse: LineParser
}

const named = (value: unknown): IpAddress | string => {
  if (typeof value !== 'string') return 'no address'
  return parseIp(value.trim()) ?? 'not an IP address'
}

const parseText: LineParser = (line) => named(line.split(/[\s#]/, 1)[0])

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

/** Without the brackets and commas of a JSON array that has its objects one a line. */
export const jsonLine = (line: string): string =>
  line
    .replace(/^\[/, '')
    .replace(/[\],]\s*$/, '')
    .trim()

const makeJsonParser =
  (column: string | undefined): LineParser =>
  (line) => {
    const text = jsonLine(line)
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
  if (isFail2banLine(line)) return 'fail2ban'
  if (/^[{[]/.test(line)) return 'ndjson'
  if (line.startsWith('"')) return 'csv'
  const fields = line.split(',').map((field) => field.trim().replaceAll('"', '').toLowerCase())
  if (fields.length > 1) return 'csv'
  return ADDRESS_NAMES.some((name) => name === fields[0]) ? 'csv' : 'text'
}

/** How an input that begins with `firstLine` is read. @throws InterplotError ERR_INPUT_FILE without the column asked for */
export const lineFormOf = (name: string, firstLine: string, options: LineOptions): LineForm => {
  const asked = options.format ?? 'auto'
  const guessed = guessFormat(firstLine)
  // A column is named for a table: what is no JSON then is CSV.
  const format = asked !== 'auto' ? asked : options.column === undefined || guessed === 'ndjson' ? guessed : 'csv'
  const parsers = {
    text: () => parseText,
    csv: () => makeCsvParser(name, firstLine, options.column),
    ndjson: () => makeJsonParser(options.column),
    fail2ban: () => parseFail2ban,
  }
  return { format, parse: parsers[format]() }
}
