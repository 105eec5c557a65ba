/** DNS messages (RFC 1035, section 4; the bits of DNSSEC: RFC 4035). Reading goes as far as the message makes sense. */

import { readUint16, readUint32, writeUint16 } from './bytes.ts'
import { readDnsName } from './dns-name.ts'
import { readDnsRecordData } from './dns-record-data.ts'

export const DNS_HEADER_BYTES = 12

const OFFSET = { id: 0, flags: 2, questions: 4, answers: 6, authorities: 8, additionals: 10 } as const
const RECURSION_DESIRED = 0x0100
const INTERNET = 1
/** Type and class. */
const QUESTION_TAIL_BYTES = 4
/** Type, class, time to live, length of the data. */
const RECORD_TAIL_BYTES = 10

export interface DnsHeader {
  id: number
  /** 1 in a response. */
  qr: number
  opcode: number
  aa: number
  tc: number
  rd: number
  ra: number
  z: number
  ad: number
  cd: number
  rcode: number
  questionCount: number
  answerCount: number
  authorityCount: number
  additionalCount: number
}

export interface DnsQuestion {
  name: string
  type: number
  class: number
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  ttl: number
  /** As text, or null when the type has no text here or the data are malformed. */
  text: string | null
  /** As they came; names in them may point into the message. */
  data: Uint8Array
}

export interface DnsSections {
  questions: DnsQuestion[]
  answers: DnsRecord[]
  authorities: DnsRecord[]
  additionals: DnsRecord[]
  /** True when everything that the header announces is there and nothing else. */
  complete: boolean
  /** Bytes behind what could be read. */
  unconsumedBytes: number
}

/** A query with one question of the class IN, its id 0. @param name on the wire. */
export const dnsQuery = (name: Uint8Array, type: number, recursionDesired: boolean): Uint8Array => {
  const query = new Uint8Array(DNS_HEADER_BYTES + name.length + QUESTION_TAIL_BYTES)
  writeUint16(query, OFFSET.flags, recursionDesired ? RECURSION_DESIRED : 0)
  writeUint16(query, OFFSET.questions, 1)
  query.set(name, DNS_HEADER_BYTES)
  writeUint16(query, DNS_HEADER_BYTES + name.length, type)
  writeUint16(query, DNS_HEADER_BYTES + name.length + 2, INTERNET)
  return query
}

/** The header of a message, or null. */
export const readDnsHeader = (message: Uint8Array): DnsHeader | null => {
  if (message.length < DNS_HEADER_BYTES) return null
  const flags = readUint16(message, OFFSET.flags)
  const bit = (place: number): number => (flags >>> place) & 1
  return {
    id: readUint16(message, OFFSET.id),
    qr: bit(15),
    opcode: (flags >>> 11) & 15,
    aa: bit(10),
    tc: bit(9),
    rd: bit(8),
    ra: bit(7),
    z: bit(6),
    ad: bit(5),
    cd: bit(4),
    rcode: flags & 15,
    questionCount: readUint16(message, OFFSET.questions),
    answerCount: readUint16(message, OFFSET.answers),
    authorityCount: readUint16(message, OFFSET.authorities),
    additionalCount: readUint16(message, OFFSET.additionals),
  }
}

interface Found<T> {
  entry: T
  next: number
}

const readQuestion = (message: Uint8Array, at: number): Found<DnsQuestion> | null => {
  const name = readDnsName(message, at)
  if (name === null || name.next + QUESTION_TAIL_BYTES > message.length) return null
  const entry = { name: name.text, type: readUint16(message, name.next), class: readUint16(message, name.next + 2) }
  return { entry, next: name.next + QUESTION_TAIL_BYTES }
}

const readRecord = (message: Uint8Array, at: number): Found<DnsRecord> | null => {
  const name = readDnsName(message, at)
  if (name === null || name.next + RECORD_TAIL_BYTES > message.length) return null
  const tail = name.next
  const from = tail + RECORD_TAIL_BYTES
  const end = from + readUint16(message, tail + 8)
  if (end > message.length) return null
  const type = readUint16(message, tail)
  const entry = {
    name: name.text,
    type,
    class: readUint16(message, tail + 2),
    ttl: readUint32(message, tail + 4),
    text: readDnsRecordData(message, type, from, end),
    data: message.subarray(from, end),
  }
  return { entry, next: end }
}

/** All sections, as far as they can be read. */
export const readDnsSections = (message: Uint8Array, header: DnsHeader): DnsSections => {
  let at = DNS_HEADER_BYTES
  let failed = false
  const section = <T>(count: number, read: (message: Uint8Array, at: number) => Found<T> | null): T[] => {
    const entries: T[] = []
    for (let i = 0; i < count && !failed; i += 1) {
      const found = read(message, at)
      if (found === null) failed = true
      else {
        entries.push(found.entry)
        at = found.next
      }
    }
    return entries
  }
  const questions = section(header.questionCount, readQuestion)
  const answers = section(header.answerCount, readRecord)
  const authorities = section(header.authorityCount, readRecord)
  const additionals = section(header.additionalCount, readRecord)
  const unconsumedBytes = message.length - at
  return { questions, answers, authorities, additionals, complete: !failed && unconsumedBytes === 0, unconsumedBytes }
}
