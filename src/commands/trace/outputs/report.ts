/**
 * `--report`: what many rounds came to, a line a hop, in the manner of mtr's report; with `--json` in the shape of mtr's JSON. Times are
 * milliseconds.
 */

import { isoTime } from '../../../core/clock.ts'
import { formatIp, type IpAddress } from '../../../core/ip.ts'
import { type HopSummary, summarizeHops } from '../../../probe/trace/hop-tally.ts'
import { asText, placeText } from '../../address-places.ts'
import type { AddressFacts, ShownTrace } from '../shown-trace.ts'
import { type OutputOptions, type TraceOutput, type TraceStart, withFacts } from './contract.ts'

const UNKNOWN = '???'
const HIDDEN = '(hidden)'

/** One TTL: whoever answered most comes first. */
interface Hub {
  summary: HopSummary
  host: string
  /** Others that answered here. */
  also: string[]
  address: IpAddress | null
}

const hubsOf = (trace: ShownTrace, facts: AddressFacts): Hub[] => {
  const hidden = new Set(trace.hops.filter((hop) => hop.hidden === true).map(({ ttl }) => ttl))
  // The tally counts answers by address: those that are hidden stand in for the target, whose name is then not printed.
  const counted = trace.hops.map((hop) => (hop.hidden === true ? { ...hop, address: trace.target } : hop))
  const answered = counted.filter(({ address }) => address !== null).map(({ ttl }) => ttl)
  const last = Math.max(0, ...answered)
  return summarizeHops(counted.filter(({ ttl }) => ttl <= last || answered.length === 0)).map((summary) => {
    const [first, ...others] = hidden.has(summary.ttl) ? [] : summary.responders.map(({ address }) => address)
    const text = (address: IpAddress): string => facts.name(address) ?? formatIp(address)
    return {
      summary,
      address: first ?? null,
      host: first === undefined ? (hidden.has(summary.ttl) ? HIDDEN : UNKNOWN) : text(first),
      also: others.map(text),
    }
  })
}

const ms = (us: number | null): number => (us === null ? 0 : Math.round(us) / 1000)

const hubJson = ({ summary, host, also, address }: Hub, facts: AddressFacts): object => {
  const place = address === null ? null : facts.place(address)
  return {
    count: summary.ttl,
    host,
    ...(asText(place) === '' ? {} : { ASN: asText(place) }),
    'Loss%': Math.round(summary.loss * 100_000) / 1000,
    Snt: summary.sent,
    Last: ms(summary.lastUs),
    Avg: ms(summary.averageUs),
    Best: ms(summary.bestUs),
    Wrst: ms(summary.worstUs),
    StDev: ms(summary.deviationUs),
    Javg: ms(summary.jitterUs),
    ...(address === null ? {} : { address: formatIp(address) }),
    ...(also.length === 0 ? {} : { also }),
    ...(placeText(place) === '' ? {} : { place: placeText(place) }),
    ...(summary.rateLimited ? { rate_limited: true } : {}),
  }
}

const reportJson = (trace: ShownTrace, facts: AddressFacts, start: TraceStart): object => ({
  report: {
    mtr: {
      src: trace.source === undefined ? '' : formatIp(trace.source),
      dst: trace.targetName ?? formatIp(trace.target),
      tos: start.tos,
      tests: Math.max(0, ...trace.hops.map(({ attempt }) => attempt + 1)),
      psize: start.packetBytes,
    },
    hubs: hubsOf(trace, facts).map((hub) => hubJson(hub, facts)),
  },
})

const fixed = (us: number | null): string => (us === null ? '0.0' : (us / 1000).toFixed(1)).padStart(7)
const HEADING = ' Loss%   Snt   Last    Avg   Best   Wrst  StDev'

const hubLines = ({ summary, host, also, address }: Hub, width: number, facts: AddressFacts): string[] => {
  const { ttl, loss, sent, lastUs, averageUs, bestUs, worstUs, deviationUs, rateLimited } = summary
  const place = address === null ? null : facts.place(address)
  const told = [asText(place), placeText(place), rateLimited ? '[answers are rate limited]' : '']
  const figures = `${(loss * 100).toFixed(1).padStart(5)}%${String(sent).padStart(6)}${[lastUs, averageUs, bestUs, worstUs, deviationUs].map(fixed).join('')}`
  return [
    `${String(ttl).padStart(3)}.|-- ${host.padEnd(width)} ${figures}   ${told.filter((each) => each !== '').join(' · ')}`.trimEnd(),
    ...also.map((each) => `    |   ${each}`),
  ]
}

const reportText = (trace: ShownTrace, facts: AddressFacts): string => {
  const hubs = hubsOf(trace, facts)
  const from = trace.source === undefined ? HIDDEN : formatIp(trace.source)
  const head = `HOST: ${from} → ${trace.targetName ?? formatIp(trace.target)}`
  const width = Math.max(head.length - 8, 15, ...hubs.map(({ host }) => host.length))
  return [
    `Start: ${isoTime(trace.startedUs)}`,
    `${head.padEnd(width + 8)} ${HEADING}`,
    ...hubs.flatMap((hub) => hubLines(hub, width, facts)),
    '',
  ].join('\n')
}

export const reportOutput =
  (asJson: boolean) =>
  (options: OutputOptions): TraceOutput => {
    let start: TraceStart | undefined
    return {
      begin(next) {
        start = next
      },
      async end(finding) {
        const { trace, facts } = await withFacts(finding, options)
        const text = asJson ? `${JSON.stringify(reportJson(trace, facts, start!))}\n` : reportText(trace, facts)
        options.print(text)
      },
    }
  }
