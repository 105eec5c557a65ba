/**
 * A trace as lines in the manner of traceroute(8), one for each TTL as soon as it and all before it are known:
 *
 *    3  ae1.fra.example.net (192.0.2.3)  20.114 ms  20.320 ms !H  *   AS64500 · Frankfurt, DE
 */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'
import { refusalMark } from '../../probe/trace/refusal.ts'
import { type AddressPlaces, asText, placeText } from '../address-places.ts'
import type { HostNames } from './host-names.ts'

export interface TraceLinesOptions {
  target: IpAddress
  firstTtl: number
  attempts: number
  names: HostNames
  places: AddressPlaces
  /** Hops up to this TTL are shown without their address. */
  maskHops: number
  /** What else is said of a hop, before its places. */
  remark?(ttl: number): string
  /** Takes each line. */
  print(line: string): void
}

export interface TraceLines {
  add(hop: TraceHop): void
  /** Prints what is left: the hops up to the last that answered, and in one line the silent ones behind it. */
  finish(lastAnswered: number, lastAsked: number): Promise<void>
}

const MASK = '(hidden)'

export const formatRtt = (rttUs: number): string => `${(rttUs / 1000).toFixed(3)} ms`

/** `[MPLS: 24001 24002]`, `[NAT]`, as far as there is something to say. */
const remarksOf = (hops: readonly TraceHop[]): string[] => {
  const labels = new Set(hops.flatMap(({ extensions }) => extensions?.mpls?.map(({ label }) => label) ?? []))
  return [
    ...(labels.size === 0 ? [] : [`[MPLS ${[...labels].join(' ')}]`]),
    ...(hops.some(({ translated }) => translated === true) ? ['[NAT]'] : []),
  ]
}

const lineOf = async (ttl: number, hops: readonly TraceHop[], options: TraceLinesOptions): Promise<string> => {
  const { target, names, places, maskHops } = options
  const parts: string[] = []
  const seen: IpAddress[] = []
  let before: IpAddress | null = null
  for (const hop of hops) {
    if (hop.address === null || hop.rttUs === null) {
      parts.push(' *')
      continue
    }
    if (hop.address !== before) {
      before = hop.address
      const address = formatIp(hop.address)
      const name = ttl <= maskHops ? null : await names.name(hop.address)
      parts.push(ttl <= maskHops ? ` ${MASK}` : name === null ? ` ${address}` : ` ${name} (${address})`)
      if (!seen.includes(hop.address)) seen.push(hop.address)
    }
    const mark = refusalMark(hop, target)
    parts.push(` ${formatRtt(hop.rttUs)}${mark === '' ? '' : ` ${mark}`}`)
  }
  const where = ttl <= maskHops ? [] : seen.map((address) => places.place(address))
  const facts = [...new Set(where.map((place) => [asText(place), placeText(place)].filter(Boolean).join(' · ')))]
  const remark = options.remark?.(ttl) ?? ''
  const told = [...(remark === '' ? [] : [remark]), ...remarksOf(hops), ...facts.filter((fact) => fact !== '')].join(
    '  ',
  )
  return `${String(ttl).padStart(2)} ${parts.join(' ')}${told === '' ? '' : `   ${told}`}`
}

export const makeTraceLines = (options: TraceLinesOptions): TraceLines => {
  const byTtl = new Map<number, TraceHop[]>()
  let next = options.firstTtl
  let ended = false
  let printing: Promise<void> = Promise.resolve()

  const printLine = (ttl: number): void => {
    const hops = (byTtl.get(ttl) ?? []).sort((a, b) => a.attempt - b.attempt)
    printing = printing.then(async () => options.print(await lineOf(ttl, hops, options)))
  }
  const answered = (ttl: number): boolean => byTtl.get(ttl)?.some(({ address }) => address !== null) === true
  const endsAt = (ttl: number): boolean =>
    byTtl.get(ttl)?.some((hop) => hop.address === options.target || /^![^F]/.test(refusalMark(hop, options.target))) ===
    true
  let farthest = 0
  return {
    add(hop) {
      const hops = byTtl.get(hop.ttl) ?? []
      hops.push(hop)
      byTtl.set(hop.ttl, hops)
      if (hop.address !== null) {
        farthest = Math.max(farthest, hop.ttl)
        // All at once, not line by line.
        if (hop.ttl > options.maskHops) void options.names.name(hop.address)
      }
      // Silence beyond the farthest answer is printed at the end, when it is known where that is.
      while (!ended && next <= farthest && byTtl.get(next)?.length === options.attempts) {
        printLine(next)
        ended = answered(next) && endsAt(next)
        next += 1
      }
    },
    async finish(lastAnswered, lastAsked) {
      for (; next <= lastAnswered; next += 1) printLine(next)
      await printing
      if (next < lastAsked) options.print(`${next}-${lastAsked}  * no answer`)
      else if (next === lastAsked) options.print(`${String(next).padStart(2)}  * no answer`)
    },
  }
}
