/** `--csv`: one row for each probe. */

import { isoTime } from '../../../core/clock.ts'
import { formatIp } from '../../../core/ip.ts'
import type { Value } from '../../../core/reply-field.ts'
import { csv } from '../../../output/csv.ts'
import { refusalMark } from '../../../probe/trace/refusal.ts'
import type { AddressFacts, ShownHop, ShownTrace } from '../shown-trace.ts'
import { type OutputOptions, type TraceOutput, withFacts } from './contract.ts'

type Column = (hop: ShownHop, trace: ShownTrace, facts: AddressFacts) => Value

const COLUMNS: Readonly<Record<string, Column>> = {
  trace: (_, { id }) => id,
  target: (_, { target }) => formatIp(target),
  target_name: (_, { targetName }) => targetName ?? null,
  ttl: ({ ttl }) => ttl,
  attempt: ({ attempt }) => attempt,
  address: ({ address }) => (address === null ? null : formatIp(address)),
  hidden: ({ hidden }) => hidden === true,
  name: ({ address }, _, facts) => (address === null ? null : facts.name(address)),
  rtt_us: ({ rttUs }) => (rttUs === null ? null : Math.round(rttUs)),
  icmp_type: ({ icmpType }) => icmpType,
  icmp_code: ({ icmpCode }) => icmpCode,
  mark: (hop, { target }) => refusalMark(hop, target) || null,
  reply_ttl: ({ replyTtl }) => replyTtl,
  sent: ({ sentUs }) => (sentUs === undefined ? null : isoTime(sentUs)),
  sent_us: ({ sentUs }) => (sentUs === undefined ? null : Math.round(sentUs)),
  tcp_flags: ({ tcpFlags }) => tcpFlags ?? null,
  flow: ({ flow }) => flow ?? 0,
  quoted_ttl: ({ quotedTtl }) => quotedTtl ?? null,
  translated: ({ translated }) => translated === true,
  mtu: ({ mtu }) => mtu ?? null,
  mpls: ({ extensions }) => extensions?.mpls?.map(({ label }) => label).join(' ') ?? null,
  asn: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.asn ?? null)),
  isp: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.asOrganization ?? null)),
  country_code: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.countryCode ?? null)),
  city: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.city ?? null)),
  latitude: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.latitude ?? null)),
  longitude: ({ address }, _, facts) => (address === null ? null : (facts.place(address)?.longitude ?? null)),
}

export const csvOutput = (options: OutputOptions): TraceOutput => {
  const writer = csv.open(Object.keys(COLUMNS))
  let header = writer.header()
  return {
    begin: () => undefined,
    async end(finding) {
      const { trace, facts } = await withFacts(finding, options)
      const columns = Object.values(COLUMNS)
      const rows = trace.hops.map((hop) => writer.row(columns.map((column) => column(hop, trace, facts))))
      options.print(header + rows.join(''))
      header = ''
    },
  }
}
