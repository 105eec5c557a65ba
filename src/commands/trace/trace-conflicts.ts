/** Options that cannot stand together. */

import { InterplotError } from '../../core/errors.ts'
import { DEFAULT_FLIGHT } from '../../probe/trace/flight.ts'
import type { TraceOptions } from './trace-options.ts'
import { checkRounds, type Rounds } from './trace-rounds.ts'

const checkMultipath = ({ multipath, confidence, report, mtu, flow, rule }: TraceOptions): void => {
  if (multipath !== true) {
    if (confidence === undefined) return
    throw new InterplotError('ERR_USAGE', '--confidence is that of --multipath', { advice: 'Add --multipath.' })
  }
  const others = Object.entries({ report, mtu }).flatMap(([name, wanted]) => (wanted === true ? [`--${name}`] : []))
  if (flow !== undefined) others.push('--flow')
  if (rule === 'classic') others.push('--rule classic')
  if (others.length === 0) return
  throw new InterplotError('ERR_USAGE', `--multipath cannot be had with ${others.join(' and ')}`, {
    advice: 'It sends flows of its own choice, each of which keeps its header fields.',
  })
}

/** Null for a single round. */
export const roundsOf = ({ every, jitter = 0, rounds }: TraceOptions): Rounds | null =>
  every === undefined || !('intervalUs' in every) ? null : { everyUs: every.intervalUs, jitterUs: jitter, most: rounds }

const checkTimes = (options: TraceOptions): void => {
  const { jitter, rounds: most, db, exitCodeOnChange, webhook } = options
  const rounds = roundsOf(options)
  if (rounds === null && (jitter !== undefined || most !== undefined)) {
    throw new InterplotError('ERR_USAGE', '--jitter and --rounds go with --every', { advice: 'Like --every 1h.' })
  }
  if (rounds !== null) checkRounds(rounds)
  if (db === false && (exitCodeOnChange === true || webhook !== undefined)) {
    throw new InterplotError('ERR_USAGE', 'the last trace is in the results file, and --no-db keeps none', {
      advice: 'Leave --no-db out.',
    })
  }
}

/** Options that would do nothing beside others. */
const checkIdle = (options: TraceOptions): void => {
  const { udp, tcp, port, report, queries, flow, rule, numeric, dnsServer, places, database } = options
  const idle: [boolean, string, string][] = [
    [
      port !== undefined && udp !== true && tcp !== true,
      'ICMP echo has no ports',
      'Add -T or -U, or leave --port out.',
    ],
    [report === true && queries !== undefined, '--report asks each hop once a round', 'Use --cycles instead of -q.'],
    [
      flow !== undefined && rule === 'classic',
      '--flow does nothing with --rule classic',
      'Each probe is a flow of its own there; leave one of them out.',
    ],
    [numeric === true && dnsServer !== undefined, '-n asks no name server', 'Leave -n or --dns-server out.'],
    [places === false && database !== undefined, '--no-places reads no database', 'Leave one of them out.'],
    [options.interface?.includes(',') === true, 'a trace leaves through one interface', 'Name one interface.'],
  ]
  for (const [found, message, advice] of idle) if (found) throw new InterplotError('ERR_USAGE', message, { advice })
}

/** @throws InterplotError ERR_USAGE */
export const checkOptions = (options: TraceOptions): void => {
  if (options.hosts.length === 0) {
    throw new InterplotError('ERR_USAGE', 'there is nobody to trace to', {
      advice: 'Name a host: interplot trace example.com. Many at once: --targets FILE.',
    })
  }
  checkTimes(options)
  checkIdle(options)
  const { firstTtl = DEFAULT_FLIGHT.firstTtl, maxTtl = DEFAULT_FLIGHT.maxTtl, ipv4, ipv6 } = options
  if (ipv4 === true && ipv6 === true) {
    throw new InterplotError('ERR_USAGE', '-4 and -6 exclude each other', { advice: 'Leave both out for either.' })
  }
  if (firstTtl > maxTtl) {
    throw new InterplotError('ERR_USAGE', `the first TTL, ${firstTtl}, is beyond the last, ${maxTtl}`, {
      advice: 'Lower --first-ttl or raise --max-ttl.',
    })
  }
  if (options.mtu === true && (options.tcp === true || options.report === true)) {
    throw new InterplotError('ERR_USAGE', `--mtu cannot be had with ${options.tcp === true ? '--tcp' : '--report'}`, {
      advice: 'It takes one traceroute of ICMP (-I) or UDP (-U) probes, whose length can be chosen.',
    })
  }
  if (options.mtu === true && options.packetSize !== undefined) {
    throw new InterplotError('ERR_USAGE', '--mtu tries lengths of its own', { advice: 'Leave --packet-size out.' })
  }
  checkMultipath(options)
}
