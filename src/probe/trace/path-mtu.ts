/**
 * The largest packet that reaches a target whole, and who refuses what is longer. Packets that must not be fragmented go to the farthest
 * hop that answers: what comes back from there fitted; a router that says "fragmentation needed" (RFC 1191) or "packet too big"
 * (RFC 8201) tells how much does fit. Its word is a hint, tried at once and one byte beyond, since routers tell too little, too
 * much, or 0; routers that drop without a word (RFC 2923, black holes) are met by halving what lies between the longest packet that
 * fitted and the shortest that did not. Then the packets that did not fit are sent to each hop, to see which is the first
 * that does not get them.
 */

import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Trace } from '../../core/trace.ts'
import { ICMP_TYPE, ICMP_UNREACHABLE_CODE } from '../../wire/icmp.ts'
import { ICMPV6_TYPE } from '../../wire/icmpv6.ts'
import type { ProbeAnswer } from './answer.ts'
import type { Exchange, ProbeResult } from './exchange.ts'

export interface PathMtuOptions {
  /** Probes of one length that may stay unanswered before it counts as too long. */
  attempts: number
  /** The longest wait for an answer. */
  timeoutUs: number
  flow: number
}

export const DEFAULT_PATH_MTU: PathMtuOptions = { attempts: 3, timeoutUs: 1_000_000, flow: 0 }

/** One place on the way where less fits than before it. */
export interface MtuStep {
  /** The router behind whose address less fits; null when it was not found, 0 for this machine. */
  ttl: number | null
  address: IpAddress | null
  /** The longest packet that gets past it as far as is known, bytes. */
  mtu: number
  /** What the router itself said; null: it drops longer packets without a word. */
  said: number | null
}

export interface PathMtu {
  /** Bytes of IP packet. */
  mtu: number
  /** Of the interface that packets leave from. */
  interfaceMtu: number
  /** How far that holds: the farthest hop that answers. Null: nobody answers, and nothing is known. */
  ttl: number | null
  address: IpAddress | null
  /** In the order of the way. */
  steps: MtuStep[]
  /** Probes sent. */
  probes: number
}

/** RFC 791, section 3.2, and RFC 8200, section 5: what every line carries. */
const LEAST_MTU = 68
const LEAST_MTU6 = 1280
const LEAST_WAIT_US = 200_000
const WAIT_IN_ROUND_TRIPS = 3
/** A length is believed to be too long after this many times the attempts, when nobody says so. */
const CONFIRMING = 2
const MAX_CONFIRMATIONS = 3

type Verdict = { fits: true } | { fits: false; refusal: { address: IpAddress; said: number } | null; unsent: boolean }

interface Refusal {
  bytes: number
  address: IpAddress
  said: number
}

interface Search {
  probe(bytes: number, ttl: number, attempts: number): Promise<Verdict>
  stopped(): boolean
  attempts: number
  endTtl: number
}

interface Found {
  good: number
  bad: number
  refusals: Refusal[]
  /** Nobody says why what is longer does not arrive. */
  silent: boolean
  /** This machine itself would not send it. */
  local: boolean
}

/** A length to try next: what a router named, one byte beyond that, or the middle. */
const nextBytes = ({ good, bad, refusals }: Found): number => {
  const said = refusals.at(-1)?.said ?? 0
  if (said > good && said < bad) return said
  return said === good ? good + 1 : Math.floor((good + bad) / 2)
}

const judge = (found: Found, bytes: number, verdict: Verdict): void => {
  if (verdict.fits) {
    found.good = bytes
    return
  }
  found.bad = bytes
  found.local = verdict.unsent
  found.silent = verdict.refusal === null && !verdict.unsent
  if (verdict.refusal !== null) found.refusals.push({ bytes, ...verdict.refusal })
}

/** Between the longest that fits and the shortest that does not. */
const narrow = async (search: Search, least: number, ceiling: number): Promise<Found> => {
  const { probe, stopped, attempts, endTtl } = search
  const found: Found = { good: Math.min(least, ceiling), bad: ceiling + 1, refusals: [], silent: false, local: false }
  judge(found, ceiling, await probe(ceiling, endTtl, attempts))
  for (let confirmations = 0; ; confirmations += 1) {
    while (found.bad - found.good > 1 && !stopped()) {
      const bytes = nextBytes(found)
      judge(found, bytes, await probe(bytes, endTtl, attempts))
    }
    if (!found.silent || confirmations === MAX_CONFIRMATIONS || stopped()) return found
    const bytes = found.bad
    judge(found, bytes, await probe(bytes, endTtl, attempts * CONFIRMING))
    if (found.good !== bytes) return found
    // It had been lost, not refused.
    found.bad = Math.min(ceiling + 1, ...found.refusals.map((each) => each.bytes).filter((each) => each > bytes))
    found.silent = false
  }
}

/** Who answers at which TTL, nearest first. */
const respondersOf = ({ hops }: Trace): Map<number, IpAddress> => {
  const responders = new Map<number, IpAddress>()
  for (const { ttl, address } of hops) if (address !== null && !responders.has(ttl)) responders.set(ttl, address)
  return new Map([...responders].sort(([a], [b]) => a - b))
}

