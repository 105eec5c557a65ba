/** Options that cannot stand together. */

import { InterplotError } from '../../core/errors.ts'
import { DEFAULT_FLIGHT } from '../../probe/trace/flight.ts'
import type { TraceOptions } from './trace-options.ts'

/** @throws InterplotError ERR_USAGE */
export const checkOptions = (options: TraceOptions): void => {
  const { firstTtl = DEFAULT_FLIGHT.firstTtl, maxTtl = DEFAULT_FLIGHT.maxTtl, ipv4, ipv6 } = options
  if (ipv4 === true && ipv6 === true) {
    throw new InterplotError('ERR_USAGE', '-4 and -6 exclude each other', { advice: 'Leave both out for either.' })
  }
  if (firstTtl > maxTtl) {
    throw new InterplotError('ERR_USAGE', `the first TTL, ${firstTtl}, is beyond the last, ${maxTtl}`, {
      advice: 'Lower --first-ttl or raise --max-ttl.',
    })
  }
  if (options.report !== true && (options.cycles !== undefined || options.interval !== undefined)) {
    throw new InterplotError('ERR_USAGE', '--cycles and --interval are about the rounds of --report', {
      advice: 'Add --report; -q is the number of probes to each hop of one traceroute.',
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
}
