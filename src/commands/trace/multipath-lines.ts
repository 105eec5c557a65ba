/**
 * A multipath graph for people: interfaces by TTL, numbered, and the numbers of those that each leads to.
 *
 *   2.1  10.9.0.2  4.012 ms  per flow  → 3.1 3.2
 *   3.1  10.9.0.3  6.020 ms  → 4.1
 *   3.2  10.9.0.4  6.113 ms  → 4.1
 *
 * In parentheses: behind a per-packet balancer, where no packet can be followed.
 */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import { countOf } from '../../core/units.ts'
import { asText, placeText } from '../address-places.ts'
import type { AddressFacts, MultipathFinding, ShownTrace } from './shown-trace.ts'
import { formatRtt } from './trace-lines.ts'

const BALANCES = { none: '', flow: 'per flow', packet: 'per packet' } as const

const nodeNumbers = ({ nodes }: MultipathFinding): Map<string, string> => {
  const counts = new Map<number, number>()
  return new Map(
    nodes.map(({ ttl, address }) => {
      const number = (counts.get(ttl) ?? 0) + 1
      counts.set(ttl, number)
      return [`${ttl} ${address}`, `${ttl}.${number}`]
    }),
  )
}

const nextText = (
  graph: MultipathFinding,
  numbers: Map<string, string>,
  ttl: number,
  address: IpAddress | null,
): string => {
  const own = graph.links.filter((link) => link.ttl === ttl && link.from === address)
  const of = (certain: boolean): string =>
    own
      .filter((link) => link.certain === certain)
      .map(({ to }) => numbers.get(`${ttl + 1} ${to}`) ?? '?')
      .join(' ')
  const [sure, unsure] = [of(true), of(false)]
  if (own.length === 0) return ''
  return `→ ${[sure, unsure === '' ? '' : `(${unsure})`].filter((each) => each !== '').join(' ')}`
}

export const multipathLines = (graph: MultipathFinding, trace: ShownTrace, facts: AddressFacts): string[] => {
  const numbers = nodeNumbers(graph)
  const rows = graph.nodes.map(({ ttl, address, balance, rttUs }) => {
    const silent = rttUs === null ? '*' : '(hidden)'
    const name = address === null ? null : facts.name(address)
    const place = address === null ? null : facts.place(address)
    const who = address === null ? silent : name === null ? formatIp(address) : `${name} (${formatIp(address)})`
    const parts = [
      who,
      rttUs === null ? '' : formatRtt(rttUs),
      BALANCES[balance],
      nextText(graph, numbers, ttl, address),
      [asText(place), placeText(place)].filter((each) => each !== '').join(' · '),
    ]
    return `${numbers.get(`${ttl} ${address}`)!.padStart(5)}  ${parts.filter((part) => part !== '').join('  ')}`
  })
  const interfaces = new Set(graph.nodes.flatMap(({ address }) => address ?? [])).size
  const balancers = graph.nodes.filter(({ balance }) => balance !== 'none').length
  return [
    ...rows,
    `${countOf(interfaces, 'interface')}, ${countOf(graph.links.length, 'link')}, ${countOf(balancers, 'balancer')}, ` +
      `${countOf(graph.probes, 'probe')}; all of them with ${graph.confidence * 100} % confidence${trace.end === 'interrupted' ? ', if it had not been interrupted' : ''}`,
  ]
}
