/**
 * What a server says of an address → a place, by the same rules as a database's records. The words come from a stranger:
 * what no place needs is left out, and no text with control characters or the person's key in it is kept.
 */

import { type IpAddress, ipv4, isIpv4, parseIp } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { MmdbValue } from '../mmdb-value.ts'
import { placeFromRecord } from '../record.ts'
import type { AddressAnswer } from './service.ts'

const TEXT_MAX = 200

/** Names as `placeFromRecord` knows them. */
export interface AnswerFields {
  latitude?: unknown
  longitude?: unknown
  accuracy_km?: unknown
  continent_code?: unknown
  country_code?: unknown
  country_name?: unknown
  region?: unknown
  city?: unknown
  postal_code?: unknown
  time_zone?: unknown
  geoname_id?: unknown
  asn?: unknown
  isp?: unknown
}

/** A server's words for a message: printable, short, without the key. */
export const quoted = (words: unknown, key: string | null): string => {
  if (typeof words !== 'string') return ''
  let text = words
  for (const secret of key === null ? [] : [key, encodeURIComponent(key)]) text = text.replaceAll(secret, '[key]')
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX)
}

const kept = (value: unknown, key: string | null): MmdbValue | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.length > TEXT_MAX || /[\p{Cc}]/u.test(value)) return undefined
  return key !== null && key.length >= 8 && value.includes(key) ? undefined : value
}

export const answerPlace = (fields: AnswerFields, key: string | null): Place | null => {
  const record = new Map<string, MmdbValue>()
  for (const [name, value] of Object.entries(fields)) {
    const usable = kept(value, key)
    if (usable !== undefined) record.set(name, usable)
  }
  return placeFromRecord(record)
}

/** `::ffff:192.0.2.1` and `192.0.2.1` are one address (RFC 4291 section 2.5.5.2). */
export const plainAddress = (address: IpAddress): IpAddress =>
  !isIpv4(address) && address >> 32n === 0xffffn ? ipv4(Number(address & 0xffff_ffffn)) : address

/** Whether what the answer calls its address is the one that was asked. */
export const isFor = (asked: IpAddress, named: unknown): boolean => {
  const address = typeof named === 'string' ? parseIp(named.trim()) : null
  return address !== null && plainAddress(address) === plainAddress(asked)
}

export const ANOTHER_ADDRESS: AddressAnswer = { failure: 'answer for another address', again: true }
export const UNKNOWN_SHAPE: AddressAnswer = { failure: 'answer in another shape', again: true }
