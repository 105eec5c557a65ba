/**
 * Which name led to which address, out of DNS responses (RFC 1035): the address goes by the name that was asked for, not by those at the
 * end of a chain of CNAMEs (section 3.6.2 of RFC 1034). Multicast DNS (RFC 6762) answers without a question; there, the record's
 * own name counts, also of additional records (section 7.1 tells of addresses there). LLMNR (RFC 4795) has the form of DNS.
 */

import { type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from './bytes.ts'
import { type DnsHeader, type DnsRecord, readDnsHeader, readDnsSections } from './dns-message.ts'
import { hostNameOf } from './host-name.ts'

const RECORDS_MAX = 64
const CHAIN_MAX = 16
const TYPE = { a: 1, cname: 5, aaaa: 28 } as const
const INTERNET = 1
/** The upper bit of a class tells caches of multicast DNS to forget what they had (RFC 6762, section 10.2). */
const CLASS_MASK = 0x7fff
/** Before each message over TCP (RFC 1035, section 4.2.2). */
const LENGTH_BYTES = 2

export interface AddressName {
  address: IpAddress
  /** What was asked for, in lower case. */
  name: string
  ttlSeconds: number
}

const addressOf = ({ type, class: ofClass, data }: DnsRecord): IpAddress | null => {
  if ((ofClass & CLASS_MASK) !== INTERNET) return null
  if (type === TYPE.a && data.length === 4) return ipv4(readUint32(data, 0))
  return type === TYPE.aaaa && data.length === 16 ? ipv6FromBytes(data) : null
}

/** The names, in lower case, that the records lead to from `asked`, itself included. */
const chainOf = (asked: string, records: readonly DnsRecord[]): Set<string> => {
  const aliases = new Map<string, string>()
  for (const { type, name, text } of records) {
    if (type === TYPE.cname && text !== null) aliases.set(name.toLowerCase(), text.replace(/\.$/, '').toLowerCase())
  }
  const chain = new Set<string>()
  for (let name: string | undefined = asked; name !== undefined && chain.size <= CHAIN_MAX; name = aliases.get(name)) {
    if (chain.has(name)) break
    chain.add(name)
  }
  return chain
}

/** No more of the message is read than this; later sections cannot be found when earlier ones are not read to their ends. */
const bounded = (header: DnsHeader): DnsHeader => {
  const { questionCount, answerCount, authorityCount, additionalCount } = header
  const total = answerCount + authorityCount + additionalCount
  if (questionCount === 0 && total <= RECORDS_MAX) return header
  return { ...header, answerCount: Math.min(answerCount, RECORDS_MAX), authorityCount: 0, additionalCount: 0 }
}

const namesOf = (records: readonly DnsRecord[], nameFor: (owner: string) => string | null): AddressName[] => {
  const names: AddressName[] = []
  for (const record of records) {
    const address = addressOf(record)
    const name = address === null ? null : nameFor(record.name.toLowerCase())
    if (address !== null && name !== null) names.push({ address, name, ttlSeconds: record.ttl })
  }
  return names
}

/**
 * Addresses with their names, at most 64, out of one message as it is in a UDP datagram. As many as can be read of a message that is cut short.
 * @returns null for what is no answer: a query, an error, a name that cannot be shown, several questions.
 */
export const readDnsAnswerNames = (bytes: Uint8Array, offset: number, length: number): AddressName[] | null => {
  const message = bytes.subarray(offset, offset + length)
  const header = readDnsHeader(message)
  if (header === null || header.qr !== 1 || header.opcode !== 0 || header.rcode !== 0) return null
  if (header.questionCount > 1 || header.answerCount === 0) return null
  const { questions, answers, additionals } = readDnsSections(message, bounded(header))
  if (header.questionCount === 0) return namesOf([...answers, ...additionals], hostNameOf)
  const [question] = questions
  const asked = question === undefined ? null : hostNameOf(question.name)
  if (asked === null) return null
  const chain = chainOf(asked, answers)
  return namesOf(answers, (owner) => (chain.has(owner) ? asked : null))
}

/** The same for a piece of a TCP stream that begins with a message's length; a last message that is cut short is read as far as it goes. */
export const readDnsStreamNames = (bytes: Uint8Array, offset: number, length: number): AddressName[] | null => {
  const end = offset + length
  const names: AddressName[] = []
  let answers = 0
  for (let at = offset; at + LENGTH_BYTES < end && names.length < RECORDS_MAX; ) {
    const from = at + LENGTH_BYTES
    const next = from + readUint16(bytes, at)
    const found = readDnsAnswerNames(bytes, from, Math.min(next, end) - from)
    if (found !== null) {
      answers += 1
      names.push(...found.slice(0, RECORDS_MAX - names.length))
    }
    at = next
  }
  return answers === 0 ? null : names
}
