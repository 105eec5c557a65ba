/**
 * What is known of the paths to a target while they are looked for: which flow passes which router, what the stopping rule still
 * asks for, and where a per-packet balancer makes one group of the routers of a hop (multipath.ts has the theory).
 */

import type { IpAddress } from '../../core/ip.ts'
import { MAX_FLOW } from './kinds/contract.ts'
import { stoppingPoint } from './stopping-point.ts'

export interface MultipathOptions {
  /** 0 … 1, both excluded. */
  confidence: number
  firstTtl: number
  maxTtl: number
  /** Silent hops in a row that end a branch. */
  gapLimit: number
  timeoutUs: number
  /** Tries before a hop counts as silent for a flow. */
  attempts: number
}

/** How a router spreads what it forwards. */
export type Balance = 'none' | 'flow' | 'packet'

export interface MultipathNode {
  ttl: number
  /** Null: silent. */
  address: IpAddress | null
  balance: Balance
  /** The least round trip seen. */
  rttUs: number | null
}

export interface MultipathLink {
  /** TTL of the nearer end. */
  ttl: number
  from: IpAddress | null
  to: IpAddress | null
  /** False behind a per-packet balancer, where packets cannot be followed. */
  certain: boolean
}

/** A router, a silent place, or all routers of a hop behind a per-packet balancer. */
export interface Vertex {
  ttl: number
  members: Set<IpAddress | null>
  /** Flows known to pass. */
  flows: Set<number>
  /** Flows tried at the next TTL. */
  tried: Set<number>
  successors: Set<Vertex>
  /** Undefined until it has several successors and one flow was repeated. */
  balance: Balance | undefined
  /** What comes next when the balance is per packet. */
  group: Vertex | undefined
  /** More answers of one flow, of a per-packet balancer: as good as other flows. */
  repeated: number
  /** Nothing more is tried from here: the target, somebody who refuses, or no flow to be found that passes. */
  closed: boolean
  /** Silent vertices in a row, this one included. */
  silence: number
}

/** New flows that are tried in vain to pass a router before it is left with what it has. */
const MAX_BARREN_FLOWS = 256

const newVertex = (ttl: number, address: IpAddress | null): Vertex => ({
  ttl,
  members: new Set([address]),
  flows: new Set(),
  tried: new Set(),
  successors: new Set(),
  balance: undefined,
  group: undefined,
  repeated: 0,
  closed: false,
  silence: address === null ? 1 : 0,
})

export interface Order {
  flow: number
  ttl: number
  /** A repetition to see whether one flow takes several branches of this vertex. */
  repeats?: Vertex
}

/** The graph as far as it is known, and what one answer more says of it. */
export class Exploration {
  readonly root: Vertex
  readonly vertices = new Map<string, Vertex>()
  readonly #options: MultipathOptions
  readonly #paths = new Map<number, Map<number, Vertex>>()
  /** Flows that met a router at a TTL whose predecessor is not known yet. */
  readonly #strays: { flow: number; ttl: number; address: IpAddress | null; ends: boolean }[] = []
  readonly #barren = new Map<number, number>()
  #nextFlow = 0

  constructor(options: MultipathOptions) {
    this.#options = options
    this.root = newVertex(options.firstTtl - 1, null)
    this.root.silence = 0
  }

  all(): Vertex[] {
    return [this.root, ...new Set(this.vertices.values())]
  }

  risk(): number {
    const balancers = this.all().filter(({ successors, group }) => successors.size > 1 || group !== undefined).length
    return (1 - this.#options.confidence) / (balancers + 1)
  }

  #newFlow(): number | null {
    if (this.#nextFlow > MAX_FLOW) return null
    const flow = this.#nextFlow
    this.#nextFlow += 1
    this.root.flows.add(flow)
    this.#paths.set(flow, new Map([[this.root.ttl, this.root]]))
    return flow
  }

  #ends(vertex: Vertex): boolean {
    return vertex.closed || vertex.ttl >= this.#options.maxTtl || vertex.silence >= this.#options.gapLimit
  }

  /** What to send next: at most what the rule still asks for, nearest hops first. Empty when the graph is complete. */
  orders(): Order[] {
    const risk = this.risk()
    const isStray = (flow: number, ttl: number): boolean =>
      this.#strays.some((each) => each.flow === flow && each.ttl === ttl)
    const orders: Order[] = this.#strays.flatMap(({ flow, ttl }) =>
      isStray(flow, ttl - 1) ? [] : { flow, ttl: ttl - 1 },
    )
    const wanted = new Map<number, number>()
    for (const vertex of this.all()) {
      if (this.#ends(vertex)) continue
      if (vertex.successors.size > 1 && vertex.balance === undefined) {
        const [flow] = vertex.tried
        const repetitions = stoppingPoint(1, risk) - 1
        for (let i = 0; i < repetitions; i += 1) orders.push({ flow: flow!, ttl: vertex.ttl + 1, repeats: vertex })
        continue
      }
      let missing = this.#missing(vertex, risk)
      for (const flow of vertex.flows) {
        if (missing <= 0) break
        if (vertex.tried.has(flow)) continue
        orders.push({ flow, ttl: vertex.ttl + 1 })
        missing -= 1
      }
      if (missing > 0) wanted.set(vertex.ttl, (wanted.get(vertex.ttl) ?? 0) + missing)
    }
    // More flows only when those nearer, which may bring some, are done.
    if (orders.length > 0 || wanted.size === 0) return orders
    const ttl = Math.min(...wanted.keys())
    return this.#searches(ttl, wanted.get(ttl)!)
  }

