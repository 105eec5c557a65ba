/** Fields of a stranger's JSON: the value if it is what it should be, else undefined. */

import { type IpAddress, parseIp } from '../../../core/ip.ts'
import { printableText } from '../../../core/printable-text.ts'
import type { TraceHop } from '../../../core/trace.ts'
import type { JsonObject } from './contract.ts'

/** 1970 … 2200: what lies outside is no time of a trace. */
const LAST_US = 7.26e15
/** An hour: longer is no round trip. */
const LONGEST_RTT_US = 3.6e9

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

export const wholeIn = (value: unknown, least: number, most: number): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined

export const byte = (value: unknown): number | undefined => wholeIn(value, 0, 255)

/** 1 … 255 */
export const ttlOf = (value: unknown): number | undefined => wholeIn(value, 1, 255)

export const addressOf = (value: unknown): IpAddress | undefined =>
  typeof value === 'string' ? (parseIp(value.replace(/%.*$/, '')) ?? undefined) : undefined

export const timeUs = (value: number): number | undefined =>
  value > 0 && value < LAST_US ? Math.round(value) : undefined

/** A number, also as text, else NaN: an object of JSON may have a `toString` of its own that is no function. */
export const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN

/** A text or a number as text, else ''. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** What a table says of a word of its own: `constructor` is none. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined

/** Milliseconds, possibly as text → µs. */
export const rttUs = (value: unknown): number | undefined => {
  const ms = numberOf(value)
  if (!(ms >= 0)) return undefined
  const us = Math.round(ms * 1000)
  return us <= LONGEST_RTT_US ? us : undefined
}

/** A name, without what steers a terminal. */
export const nameOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? printableText(value.trim()) : undefined

export const silentHop = (ttl: number, attempt: number): TraceHop => ({
  ...{ ttl, attempt, address: null, rttUs: null, icmpType: null, icmpCode: null, replyTtl: null },
})
