/**
 * `--raw`: a line for each event as it happens, a letter and numbers, in the manner of mtr's raw output. The TTL is always the second word.
 *
 *   t 192.0.2.1 icmp paris          a trace to this target begins
 *   x TTL ATTEMPT                   a probe leaves
 *   h TTL ADDRESS                   this address answers at this TTL for the first time (- = hidden)
 *   d TTL ADDRESS NAME              its name
 *   p TTL RTT-µs ATTEMPT ADDRESS    an answer
 *   m TTL LABEL CLASS BOTTOM TTL    a label of its MPLS stack
 *   u TTL MARK                      a refusal: !H !N !P !X !F-1400 …
 *   l TTL ATTEMPT                   no answer in time
 *   e END ID                        the trace is over
 */

import { formatIp, type IpAddress } from '../../../core/ip.ts'
import type { TraceHop } from '../../../core/trace.ts'
import { refusalMark } from '../../../probe/trace/refusal.ts'
import type { OutputOptions, TraceOutput, TraceStart } from './contract.ts'

export const rawOutput = ({ maskHops, names, print }: OutputOptions): TraceOutput => {
  let start: TraceStart | undefined
  let seen = new Set<string>()
  let naming: Promise<void>[] = []
  const secret = new Set<IpAddress>()

  const tellName = async (ttl: number, address: IpAddress): Promise<void> => {
    const name = await names.name(address)
    if (name !== null) print(`d ${ttl} ${formatIp(address)} ${name}\n`)
  }
  const tellAnswer = (hop: TraceHop, address: IpAddress, target: IpAddress): void => {
    const { ttl, attempt, rttUs } = hop
    if (ttl <= maskHops && address !== target) secret.add(address)
    const hidden = ttl <= maskHops || secret.has(address)
    const who = hidden ? '-' : formatIp(address)
    if (!seen.has(`${ttl} ${who}`)) {
      seen.add(`${ttl} ${who}`)
      print(`h ${ttl} ${who}\n`)
      if (!hidden) naming.push(tellName(ttl, address))
    }
    print(`p ${ttl} ${Math.round(rttUs ?? 0)} ${attempt} ${who}\n`)
    for (const { label, trafficClass, bottomOfStack, ttl: left } of hidden ? [] : (hop.extensions?.mpls ?? [])) {
      print(`m ${ttl} ${label} ${trafficClass} ${bottomOfStack ? 1 : 0} ${left}\n`)
    }
    const mark = refusalMark(hop, target)
    if (mark !== '') print(`u ${ttl} ${mark}\n`)
  }

  return {
    begin(next) {
      start = next
      seen = new Set()
      naming = []
      secret.clear()
      if (maskHops > 0) secret.add(next.source)
      print(`t ${formatIp(next.host.address)} ${next.method}\n`)
    },
    onSent: (ttl, attempt) => print(`x ${ttl} ${attempt}\n`),
    onHop(hop) {
      if (hop.address === null) print(`l ${hop.ttl} ${hop.attempt}\n`)
      else tellAnswer(hop, hop.address, start!.host.address)
    },
    async end({ id, end }) {
      await Promise.all(naming)
      print(`e ${end ?? '-'} ${id}\n`)
    },
  }
}
