/**
 * Traces of scamper as JSON (sc_warts2json(1)): `hops` are the answers alone, with `probe_ttl` and, counted from 0 or 1, `probe_id`; TTLs
 * without one were silent. `tracelb` is a graph of its own and is not taken.
 */

import { isIpv4 } from '../../../core/ip.ts'
import type { TraceEnd, TraceHop } from '../../../core/trace.ts'
import { makeAttempts } from './attempts.ts'
import { type JsonObject, type TraceFormat, uuidOf } from './contract.ts'
import {
  addressOf,
  byte,
  entryOf,
  isObject,
  numberOf,
  objects,
  rttUs,
  silentHop,
  textOf,
  timeUs,
  ttlOf,
  wholeIn,
} from './json-fields.ts'

const ENDS: Readonly<Record<string, TraceEnd>> = {
  COMPLETED: 'reached',
  UNREACH: 'unreachable',
  ICMP: 'unreachable',
  LOOP: 'loop',
  GAPLIMIT: 'gap',
  HOPLIMIT: 'max-ttl',
  HALTED: 'interrupted',
}
const MAX_LABEL = 0xfffff

/** `mpls_ttl`, `mpls_s`, `mpls_exp`, `mpls_label` of one entry. */
const labelsOf = (extensions: unknown): Pick<TraceHop, 'extensions'> => {
  const mpls = objects(extensions).flatMap((extension) =>
    objects(extension['mpls_labels'] ?? extension['mpls_labelstack']).flatMap((entry) => {
      const label = wholeIn(entry['mpls_label'], 0, MAX_LABEL)
      const ttl = byte(entry['mpls_ttl'])
      if (label === undefined || ttl === undefined) return []
      return { label, trafficClass: wholeIn(entry['mpls_exp'], 0, 7) ?? 0, bottomOfStack: entry['mpls_s'] === 1, ttl }
    }),
  )
  return mpls.length === 0 ? {} : { extensions: { mpls } }
}

const hopOf = (value: JsonObject, attempts: (ttl: number) => number): TraceHop | null => {
  const address = addressOf(value['addr'])
  const ttl = ttlOf(value['probe_ttl'])
  const took = rttUs(value['rtt'])
  if (address === undefined || ttl === undefined || took === undefined) return null
  const quotedTtl = byte(value['icmp_q_ttl'])
  const sent = value['tx']
  const sentUs = isObject(sent) ? timeUs(numberOf(sent['sec']) * 1e6 + numberOf(sent['usec'])) : undefined
  const tcpFlags = byte(value['tcp_flags'])
  return {
    ...silentHop(ttl, attempts(ttl)),
    address,
    rttUs: took,
    icmpType: byte(value['icmp_type']) ?? null,
    icmpCode: byte(value['icmp_code']) ?? null,
    replyTtl: byte(value['reply_ttl']) ?? null,
    ...(sentUs === undefined ? {} : { sentUs }),
    ...(tcpFlags === undefined ? {} : { tcpFlags }),
    ...(quotedTtl === undefined ? {} : { quotedTtl }),
    ...labelsOf(value['icmpext']),
  }
}

export const scamper: TraceFormat = {
  name: 'scamper',
  help: "scamper's traces as JSON",
  recognizes: ({ type, dst }) =>
    (type === 'trace' && dst !== undefined) || (typeof type === 'string' && /^(cycle-|tracelb)/.test(type)),
  read(value) {
    if (textOf(value['type']).startsWith('cycle-')) return null
    if (value['type'] !== 'trace') return `"${textOf(value['type']).slice(0, 20)}" is no trace`
    const target = addressOf(value['dst'])
    const start = value['start']
    const startedUs = isObject(start) ? timeUs(numberOf(start['sec']) * 1e6 + numberOf(start['usec'] ?? 0)) : undefined
    if (target === undefined) return 'no destination'
    if (startedUs === undefined) return 'no time of its start'
    const source = addressOf(value['src'])
    const attempts = makeAttempts()
    const told = objects(value['hops'])
    const answers = told.flatMap((each) => hopOf(each, attempts) ?? [])
    const answered = new Set(answers.map(({ ttl }) => ttl))
    const first = ttlOf(value['firsthop']) ?? 1
    const last = Math.max(ttlOf(value['hop_count']) ?? 0, ...answered)
    const silent: TraceHop[] = []
    for (let ttl = first; ttl <= last; ttl += 1) if (!answered.has(ttl)) silent.push(silentHop(ttl, 0))
    const end = entryOf(ENDS, textOf(value['stop_reason']))
    const reached = answers.some((hop) => hop.address === target)
    const method = typeof value['method'] === 'string' ? /^(icmp|udp|tcp)/.exec(value['method'])?.[0] : undefined
    return {
      trace: {
        id: uuidOf('scamper', value['src'], value['dst'], startedUs, value['method'] ?? null, value['sport'] ?? null),
        target,
        startedUs,
        reached,
        ...(end === undefined ? {} : { end: end === 'reached' && !reached ? 'gap' : end }),
        ...(source === undefined || isIpv4(source) !== isIpv4(target) ? {} : { source }),
        ...(method === undefined
          ? {}
          : { method: `${method} ${textOf(value['method']).endsWith('paris') ? 'paris' : 'classic'}` }),
        hops: [...answers, ...silent].sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt),
      },
      leftOut: told.length - answers.length,
    }
  },
}
