/** A trace in the shape of RIPE Atlas' traceroute results (atlas.ripe.net, measurement result format, version 5000). */

import { formatIp, type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'
import { refusalMark } from '../../probe/trace/refusal.ts'
import { isAnswered, type ShownHop, type ShownTrace } from './shown-trace.ts'

/** As Atlas writes them; any other unreachable is its code. */
const ERRORS: Readonly<Record<string, string>> = { '!N': 'N', '!H': 'H', '!X': 'A', '!P': 'P' }
const UNREACHABLE = 3
const PORT = 3
const UNREACHABLE6 = 1
const PORT6 = 4
const FIRMWARE = 5000

const isPortUnreachable = ({ icmpType, icmpCode }: TraceHop, target: IpAddress): boolean =>
  isIpv4(target) ? icmpType === UNREACHABLE && icmpCode === PORT : icmpType === UNREACHABLE6 && icmpCode === PORT6

const errorOf = (hop: ShownHop, target: IpAddress): object => {
  if (isPortUnreachable(hop, target)) return { err: 'p' }
  const mark = refusalMark(hop, target)
  return mark === '' ? {} : { err: ERRORS[mark] ?? hop.icmpCode }
}

const replyJson = (hop: ShownHop, target: IpAddress): object => {
  if (!isAnswered(hop)) return { x: '*' }
  const mpls = hop.extensions?.mpls
  return {
    // A hidden hop has answered, and nobody is named.
    ...(hop.address === null ? {} : { from: formatIp(hop.address) }),
    ...(hop.rttUs === null ? {} : { rtt: Math.round(hop.rttUs) / 1000 }),
    ...(hop.replyTtl === null ? {} : { ttl: hop.replyTtl }),
    ...errorOf(hop, target),
    ...(hop.quotedTtl === undefined || hop.quotedTtl === 1 ? {} : { ittl: hop.quotedTtl }),
    ...(hop.mtu === undefined ? {} : { mtu: hop.mtu }),
    ...(mpls === undefined
      ? {}
      : {
          icmpext: {
            version: 2,
            rfc4884: 1,
            obj: [
              {
                class: 1,
                type: 1,
                mpls: mpls.map((each) => ({
                  exp: each.trafficClass,
                  label: each.label,
                  s: each.bottomOfStack ? 1 : 0,
                  ttl: each.ttl,
                })),
              },
            ],
          },
        }),
  }
}

/** `id` is ours: readers of Atlas' results pass over it, and import knows the trace by it. */
export const atlasJson = (trace: ShownTrace): object => {
  const { target, hops, startedUs, finishedUs = startedUs } = trace
  const ttls = [...new Set(hops.map(({ ttl }) => ttl))]
  const source = trace.source === undefined ? '' : formatIp(trace.source)
  const flow = hops.find((hop) => hop.flow !== undefined)?.flow ?? 0
  return {
    fw: FIRMWARE,
    type: 'traceroute',
    msm_name: 'Traceroute',
    id: trace.id,
    msm_id: 0,
    prb_id: 0,
    af: isIpv4(target) ? 4 : 6,
    ...(trace.method === undefined ? {} : { proto: trace.method.split(' ')[0]!.toUpperCase() }),
    dst_name: trace.targetName ?? formatIp(target),
    dst_addr: formatIp(target),
    src_addr: source,
    from: source,
    paris_id: trace.method?.endsWith('classic') === true ? 0 : flow + 1,
    timestamp: Math.floor(startedUs / 1e6),
    endtime: Math.floor(finishedUs / 1e6),
    result: ttls.map((hop) => ({
      hop,
      result: hops.filter(({ ttl }) => ttl === hop).map((each) => replyJson(each, target)),
    })),
  }
}
