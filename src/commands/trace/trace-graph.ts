/**
 * Traces as a graph: an address is one node in all of them, a silent or hidden hop one of its trace. Answers of one flow, or else of
 * one attempt, are linked from TTL to TTL; a probe that was lost where others were answered is taken for one to the router that
 * answered most.
 */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { Value } from '../../core/reply-field.ts'
import type { GraphEdge, GraphNode, PathGraph } from '../../output/path-graph.ts'
import { asText, placeText } from '../address-places.ts'
import { type AddressFacts, isAnswered, type ShownHop, type ShownTrace } from './shown-trace.ts'

interface Draft {
  nodes: Map<string, GraphNode>
  edges: Map<string, GraphEdge & { facts: Record<string, Value> }>
  facts: AddressFacts
}

/** Least round trips of one trace by node. */
type RoundTrips = ReadonlyMap<string, number>

const addNode = (draft: Draft, node: GraphNode): void => {
  if (!draft.nodes.has(node.id)) draft.nodes.set(node.id, node)
}

const addAddress = (
  draft: Draft,
  address: IpAddress,
  target: IpAddress,
  ttl: number,
  more: GraphNode['facts'],
): void => {
  const text = formatIp(address)
  const name = draft.facts.name(address)
  const place = draft.facts.place(address)
  const told = [asText(place), placeText(place)].filter((each) => each !== '').join(' · ')
  const role = address === target ? 'target' : 'router'
  const before = draft.nodes.get(text)
  // The target of one trace may be a router of another.
  if (before !== undefined) {
    if (role === 'target') draft.nodes.set(text, { ...before, role })
    return
  }
  addNode(draft, {
    id: text,
    lines: [...(name === null ? [] : [name]), text, ...(told === '' ? [] : [told])],
    role,
    facts: {
      address: text,
      name,
      ttl,
      asn: place?.asn ?? null,
      isp: place?.asOrganization ?? null,
      country: place?.country ?? place?.countryCode ?? null,
      city: place?.city ?? null,
      latitude: place?.latitude ?? null,
      longitude: place?.longitude ?? null,
      ...more,
    },
  })
}

const addUnknown = (draft: Draft, id: string, role: 'silent' | 'hidden', ttl: number): void =>
  addNode(draft, { id, lines: [role === 'silent' ? '*' : '(hidden)'], role, facts: { ttl } })

const addEdge = (
  draft: Draft,
  from: string,
  to: string,
  trips: RoundTrips,
  counted: Set<string>,
  certain = true,
): void => {
  const key = `${from} ${to}`
  if (from === to || counted.has(key)) return
  counted.add(key)
  const before = draft.edges.get(key)
  const rttUs = trips.get(to)
  const nearUs = trips.get(from)
  if (before !== undefined) {
    before.facts['traces'] = Number(before.facts['traces']) + 1
    const least = Math.min(Number(before.facts['rtt_ms'] ?? Number.POSITIVE_INFINITY), (rttUs ?? Infinity) / 1000)
    before.facts['rtt_ms'] = Number.isFinite(least) ? least : null
    return
  }
  draft.edges.set(key, {
    from,
    to,
    label: rttUs === undefined ? '' : `${(rttUs / 1000).toFixed(1)} ms`,
    certain,
    facts: {
      traces: 1,
      rtt_ms: rttUs === undefined ? null : rttUs / 1000,
      added_ms: rttUs === undefined || nearUs === undefined ? null : (rttUs - nearUs) / 1000,
    },
  })
}

const addSource = (draft: Draft, { source, masked }: ShownTrace): string => {
  const id = source === undefined ? 'source' : `source-${formatIp(source)}`
  const line = source === undefined ? (masked ? '(hidden)' : 'here') : formatIp(source)
  addNode(draft, { id, lines: [line], role: 'source', facts: { address: source === undefined ? null : line, ttl: 0 } })
  return id
}

