/**
 * A trace as it is shown to others: with `--mask-hops N` nobody learns from it who the first N hops are, nor where it was made from. An
 * address that answered there is hidden wherever it answers. Times and losses stay. What is kept in the results file stays whole.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { TraceHop } from '../../core/trace.ts'
import type { MultipathGraph } from '../../probe/trace/multipath.ts'
import type { PathMtu } from '../../probe/trace/path-mtu.ts'
import type { NewTrace } from '../../store/traces.ts'

/** What was found out about one target. */
export interface TraceFinding extends Omit<NewTrace, 'findings'> {
  multipath?: MultipathFinding
  pathMtu?: PathMtu
}

/** The graph without what the trace itself has. */
export type MultipathFinding = Pick<MultipathGraph, 'confidence' | 'probes' | 'nodes' | 'links'>

export interface ShownHop extends TraceHop {
  /** Somebody answered, and it is not shown who: `address` is null. */
  hidden?: true
}

export interface ShownTrace extends Omit<TraceFinding, 'hops'> {
  hops: readonly ShownHop[]
  /** Who made it is not shown. */
  masked: boolean
}

/** Somebody answered; an imported trace may not say after how long. */
export const isAnswered = ({ address, hidden }: ShownHop): boolean => address !== null || hidden === true

/** What is known of addresses. */
export interface AddressFacts {
  name(address: IpAddress): string | null
  place(address: IpAddress): Place | null
  /** Whom the places come from. */
  readonly attributions: readonly string[]
}

const hide = ({ extensions: _, ...hop }: TraceHop): ShownHop => ({ ...hop, address: null, hidden: true })

type AddressTest = (ttl: number, address: IpAddress | null) => boolean

/** Nodes that are hidden at one TTL become one. */
const maskGraph = (graph: MultipathFinding, isHidden: AddressTest): MultipathFinding => {
  const shown = (ttl: number, address: IpAddress | null): IpAddress | null => (isHidden(ttl, address) ? null : address)
  const nodes = new Map<string, MultipathFinding['nodes'][number]>()
  for (const node of graph.nodes) {
    const address = shown(node.ttl, node.address)
    const before = nodes.get(`${node.ttl} ${address}`)
    if (before === undefined) nodes.set(`${node.ttl} ${address}`, { ...node, address })
  }
  const links = new Map<string, MultipathFinding['links'][number]>()
  for (const link of graph.links) {
    const from = shown(link.ttl, link.from)
    const to = shown(link.ttl + 1, link.to)
    links.set(`${link.ttl} ${from} ${to}`, { ...link, from, to })
  }
  return { ...graph, nodes: [...nodes.values()], links: [...links.values()] }
}

const maskMtu = ({ address, ttl, steps, ...rest }: PathMtu, isHidden: AddressTest): PathMtu => {
  const shown = (at: number | null, who: IpAddress | null): IpAddress | null => (isHidden(at ?? 0, who) ? null : who)
  return {
    ...rest,
    ttl,
    address: shown(ttl, address),
    steps: steps.map((step) => ({ ...step, address: shown(step.ttl, step.address) })),
  }
}

/** @param count TTLs up to this are masked. */
export const shownTrace = (finding: TraceFinding, count: number): ShownTrace => {
  if (count === 0) return { ...finding, masked: false }
  const { source: _, multipath, pathMtu, ...rest } = finding
  const secret = new Set<IpAddress | null>()
  for (const { ttl, address } of finding.hops) if (ttl <= count && address !== finding.target) secret.add(address)
  secret.delete(null)
  if (finding.source !== undefined) secret.add(finding.source)
  const isHidden: AddressTest = (ttl, address) => address !== null && (ttl <= count || secret.has(address))
  return {
    ...rest,
    masked: true,
    hops: finding.hops.map((hop) => (isHidden(hop.ttl, hop.address) ? hide(hop) : hop)),
    ...(multipath === undefined ? {} : { multipath: maskGraph(multipath, isHidden) }),
    ...(pathMtu === undefined ? {} : { pathMtu: maskMtu(pathMtu, isHidden) }),
  }
}

/** The addresses that a shown trace names. */
export const addressesOf = ({ hops, multipath, pathMtu }: ShownTrace): Set<IpAddress> =>
  new Set([...hops, ...(multipath?.nodes ?? []), ...(pathMtu?.steps ?? [])].flatMap(({ address }) => address ?? []))
