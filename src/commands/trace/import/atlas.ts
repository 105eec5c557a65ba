/**
 * RIPE Atlas' traceroute results (atlas.ripe.net, measurement result format), from firmware 4400 on: `result` is a list of hops, each with a
 * `result` of replies. `x` is a probe without an answer; `late` a reply that came after that had been said, and `error` a probe that could
 * not be sent: neither is a probe of the trace. Firmware 1 has the text of a traceroute, which is refused.
 */

import { type IpAddress, isIpv4 } from '../../../core/ip.ts'
import type { TraceHop } from '../../../core/trace.ts'
import { ICMP_TYPE, ICMP_UNREACHABLE_CODE } from '../../../wire/icmp.ts'
import { ICMPV6_TYPE } from '../../../wire/icmpv6.ts'
import { makeAttempts } from './attempts.ts'
import { isUuid, type JsonObject, type TraceFormat, uuidOf } from './contract.ts'
import {
  addressOf,
  byte,
  entryOf,
  nameOf,
  numberOf,
  objects,
  rttUs,
  silentHop,
  textOf,
  timeUs,
  ttlOf,
  wholeIn,
} from './json-fields.ts'

/** Codes of ICMP and of ICMPv6. */
const ERRORS: Readonly<Record<string, readonly [number, number]>> = {
  N: [0, 0],
  H: [1, 3],
  A: [13, 1],
  P: [2, 4],
  p: [3, 4],
}
const MAX_LABEL = 0xfffff
const MAX_CODE = 255

/** Atlas does not say the type: it follows from who answers, and from `err`. */
const icmpOf = (
  { err }: JsonObject,
  address: IpAddress | null,
  target: IpAddress,
  protocol: string,
): Pick<TraceHop, 'icmpType' | 'icmpCode'> => {
  const four = isIpv4(target)
  if (err !== undefined) {
    const known = entryOf(ERRORS, textOf(err))
    const code = known === undefined ? wholeIn(numberOf(err), 0, MAX_CODE) : known[four ? 0 : 1]
    return { icmpType: (four ? ICMP_TYPE : ICMPV6_TYPE).unreachable, icmpCode: code ?? null }
  }
  if (address !== target) return { icmpType: (four ? ICMP_TYPE : ICMPV6_TYPE).timeExceeded, icmpCode: 0 }
  if (protocol === 'tcp') return { icmpType: null, icmpCode: null }
  if (protocol === 'udp')
    return four
      ? { icmpType: ICMP_TYPE.unreachable, icmpCode: ICMP_UNREACHABLE_CODE.port }
      : { icmpType: ICMPV6_TYPE.unreachable, icmpCode: 4 }
  return { icmpType: (four ? ICMP_TYPE : ICMPV6_TYPE).echoReply, icmpCode: 0 }
}

const labelsOf = (extension: unknown): Pick<TraceHop, 'extensions'> => {
  const found = (extension as JsonObject | undefined)?.['obj']
  const mpls = objects(found).flatMap((object) =>
    objects(object['mpls']).flatMap((entry) => {
      const label = wholeIn(entry['label'], 0, MAX_LABEL)
      const ttl = byte(entry['ttl'])
      if (label === undefined || ttl === undefined) return []
      return { label, trafficClass: wholeIn(entry['exp'], 0, 7) ?? 0, bottomOfStack: entry['s'] === 1, ttl }
    }),
  )
  return mpls.length === 0 ? {} : { extensions: { mpls } }
}

interface Header {
  target: IpAddress
  protocol: string
}

const hopOf = (reply: JsonObject, ttl: number, attempt: number, { target, protocol }: Header): TraceHop => {
  const took = rttUs(reply['rtt'])
  const address = addressOf(reply['from']) ?? null
  if (address === null) return silentHop(ttl, attempt)
  const mtu = wholeIn(reply['mtu'], 0, 65_535)
  const quotedTtl = byte(reply['ittl'])
  return {
    ...silentHop(ttl, attempt),
    address,
    rttUs: took ?? null,
    ...icmpOf(reply, address, target, protocol),
    replyTtl: byte(reply['ttl']) ?? null,
    ...(quotedTtl === undefined ? {} : { quotedTtl }),
    ...(mtu === undefined ? {} : { mtu }),
    ...labelsOf(reply['icmpext']),
  }
}

const hopsOf = (result: unknown, header: Header): { hops: TraceHop[]; leftOut: number } => {
  const attempts = makeAttempts()
  const hops: TraceHop[] = []
  let leftOut = 0
  for (const each of objects(result)) {
    const ttl = ttlOf(each['hop'])
    if (ttl === undefined || each['error'] !== undefined) leftOut += 1
    else {
      for (const reply of objects(each['result'])) {
        const isProbe = reply['late'] === undefined && reply['error'] === undefined && reply['dup'] === undefined
        if (isProbe) hops.push(hopOf(reply, ttl, attempts(ttl), header))
        else leftOut += 1
      }
    }
  }
  return { hops: hops.sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt), leftOut }
}

export const atlas: TraceFormat = {
  name: 'atlas',
  help: "RIPE Atlas' traceroute results",
  recognizes: (value) =>
    value['type'] === 'traceroute' ||
    (value['msm_id'] !== undefined && value['prb_id'] !== undefined && value['result'] !== undefined),
  read(value) {
    if (typeof value['result'] === 'string') return 'a result of firmware 1, which is text'
    if (value['type'] !== undefined && value['type'] !== 'traceroute')
      return `"${textOf(value['type']).slice(0, 20)}" is no traceroute`
    const target = addressOf(value['dst_addr']) ?? addressOf(value['dst_name'])
    const startedUs = timeUs(numberOf(value['timestamp']) * 1e6)
    if (target === undefined) return 'no destination address'
    if (startedUs === undefined) return 'no timestamp'
    const protocol = typeof value['proto'] === 'string' ? value['proto'].toLowerCase() : ''
    const { hops, leftOut } = hopsOf(value['result'], { target, protocol })
    if (hops.length === 0) return 'no hop was probed'
    const finishedUs = timeUs(numberOf(value['endtime']) * 1e6)
    const source = addressOf(value['from']) ?? addressOf(value['src_addr'])
    const name = nameOf(value['dst_name'])
    const reached = hops.some(({ address }) => address === target)
    const { id, msm_id, prb_id, paris_id } = value
    return {
      trace: {
        id: isUuid(id) ? id : uuidOf('atlas', msm_id, prb_id, value['timestamp'], value['dst_addr'], paris_id),
        target,
        startedUs,
        reached,
        ...(reached ? { end: 'reached' as const } : {}),
        ...(finishedUs === undefined || finishedUs < startedUs ? {} : { finishedUs }),
        ...(source === undefined ? {} : { source }),
        ...(name === undefined || addressOf(name) !== undefined ? {} : { targetName: name }),
        ...(/^(icmp|udp|tcp)$/.test(protocol) ? { method: `${protocol} ${paris_id === 0 ? 'classic' : 'paris'}` } : {}),
        hops,
      },
      leftOut,
    }
  },
}
