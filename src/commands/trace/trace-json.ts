/** A trace as one JSON object: `--json`, and `trace export --format ndjson`. docs/tracing.md says what is in it. */

import { isoTime } from '../../core/clock.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { InterfaceInformation } from '../../core/trace.ts'
import { refusalMark } from '../../probe/trace/refusal.ts'
import { findingsJson } from './findings-json.ts'
import { type AddressFacts, addressesOf, type ShownHop, type ShownTrace } from './shown-trace.ts'

const ipText = (address: IpAddress | null | undefined): string | null =>
  address === null || address === undefined ? null : formatIp(address)

/** ISO 8601 and microseconds since the Unix epoch. */
const times = (name: string, timeUs: number | undefined): Record<string, unknown> =>
  timeUs === undefined ? {} : { [name]: isoTime(timeUs), [`${name}_us`]: Math.round(timeUs) }

const interfaceJson = ({ address, ...facts }: InterfaceInformation): object => ({
  ...facts,
  ...(address === undefined ? {} : { address: formatIp(address) }),
})

const hopJson = (hop: ShownHop, target: IpAddress): object => {
  const mark = refusalMark(hop, target)
  return {
    ttl: hop.ttl,
    attempt: hop.attempt,
    address: ipText(hop.address),
    ...(hop.hidden === true ? { hidden: true } : {}),
    rtt_us: hop.rttUs === null ? null : Math.round(hop.rttUs),
    icmp_type: hop.icmpType,
    icmp_code: hop.icmpCode,
    reply_ttl: hop.replyTtl,
    ...times('sent', hop.sentUs),
    ...(mark === '' ? {} : { mark }),
    ...(hop.tcpFlags === undefined ? {} : { tcp_flags: hop.tcpFlags }),
    ...(hop.flow === undefined ? {} : { flow: hop.flow }),
    ...(hop.quotedTtl === undefined ? {} : { quoted_ttl: hop.quotedTtl }),
    ...(hop.translated === true ? { translated: true } : {}),
    ...(hop.mtu === undefined ? {} : { mtu: hop.mtu }),
    ...(hop.extensions?.mpls === undefined
      ? {}
      : {
          mpls: hop.extensions.mpls.map(({ label, trafficClass, bottomOfStack, ttl }) => ({
            label,
            traffic_class: trafficClass,
            bottom_of_stack: bottomOfStack,
            ttl,
          })),
        }),
    ...(hop.extensions?.interfaces === undefined ? {} : { interfaces: hop.extensions.interfaces.map(interfaceJson) }),
  }
}

const placeJson = (place: Place | null): object => {
  if (place === null) return {}
  const facts = {
    latitude: place.latitude,
    longitude: place.longitude,
    accuracy_km: place.accuracyKm,
    location: place.state,
    country_code: place.countryCode,
    country: place.country,
    region: place.region,
    city: place.city,
    asn: place.asn,
    isp: place.asOrganization,
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

export const traceJson = (trace: ShownTrace, facts: AddressFacts): object => ({
  id: trace.id,
  target: formatIp(trace.target),
  ...(trace.targetName === undefined ? {} : { target_name: trace.targetName }),
  source: ipText(trace.source),
  method: trace.method ?? null,
  ...times('started', trace.startedUs),
  ...times('finished', trace.finishedUs),
  reached: trace.reached,
  end: trace.end ?? null,
  hops: trace.hops.map((hop) => hopJson(hop, trace.target)),
  addresses: Object.fromEntries(
    [...addressesOf(trace)].map((address) => {
      const name = facts.name(address)
      return [formatIp(address), { ...(name === null ? {} : { name }), ...placeJson(facts.place(address)) }]
    }),
  ),
  ...findingsJson(trace),
  attributions: facts.attributions,
})
