/**
 * How long the path is and who is on it, while it is probed again and again. It ends at the least TTL at which the target answered
 * or somebody refused, until somebody at that TTL passes a packet on. A router that answers in place of another is a change of
 * path, once: where several take turns (a balancer for each packet), the turns are none.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { TraceEnd } from '../../core/trace.ts'

export interface PathChange {
  round: number
  timeUs: number
  ttl: number
  /** Null where the target itself is meant: its distance has changed. */
  from: IpAddress | null
  to: IpAddress | null
  /** The target's distance before and now; null = not known. */
  lengths?: readonly [number | null, number | null]
}

export interface PathAnswer {
  round: number
  timeUs: number
  ttl: number
  address: IpAddress
  /** It ends the path, and why. */
  end: 'reached' | 'unreachable' | null
}

export interface LivePath {
  add(answer: PathAnswer): void
  /** Where the path ends; null while that is not known. */
  last(): number | null
  end(): TraceEnd | null
  /** The farthest TTL at which anybody answered, of the path as it is now; first TTL − 1 when nobody did. */
  farthest(): number
  /** The latest. */
  readonly changes: readonly PathChange[]
}

const MOST_CHANGES = 100
/** Answers in a row by one router after which another one, though known, is a change. */
const STEADY = 10

interface Responder {
  now: IpAddress
  row: number
  seen: Set<IpAddress>
}
/** Routers that are known at one TTL; a network that answers with ever new addresses fills no memory. */
const MOST_SEEN = 64

export const makeLivePath = (firstTtl: number): LivePath => {
  const responders = new Map<number, Responder>()
  const changes: PathChange[] = []
  let last: number | null = null
  /** The last end that was known, while none is. */
  let before: number | null = null
  let end: TraceEnd | null = null
  /** The round that told of it. */
  let endRound = 0
  const lengths = new Set<number>()
  let lengthRow = 0
  let farthest = firstTtl - 1

  const note = (change: PathChange): void => {
    changes.push(change)
    if (changes.length > MOST_CHANGES) changes.shift()
  }

  const meet = ({ round, timeUs, ttl, address }: PathAnswer): void => {
    const known = responders.get(ttl)
    if (known === undefined) {
      responders.set(ttl, { now: address, row: 1, seen: new Set([address]) })
      return
    }
    if (known.now === address) {
      known.row += 1
      return
    }
    const isNew = !known.seen.has(address) && known.seen.size < MOST_SEEN
    if (isNew || known.row >= STEADY) note({ round, timeUs, ttl, from: known.now, to: address })
    if (isNew) known.seen.add(address)
    known.now = address
    known.row = 1
  }

  /** @param wasMet somebody has answered at that TTL before: where nobody had, an answer was lost rather than the path changed. */
  const finish = ({ round, timeUs, ttl }: PathAnswer, why: 'reached' | 'unreachable', wasMet: boolean): void => {
    const was = last ?? before
    const isOther = was !== null && was !== ttl && (wasMet || ttl > was)
    if (isOther && (!lengths.has(ttl) || lengthRow >= STEADY)) {
      note({ round, timeUs, ttl, from: null, to: null, lengths: [was, ttl] })
    }
    lengthRow = was === ttl ? lengthRow + 1 : 1
    lengths.add(ttl)
    last = ttl
    before = ttl
    end = why
    endRound = round
    farthest = ttl
  }

  return {
    changes,
    add(answer) {
      const { ttl, round, end: why } = answer
      const wasMet = responders.has(ttl)
      // Probes that went beyond the end say nothing of who is on the way.
      if (last === null || ttl <= last) meet(answer)
      if (why !== null) {
        if (last === null || ttl < last || (ttl === last && (why === 'reached' || end !== 'reached')))
          finish(answer, why, wasMet)
        return
      }
      if (last !== null) {
        // An answer that comes late speaks of the path as it was.
        if (ttl !== last || round < endRound) return
        last = null
        end = null
      }
      farthest = Math.max(farthest, ttl)
    },
    last: () => last,
    end: () => end,
    farthest: () => farthest,
  }
}
