/**
 * DNS queries (RFC 1035) of any type: who answers questions, and what. The message id carries 16 bits of the cookie besides
 * those in the source port. An answer is a success when it repeats the question (letters of either case, RFC 4343), and
 * one of the application's (`app_success`) when it is a response without an error.
 */

import { InterplotError } from '../../core/errors.ts'
import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { DNS_HEADER_BYTES, dnsQuery } from '../../wire/dns-message.ts'
import { dnsNameBytes } from '../../wire/dns-name.ts'
import { parseDnsType } from '../../wire/dns-type.ts'
import { MAX_QUESTIONS } from '../dedup.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { dnsFields } from './dns-fields.ts'
import { wrongArgs } from './probe-args.ts'
import { holdsProof, prepareUdpProbe, setClass, UDP_KEPT_BYTES } from './udp-probe.ts'

const DNS = CLASSIFICATIONS.indexOf('dns')
const DEFAULT_ARGS = 'A,www.google.com'
const ARGS_HELP = [
  'TYPE,NAME, what to ask: A,example.com or HTTPS,example.com or TYPE65,example.com',
  `several, with semicolons between, are asked one probe each: A,example.com;MX,example.com (default: ${DEFAULT_ARGS})`,
  'TYPE:rn,NAME asks without recursion: NS:rn,example.com',
].join('\n')
const NO_RECURSION = 'rn'
/** Type and class, which are compared exactly. */
const QUESTION_TAIL_BYTES = 4

const splitQueries = (args: string): string[] => args.replace(/;$/, '').split(';')

const queryOf = (text: string, args: string): Uint8Array => {
  const [, typeText = '', flag, nameText = ''] = /^([^,:]+)(?::([^,]*))?,(.+)$/.exec(text.trim()) ?? []
  const type = parseDnsType(typeText)
  const name = dnsNameBytes(nameText)
  if (type === null || name === null || (flag !== undefined && flag !== NO_RECURSION)) {
    throw wrongArgs('dns', args, ARGS_HELP)
  }
  return dnsQuery(name, type, flag === undefined)
}

const isLetter = (byte: number): boolean => {
  const lower = byte | 32
  return lower >= 97 && lower <= 122
}

/** Whether the message at `from` repeats the question of the query. */
const repeatsQuestion = (bytes: Uint8Array, from: number, end: number, query: Uint8Array): boolean => {
  if (end - from < query.length) return false
  const nameEnd = query.length - QUESTION_TAIL_BYTES
  for (let i = DNS_HEADER_BYTES; i < query.length; i += 1) {
    const difference = bytes[from + i]! ^ query[i]!
    if (difference === 0) continue
    if (difference !== 32 || i >= nameEnd || !isLetter(query[i]!)) return false
  }
  return true
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  const args = setup.args ?? DEFAULT_ARGS
  const queries = splitQueries(args).map((text) => queryOf(text, args))
  if (queries.length > MAX_QUESTIONS) {
    throw new InterplotError('ERR_USAGE', `${queries.length} questions to each target are too many`, {
      advice: `Ask ${MAX_QUESTIONS} at most, and the others in another scan.`,
    })
  }
  if (setup.copies % queries.length !== 0) {
    throw new InterplotError(
      'ERR_USAGE',
      `${queries.length} questions need a multiple of as many probes to each target`,
      {
        advice: `Leave --probes out, or say --probes ${queries.length}.`,
      },
    )
  }
  return prepareUdpProbe(setup, {
    payloads: queries,
    proof: { at: 0, bytes: 2 },
    judge({ bytes, from, end, copy, cookie }, span, batch, row) {
      if (end - from < DNS_HEADER_BYTES) return 'malformed'
      if (!holdsProof(bytes, from, 2, cookie)) return 'cookie'
      const asked = queries.findIndex((query) => repeatsQuestion(bytes, from, end, query))
      span.question = asked < 0 ? copy % queries.length : asked
      return setClass(batch, row, DNS, asked >= 0)
    },
  })
}

export const dns: ProbeModule = {
  name: 'dns',
  help: 'DNS query to each port: who answers, and what',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['dns'],
  argsHelp: ARGS_HELP,
  probesPerTarget: (args) => splitQueries(args).length,
  fields: dnsFields,
  prepare,
}
