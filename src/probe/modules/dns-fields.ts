/**
 * What DNS answers say, under zmap's names and in its structure: lists as JSON. Each field decodes the message when it is
 * asked for, so that a scan that writes addresses only never pays for it. Beyond zmap: data of more types are parsed, a TXT
 * of several strings is joined, types without a name are TYPE123, and answers that do not repeat the question are decoded, too.
 */

import { REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { type ReplyField, replyData, type Value } from '../../core/reply-field.ts'
import {
  type DnsHeader,
  type DnsQuestion,
  type DnsRecord,
  type DnsSections,
  readDnsHeader,
  readDnsSections,
} from '../../wire/dns-message.ts'
import { dnsTypeName } from '../../wire/dns-type.ts'
import { UDP_HEADER_BYTES } from '../../wire/udp.ts'

const headerField = (name: string, help: string, read: (header: DnsHeader) => number): ReplyField => ({
  name,
  help,
  type: 'int',
  get(batch, row) {
    const header = readDnsHeader(replyData(batch, row))
    return header === null ? null : read(header)
  },
})

const sectionField = (
  name: string,
  help: string,
  type: ReplyField['type'],
  read: (sections: DnsSections) => Value,
): ReplyField => ({
  name,
  help,
  type,
  get(batch, row) {
    const message = replyData(batch, row)
    const header = readDnsHeader(message)
    return header === null ? null : read(readDnsSections(message, header))
  },
})

const questionJson = ({ name, type, class: qclass }: DnsQuestion): object => ({
  name,
  qtype: type,
  qtype_str: dnsTypeName(type),
  qclass,
})

const recordJson = ({ name, type, class: recordClass, ttl, text, data }: DnsRecord): object => ({
  name,
  type,
  type_str: dnsTypeName(type),
  class: recordClass,
  ttl,
  rdlength: data.length,
  rdata_is_parsed: text === null ? 0 : 1,
  rdata: text ?? Buffer.from(data).toString('hex'),
})

const recordsField = (name: string, help: string, records: (sections: DnsSections) => DnsRecord[]): ReplyField =>
  sectionField(name, help, 'json', (sections) => JSON.stringify(records(sections).map(recordJson)))

export const dnsFields: readonly ReplyField[] = [
  {
    name: 'app_success',
    help: 'the answer repeats the question and reports no error',
    type: 'bool',
    get(batch, row) {
      const header = readDnsHeader(replyData(batch, row))
      if (header === null || (batch.flags[row]! & REPLY_SUCCESS) === 0) return false
      return header.qr === 1 && header.rcode === 0
    },
  },
  {
    name: 'udp_len',
    help: 'length of the answer, UDP header included',
    type: 'int',
    get: (batch, row) => (batch.dataLength[row] === 0 ? null : batch.dataLength[row]! + UDP_HEADER_BYTES),
  },
  headerField('dns_id', 'message id', ({ id }) => id),
  headerField('dns_rd', 'recursion desired', ({ rd }) => rd),
  headerField('dns_tc', 'truncated', ({ tc }) => tc),
  headerField('dns_aa', 'authoritative answer', ({ aa }) => aa),
  headerField('dns_opcode', 'kind of query', ({ opcode }) => opcode),
  headerField('dns_qr', '1 in a response', ({ qr }) => qr),
  headerField('dns_rcode', 'response code, 0 = no error', ({ rcode }) => rcode),
  headerField('dns_cd', 'checking disabled', ({ cd }) => cd),
  headerField('dns_ad', 'authentic data', ({ ad }) => ad),
  headerField('dns_z', 'reserved bit', ({ z }) => z),
  headerField('dns_ra', 'recursion available', ({ ra }) => ra),
  headerField('dns_qdcount', 'questions announced', ({ questionCount }) => questionCount),
  headerField('dns_ancount', 'answers announced', ({ answerCount }) => answerCount),
  headerField('dns_nscount', 'authority records announced', ({ authorityCount }) => authorityCount),
  headerField('dns_arcount', 'additional records announced', ({ additionalCount }) => additionalCount),
  sectionField('dns_questions', 'questions, decoded', 'json', ({ questions }) =>
    JSON.stringify(questions.map(questionJson)),
  ),
  recordsField('dns_answers', 'answers, decoded', ({ answers }) => answers),
  recordsField('dns_authorities', 'authority records, decoded', ({ authorities }) => authorities),
  recordsField('dns_additionals', 'additional records, decoded', ({ additionals }) => additionals),
  sectionField('dns_parse_err', '1 when the message is not as its header says', 'int', ({ complete }) =>
    complete ? 0 : 1,
  ),
  sectionField(
    'dns_unconsumed_bytes',
    'bytes behind what could be decoded',
    'int',
    ({ unconsumedBytes }) => unconsumedBytes,
  ),
  {
    name: 'raw_data',
    help: 'the whole message, in hexadecimal',
    type: 'binary',
    get: (batch, row) => Buffer.from(replyData(batch, row)).toString('hex') || null,
  },
]