  /** New flows, to be tried where flows are missing. */
  #searches(ttl: number, missing: number): Order[] {
    const barren = this.#barren.get(ttl) ?? 0
    const orders: Order[] = []
    for (let i = 0; i < missing && barren + i < MAX_BARREN_FLOWS; i += 1) {
      const flow = this.#newFlow()
      if (flow === null) break
      // At the root every flow is one that passes.
      orders.push({ flow, ttl: Math.max(ttl, this.root.ttl + 1) })
    }
    this.#barren.set(ttl, barren + orders.length)
    if (orders.length === 0) {
      // It stays with what it has.
      const risk = this.risk()
      for (const vertex of this.all()) vertex.closed ||= vertex.ttl === ttl && this.#missing(vertex, risk) > 0
      return this.orders()
    }
    return orders
  }

  /** How many more answers from behind the vertex the rule asks for. */
  #missing({ group, successors, tried, repeated }: Vertex, risk: number): number {
    const branches = group?.members.size ?? successors.size
    return stoppingPoint(Math.max(1, branches), risk) - tried.size - repeated
  }

  /** Who has answered at the flow's place at a TTL. */
  respondersOf(flow: number, ttl: number): ReadonlySet<IpAddress | null> {
    return this.#paths.get(flow)?.get(ttl)?.members ?? new Set()
  }

  /** One flow was answered, or not, at a TTL. */
  place(flow: number, ttl: number, address: IpAddress | null, ends: boolean): void {
    const path = this.#paths.get(flow)!
    const stray = this.#strays.findIndex((each) => each.flow === flow && each.ttl === ttl + 1)
    const parent = path.get(ttl - 1)
    const known = this.vertices.get(`${ttl} ${address}`)
    if (parent === undefined && known === undefined) {
      this.#strays.push({ flow, ttl, address, ends })
    } else {
      const vertex = parent === undefined ? known! : this.#successor(parent, ttl, address)
      vertex.closed ||= ends
      vertex.flows.add(flow)
      path.set(ttl, vertex)
      if (parent !== undefined) {
        if (!parent.tried.has(flow)) this.#barren.delete(parent.ttl)
        parent.tried.add(flow)
        parent.successors.add(vertex)
      }
    }
    if (stray < 0) return
    const [later] = this.#strays.splice(stray, 1)
    if (path.has(ttl)) this.place(flow, later!.ttl, later!.address, later!.ends)
    else this.#strays.push(later!)
  }

  #successor(parent: Vertex, ttl: number, address: IpAddress | null): Vertex {
    const key = `${ttl} ${address}`
    const { group } = parent
    if (group !== undefined) {
      group.members.add(address)
      this.vertices.set(key, group)
      return group
    }
    const before = this.vertices.get(key)
    if (before !== undefined) return before
    const vertex = newVertex(ttl, address)
    vertex.silence = address === null ? parent.silence + 1 : 0
    this.vertices.set(key, vertex)
    return vertex
  }

  /** What the repetitions of one flow at a vertex have met. */
  judge(vertex: Vertex, met: ReadonlySet<IpAddress | null>, repetitions: number): void {
    vertex.balance = met.size > 1 ? 'packet' : 'flow'
    if (vertex.balance === 'flow') return
    vertex.repeated = repetitions
    const group = newVertex(vertex.ttl + 1, null)
    group.members.clear()
    group.silence = 0
    for (const each of vertex.successors) {
      for (const member of each.members) group.members.add(member)
      for (const flow of each.flows) {
        group.flows.add(flow)
        this.#paths.get(flow)!.set(group.ttl, group)
      }
      group.closed ||= each.closed
      // What was tried through one of them says nothing of it alone.
      for (const flow of each.tried) group.tried.add(flow)
      for (const next of each.successors) group.successors.add(next)
    }
    for (const address of met) group.members.add(address)
    for (const member of group.members) this.vertices.set(`${group.ttl} ${member}`, group)
    const merged = [...vertex.successors]
    for (const other of this.all()) {
      for (const old of merged) if (other.successors.delete(old)) other.successors.add(group)
    }
    vertex.successors = new Set([group])
    vertex.group = group
  }
}

export const collectGraph = (exploration: Exploration, target: IpAddress, rtts: ReadonlyMap<string, number>) => {
  const nodes: MultipathNode[] = []
  const links: MultipathLink[] = []
  for (const vertex of exploration.all()) {
    const balance: Balance = vertex.balance ?? 'none'
    if (vertex !== exploration.root) {
      for (const address of vertex.members) {
        nodes.push({ ttl: vertex.ttl, address, balance, rttUs: rtts.get(`${vertex.ttl} ${address}`) ?? null })
      }
    }
    if (vertex === exploration.root) continue
    for (const next of vertex.successors) {
      const certain = vertex.members.size === 1 || next.members.size === 1
      for (const from of vertex.members) {
        for (const to of next.members) if (from !== target) links.push({ ttl: vertex.ttl, from, to, certain })
      }
    }
  }
  const order = (a: IpAddress | null, b: IpAddress | null): number =>
    a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1
  nodes.sort((a, b) => a.ttl - b.ttl || order(a.address, b.address))
  links.sort((a, b) => a.ttl - b.ttl || order(a.from, b.from) || order(a.to, b.to))
  return { nodes, links }
}
