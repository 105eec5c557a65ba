/** What zmap calls an answer: its classification, and the meaning of an unreachable's code. */

import { ZMAP_WORDS } from '../core/classification-words.ts'
import { CLASSIFICATIONS, type Classification, type ReplyBatch } from '../core/reply-batch.ts'

const ICMP_ERROR: ReadonlySet<Classification | undefined> = new Set(['unreachable', 'time-exceeded', 'icmp-other'])
const UNREACHABLE_TYPE = 3

/** By ICMP code (RFC 792, RFC 1122, RFC 1812), in zmap's words. */
const UNREACHABLE_WORDS = [
  'network unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'fragments required',
  'source route failed',
  'network unknown',
  'host unknown',
  'source host isolated',
  'network admin. prohibited',
  'host admin. prohibited',
  'network unreachable TOS',
  'host unreachable TOS',
  'communication admin. prohibited',
  'host presdence violation',
  'precedence cutoff',
] as const

export const classificationOf = (batch: ReplyBatch, row: number): Classification | undefined =>
  CLASSIFICATIONS[batch.classification[row]!]

export const isIcmpError = (batch: ReplyBatch, row: number): boolean => ICMP_ERROR.has(classificationOf(batch, row))
/** Targets of TCP and UDP probes have a port, of ICMP probes none. */
export const hasPort = (batch: ReplyBatch, row: number): boolean => batch.port[row] !== 0

/** zmap's words for ICMP errors, which only its icmp modules tell apart. */
export const icmpWord = (batch: ReplyBatch, row: number): string => {
  const own = classificationOf(batch, row)
  if (own === 'unreachable' || own === 'time-exceeded') return ZMAP_WORDS[own]
  const type = batch.icmpType[row]
  return type === 4 ? 'sourcequench' : type === 5 ? 'redirect' : 'other'
}

/** zmap's word for what the answer is. */
export const zmapWord = (batch: ReplyBatch, row: number): string | null => {
  const own = classificationOf(batch, row)
  if (own === 'echo-reply' || own === 'syn-ack') return ZMAP_WORDS[own]
  if (!ICMP_ERROR.has(own)) return own ?? null
  return hasPort(batch, row) ? 'icmp' : icmpWord(batch, row)
}

/** Null for what is no unreachable. */
export const unreachableWord = (batch: ReplyBatch, row: number): string | null => {
  if (!isIcmpError(batch, row) || batch.icmpType[row] !== UNREACHABLE_TYPE) return null
  return UNREACHABLE_WORDS[batch.icmpCode[row]!] ?? 'unknown'
}
