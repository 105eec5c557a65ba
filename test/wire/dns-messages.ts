/** DNS responses, put together for tests. */

import { dnsNameBytes } from '../../src/wire/dns-name.ts'

const CLASS_AND_TTL = (ofClass: number, ttl: number): Uint8Array => {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(ofClass)
  bytes.writeUInt32BE(ttl, 2)
  return bytes
}
const TYPE = { A: 1, CNAME: 5, AAAA: 28 } as const

export interface TestRecord {
  name: string
  type: keyof typeof TYPE
  /** Hexadecimal, or a name for CNAME. */
  data: string
  ttl?: number
  class?: number
}

const record = ({ name, type, data, ttl = 60, class: ofClass = 1 }: TestRecord): Uint8Array => {
  const bytes = type === 'CNAME' ? dnsNameBytes(data)! : Buffer.from(data, 'hex')
  const head = [dnsNameBytes(name)!, Uint8Array.of(0, TYPE[type]), CLASS_AND_TTL(ofClass, ttl)]
  return Buffer.concat([...head, Uint8Array.of(bytes.length >>> 8, bytes.length), bytes])
}

export interface TestResponse {
  /** Absent: no question, as in multicast DNS. */
  question?: string | Uint8Array
  answers?: readonly TestRecord[]
  authorities?: readonly TestRecord[]
  additionals?: readonly TestRecord[]
  flags?: number
}

export const response = ({ question, flags = 0x8180, ...sections }: TestResponse): Uint8Array => {
  const { answers = [], authorities = [], additionals = [] } = sections
  const header = Buffer.alloc(12)
  const counts = [question === undefined ? 0 : 1, answers.length, authorities.length, additionals.length]
  header.writeUInt16BE(flags, 2)
  for (const [i, count] of counts.entries()) header.writeUInt16BE(count, 4 + 2 * i)
  const name = typeof question === 'string' ? dnsNameBytes(question)! : question
  const asked = name === undefined ? [] : [name, Uint8Array.of(0, 1, 0, 1)]
  return Buffer.concat([header, ...asked, ...[...answers, ...authorities, ...additionals].map(record)])
}