/** Node of each probe; what one sequence of them (a flow or an attempt) met by TTL. */
const sequencesOf = (
  hops: readonly ShownHop[],
  nodeOf: (hop: ShownHop) => string,
): Map<number, Map<number, string>> => {
  const byFlow = new Set(hops.map(({ flow }) => flow ?? 0)).size > 1
  const sequences = new Map<number, Map<number, string>>()
  for (const hop of hops) {
    const key = byFlow ? (hop.flow ?? 0) : hop.attempt
    const sequence = sequences.get(key) ?? new Map<number, string>()
    sequences.set(key, sequence)
    // Of several tries of one flow the one that was answered counts.
    if (!sequence.has(hop.ttl) || isAnswered(hop)) sequence.set(hop.ttl, nodeOf(hop))
  }
  return sequences
}

const addTrace = (draft: Draft, trace: ShownTrace, index: number): void => {
  const last = Math.max(0, ...trace.hops.filter(isAnswered).map(({ ttl }) => ttl))
  const hops = trace.hops.filter(({ ttl }) => ttl <= last)
  const answers = new Map<number, Map<string, number>>()
  const trips = new Map<string, number>()
  const plainId = ({ ttl, address, hidden }: ShownHop): string =>
    address !== null ? formatIp(address) : `${hidden === true ? 'hidden' : 'silent'}-${index}-${ttl}`
  for (const hop of hops) {
    if (!isAnswered(hop)) continue
    const id = plainId(hop)
    if (hop.rttUs !== null) trips.set(id, Math.min(trips.get(id) ?? Number.POSITIVE_INFINITY, hop.rttUs))
    const counts = answers.get(hop.ttl) ?? new Map<string, number>()
    answers.set(hop.ttl, counts.set(id, (counts.get(id) ?? 0) + 1))
  }
  const usual = (ttl: number): string | undefined => [...(answers.get(ttl) ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0]
  const nodeOf = (hop: ShownHop): string => (isAnswered(hop) ? plainId(hop) : (usual(hop.ttl) ?? plainId(hop)))
  const source = addSource(draft, trace)
  for (const hop of hops) {
    if (hop.address !== null) addAddress(draft, hop.address, trace.target, hop.ttl, {})
    else if (nodeOf(hop) === plainId(hop))
      addUnknown(draft, plainId(hop), hop.hidden === true ? 'hidden' : 'silent', hop.ttl)
  }
  const counted = new Set<string>()
  for (const sequence of sequencesOf(hops, nodeOf).values()) {
    for (const [ttl, node] of sequence) {
      const before = ttl === 1 ? source : sequence.get(ttl - 1)
      if (before !== undefined) addEdge(draft, before, node, trips, counted)
    }
  }
}

const addMultipath = (draft: Draft, trace: ShownTrace, index: number): void => {
  const { nodes, links } = trace.multipath!
  const source = addSource(draft, trace)
  const trips = new Map<string, number>()
  const counted = new Set<string>()
  const idOf = (ttl: number, address: IpAddress | null): string =>
    address === null ? `${trace.masked ? 'unnamed' : 'silent'}-${index}-${ttl}` : formatIp(address)
  for (const { ttl, address, balance, rttUs } of nodes) {
    const id = idOf(ttl, address)
    if (rttUs !== null) trips.set(id, Math.min(trips.get(id) ?? Number.POSITIVE_INFINITY, rttUs))
    if (address !== null) addAddress(draft, address, trace.target, ttl, { balance })
    else addUnknown(draft, id, rttUs === null ? 'silent' : 'hidden', ttl)
  }
  for (const { ttl, address } of nodes) if (ttl === 1) addEdge(draft, source, idOf(ttl, address), trips, counted)
  for (const { ttl, from, to, certain } of links) {
    addEdge(draft, idOf(ttl, from), idOf(ttl + 1, to), trips, counted, certain)
  }
}

export const traceGraph = (traces: readonly ShownTrace[], facts: AddressFacts): PathGraph => {
  const draft: Draft = { nodes: new Map(), edges: new Map(), facts }
  for (const [index, trace] of traces.entries()) {
    if (trace.multipath === undefined) addTrace(draft, trace, index)
    else addMultipath(draft, trace, index)
  }
  return { name: 'interplot', nodes: [...draft.nodes.values()], edges: [...draft.edges.values()] }
}
