/**
 * All paths to a target: the Multipath Detection Algorithm. Load balancers pick a branch by a hash of what names a flow, so
 * many flows are traced, hop by hop: at each router that is known, flows that pass it are tried at the next TTL until the
 * stopping rule (stopping-point.ts) says that a further branch would have shown. Where too few known flows pass a router, new ones
 * are looked for that do (node control).
 *
 * The confidence is that of the whole graph: the risk of one router is the whole risk divided by the number of balancers found so
 * far and one more. A balancer that spreads packets whatever their flow shows when one flow, repeated, takes several
 * branches; behind it the routers of a hop are one group, since no flow stays with one of them: who is linked to whom
 * is certain only where one side has a single router.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { TraceEnd, TraceHop } from '../../core/trace.ts'
import type { Exchange, ProbeResult } from './exchange.ts'
import {
  collectGraph,
  Exploration,
  type MultipathLink,
  type MultipathNode,
  type MultipathOptions,
  type Order,
  type Vertex,
} from './path-exploration.ts'
import { isRefusal } from './refusal.ts'

export const DEFAULT_MULTIPATH: MultipathOptions = {
  confidence: 0.95,
  firstTtl: 1,
  maxTtl: 30,
  gapLimit: 5,
  timeoutUs: 1_000_000,
  attempts: 3,
}

export interface MultipathGraph {
  target: IpAddress
  startedUs: number
  finishedUs: number
  reached: boolean
  end: TraceEnd
  confidence: number
  nodes: MultipathNode[]
  links: MultipathLink[]
  /** Probes sent. */
  probes: number
  /** Every probe, in the order of settling; `attempt` counts at its TTL. */
  hops: TraceHop[]
}

export interface MultipathEvents {
  onHop?(hop: TraceHop): void
  stopped?(): boolean
}

/** @throws InterplotError ERR_LINK_SEND when the link is gone. */
export const discoverMultipath = async (
  exchange: Exchange,
  target: IpAddress,
  partial: Partial<MultipathOptions> = {},
  { onHop, stopped = () => false }: MultipathEvents = {},
): Promise<MultipathGraph> => {
  const options = { ...DEFAULT_MULTIPATH, ...partial }
  const { attempts, timeoutUs } = options
  const startedUs = exchange.clock.nowUs()
  const exploration = new Exploration(options)
  const hops: TraceHop[] = []
  const attemptsAt = new Map<number, number>()
  const rtts = new Map<string, number>()
  let reached = false
  let refused = false

  const note = ({ flow, ttl }: Order, { sentUs, answer }: ProbeResult): void => {
    const attempt = attemptsAt.get(ttl) ?? 0
    attemptsAt.set(ttl, attempt + 1)
    const hop: TraceHop = {
      ...{ ttl, attempt, flow, sentUs, address: null, rttUs: null, icmpType: null, icmpCode: null, replyTtl: null },
    }
    if (answer !== null) {
      const { fromTarget, ...facts } = answer
      Object.assign(hop, facts)
      const key = `${ttl} ${answer.address}`
      rtts.set(key, Math.min(rtts.get(key) ?? Number.POSITIVE_INFINITY, answer.rttUs))
      reached ||= fromTarget
    }
    hops.push(hop)
    onHop?.(hop)
  }

  /** Asks until somebody answers, `attempts` times at most. */
  const ask = (order: Order): Promise<ProbeResult> =>
    new Promise((resolve) => {
      const send = (left: number): void => {
        const { flow, ttl } = order
        exchange.submit({ target, ttl, flow, timeoutUs }, (result) => {
          note(order, result)
          if (result.answer === null && left > 1 && !stopped()) send(left - 1)
          else resolve(result)
        })
      }
      send(attempts)
    })

  for (let orders = exploration.orders(); orders.length > 0 && !stopped(); orders = exploration.orders()) {
    const answers = orders.map(async (order) => ({ order, result: await ask(order) }))
    await exchange.run()
    const met = new Map<Vertex, Set<IpAddress | null>>()
    for (const { order, result } of await Promise.all(answers)) {
      const { answer } = result
      const address = answer?.address ?? null
      const refusal = answer !== null && !answer.fromTarget && isRefusal(answer, target)
      refused ||= refusal
      if (order.repeats !== undefined) {
        const seen = met.get(order.repeats) ?? new Set(exploration.respondersOf(order.flow, order.ttl))
        met.set(order.repeats, seen.add(address))
      } else exploration.place(order.flow, order.ttl, address, refusal || answer?.fromTarget === true)
    }
    for (const [vertex, seen] of met) {
      exploration.judge(vertex, seen, orders.filter(({ repeats }) => repeats === vertex).length)
    }
  }
  return {
    target,
    startedUs,
    finishedUs: exchange.clock.nowUs(),
    reached,
    end: stopped() ? 'interrupted' : reached ? 'reached' : refused ? 'unreachable' : 'gap',
    confidence: options.confidence,
    ...collectGraph(exploration, target, rtts),
    probes: hops.length,
    hops,
  }
}