/** A router that says so: its place is before the first hop that packets of this length do not get to. */
const locateSpeaker = async (search: Search, found: Found, address: IpAddress): Promise<MtuStep> => {
  const [own, others] = [true, false].map((mine) =>
    found.refusals.filter((each) => (each.address === address) === mine),
  )
  const boundary = Math.min(...own!.map(({ bytes }) => bytes))
  const { said } = own!.at(-1)!
  const passed = Math.max(found.good, ...others!.map(({ bytes }) => bytes).filter((bytes) => bytes < boundary))
  const ttls = Array.from({ length: search.endTtl }, (_, i) => i + 1)
  const verdicts = await Promise.all(ttls.map((ttl) => search.probe(boundary, ttl, search.attempts)))
  // A packet whose TTL ends at the router itself fits: the first that is refused was meant for the hop behind it.
  const first = verdicts.findIndex((verdict) => !verdict.fits && verdict.refusal?.address === address)
  return { ttl: first < 0 ? null : first, address, mtu: said >= passed && said < boundary ? said : passed, said }
}

/** Packets that vanish: behind the farthest hop that they get to. */
const locateSilence = async (search: Search, found: Found, responders: Map<number, IpAddress>): Promise<MtuStep> => {
  const ttls = [...responders.keys()]
  const verdicts = await Promise.all(ttls.map((ttl) => search.probe(found.bad, ttl, search.attempts)))
  const ttl = ttls[verdicts.findLastIndex(({ fits }) => fits)] ?? null
  return { ttl, address: ttl === null ? null : responders.get(ttl)!, mtu: found.good, said: null }
}

const stepsOf = async (search: Search, found: Found, responders: Map<number, IpAddress>): Promise<MtuStep[]> => {
  const steps: MtuStep[] = found.local ? [{ ttl: 0, address: null, mtu: found.good, said: null }] : []
  for (const address of new Set(found.refusals.map((each) => each.address))) {
    steps.push(await locateSpeaker(search, found, address))
  }
  if (found.silent) steps.push(await locateSilence(search, found, responders))
  return steps.sort(
    (a, b) => (a.ttl ?? Number.POSITIVE_INFINITY) - (b.ttl ?? Number.POSITIVE_INFINITY) || b.mtu - a.mtu,
  )
}

const isTooBig = ({ icmpType, icmpCode }: ProbeAnswer, target: IpAddress): boolean =>
  isIpv4(target)
    ? icmpType === ICMP_TYPE.unreachable && icmpCode === ICMP_UNREACHABLE_CODE.fragmentationNeeded
    : icmpType === ICMPV6_TYPE.packetTooBig

/** Runs the exchange for work that asks one thing after the other. */
const whileRunning = async <T>(exchange: Exchange, work: Promise<T>): Promise<T> => {
  let over = false
  const done = work.finally(() => {
    over = true
  })
  // Between an answer and the next question nothing is under way, and `run` comes back.
  while (!over) {
    await exchange.run(() => over)
    await Promise.resolve()
  }
  return done
}

/**
 * @param trace what small packets met on the same flow.
 * @throws InterplotError ERR_LINK_SEND when the link is gone.
 */
export const discoverPathMtu = async (
  exchange: Exchange,
  trace: Trace,
  partial: Partial<PathMtuOptions> = {},
  stopped: () => boolean = () => false,
): Promise<PathMtu> => {
  const { attempts, timeoutUs, flow } = { ...DEFAULT_PATH_MTU, ...partial }
  const { target } = trace
  const responders = respondersOf(trace)
  const endTtl = [...responders.keys()].at(-1)
  const interfaceMtu = exchange.mtu
  if (endTtl === undefined) return { mtu: 0, interfaceMtu, ttl: null, address: null, steps: [], probes: 0 }
  const longestUs = Math.max(...trace.hops.map(({ rttUs }) => rttUs ?? 0))
  const waitUs = Math.min(timeoutUs, Math.max(LEAST_WAIT_US, longestUs * WAIT_IN_ROUND_TRIPS))
  let probes = 0

  const ask = (bytes: number, ttl: number): Promise<ProbeResult> =>
    new Promise((resolve) => {
      probes += 1
      const order = { target, ttl, flow, timeoutUs: waitUs, packetBytes: bytes, dontFragment: true }
      exchange.submit(order, resolve)
    })
  const probe = async (bytes: number, ttl: number, tries: number): Promise<Verdict> => {
    for (let left = tries; left > 0 && !stopped(); left -= 1) {
      const { answer, unsent } = await ask(bytes, ttl)
      if (unsent) return { fits: false, refusal: null, unsent }
      if (answer === null) continue
      if (!isTooBig(answer, target)) return { fits: true }
      return { fits: false, refusal: { address: answer.address, said: answer.mtu ?? 0 }, unsent }
    }
    return { fits: false, refusal: null, unsent: false }
  }

  const search: Search = { probe, stopped, attempts, endTtl }
  const work = async (): Promise<PathMtu> => {
    const found = await narrow(search, isIpv4(target) ? LEAST_MTU : LEAST_MTU6, interfaceMtu)
    const steps = stopped() ? [] : await stepsOf(search, found, responders)
    return { mtu: found.good, interfaceMtu, ttl: endTtl, address: responders.get(endTtl)!, steps, probes }
  }
  return whileRunning(exchange, work())
}
