/**
 * mtr's JSON report: a line a hop with the sums of many probes, and no time. Each hop becomes as many attempts as were answered and lost (100 at
 * most). Of single round trips it tells the best, the worst and the last; the other answers are kept without one.
 */

import type { TraceHop } from '../../../core/trace.ts'
import { type JsonObject, type TraceFormat, uuidOf } from './contract.ts'
import { addressOf, isObject, nameOf, numberOf, objects, rttUs, silentHop, ttlOf, wholeIn } from './json-fields.ts'

const MOST_ATTEMPTS = 100
const MOST_SENT = 1e9

/** `name (192.0.2.1)`, `192.0.2.1`, `name`. */
const hostOf = (text: unknown): { address: TraceHop['address']; name: string | undefined } => {
  const written = typeof text === 'string' ? text.trim() : ''
  const both = /^(.*\S)\s*\(([^()]+)\)$/.exec(written)
  const address = addressOf(both?.[2] ?? written) ?? null
  return { address, name: both === null || address === null ? undefined : nameOf(both[1]) }
}

/** Those that are surely of different probes. */
const tripsOf = (hub: JsonObject, received: number): number[] => {
  const [best, worst, last, only] = [hub['Best'], hub['Wrst'], hub['Last'], hub['Avg']].map(rttUs)
  if (received === 1) return [only ?? best].filter((each) => each !== undefined)
  const told = [best, worst, last === best || last === worst || received < 3 ? undefined : last]
  return told.filter((each) => each !== undefined)
}

const attemptsOf = (hub: JsonObject, ttl: number, address: TraceHop['address']): TraceHop[] => {
  const sent = Math.min(MOST_ATTEMPTS, wholeIn(numberOf(hub['Snt']), 1, MOST_SENT) ?? 1)
  const loss = numberOf(hub['Loss%'])
  const lost = Math.min(sent, Math.max(0, Math.round((sent * (Number.isFinite(loss) ? loss : 100)) / 100)))
  const trips = tripsOf(hub, sent - lost)
  return Array.from({ length: sent }, (_, attempt) => {
    const hop = silentHop(ttl, attempt)
    return address === null || attempt >= sent - lost ? hop : { ...hop, address, rttUs: trips[attempt] ?? null }
  })
}

export const mtr: TraceFormat = {
  name: 'mtr',
  help: "mtr's report as JSON",
  recognizes: ({ report }) => isObject(report) && Array.isArray(report['hubs']),
  read(value, { writtenUs }) {
    const report = value['report'] as JsonObject
    const about = isObject(report['mtr']) ? report['mtr'] : {}
    const names = new Map<NonNullable<TraceHop['address']>, string>()
    const hops: TraceHop[] = []
    const told = objects(report['hubs'])
    for (const hub of told) {
      const ttl = ttlOf(numberOf(hub['count']))
      if (ttl === undefined || hops.some((hop) => hop.ttl === ttl)) continue
      // Our own report names the address beside the name.
      const own = addressOf(hub['address'])
      const { address, name } = own === undefined ? hostOf(hub['host']) : { address: own, name: nameOf(hub['host']) }
      if (address !== null && name !== undefined && addressOf(name) === undefined) names.set(address, name)
      hops.push(...attemptsOf(hub, ttl, address))
    }
    const target = addressOf(about['dst']) ?? hops.at(-1)?.address ?? undefined
    if (target === undefined) return 'the target is a name, and the last hop has no address'
    const name = nameOf(about['dst'])
    const source = addressOf(about['src'])
    const reached = hops.some(({ address }) => address === target)
    return {
      trace: {
        id: uuidOf('mtr', value),
        target,
        startedUs: Math.round(writtenUs),
        reached,
        ...(reached ? { end: 'reached' as const } : {}),
        ...(source === undefined ? {} : { source }),
        ...(name === undefined || addressOf(name) !== undefined ? {} : { targetName: name }),
        hops: hops.sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt),
      },
      names,
      leftOut: told.length - new Set(hops.map(({ ttl }) => ttl)).size,
    }
  },
}
