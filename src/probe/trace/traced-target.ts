/** What an exchange keeps of each target: its cookie, and which probe has which index. */

import { type IpAddress, ipv6Bytes, isIpv4 } from '../../core/ip.ts'
import type { TargetBatch } from '../../core/target-batch.ts'
import { readUint32 } from '../../wire/bytes.ts'
import { type Cookie, type CookieKey, fillCookie, makeCookie } from '../cookie.ts'
import { MAX_INDEX } from './kinds/contract.ts'

export interface TracedTarget<P = unknown> {
  readonly cookie: Cookie
  readonly batch: TargetBatch
  /** Gives the probe the next free index, 1 … MAX_INDEX and around again. */
  nextIndex(probe: P): number
  /** The first of these indices that is under way. */
  find(candidates: readonly number[]): P | undefined
  forget(index: number): void
}

export interface TracedTargets<P> {
  get(target: IpAddress, mint: () => TargetBatch): TracedTarget<P>
  find(target: IpAddress): TracedTarget<P> | undefined
}

/** The hash takes 32 bits of an address; of an IPv6 address the quarters go in one after the other. */
const cookieOf = (key: CookieKey, target: IpAddress): Cookie => {
  const cookie = makeCookie()
  if (isIpv4(target)) {
    fillCookie(cookie, key, target, 1)
    return cookie
  }
  const bytes = ipv6Bytes(target)
  for (let at = 0; at < bytes.length; at += 4) {
    fillCookie(cookie, key, (readUint32(bytes, at) ^ cookie.first) >>> 0, 6)
  }
  return cookie
}

export const makeTracedTargets = <P>(key: CookieKey, firstIndex: number): TracedTargets<P> => {
  const known = new Map<IpAddress, TracedTarget<P>>()
  return {
    find: (target) => known.get(target),
    get(target, mint) {
      const old = known.get(target)
      if (old !== undefined) return old
      const probes = new Map<number, P>()
      let last = firstIndex
      const traced: TracedTarget<P> = {
        cookie: cookieOf(key, target),
        batch: mint(),
        nextIndex(probe) {
          do last = (last % MAX_INDEX) + 1
          while (probes.has(last))
          probes.set(last, probe)
          return last
        },
        find(candidates) {
          for (const index of candidates) {
            const probe = probes.get(index)
            if (probe !== undefined) return probe
          }
          return undefined
        },
        forget: (index) => {
          probes.delete(index)
        },
      }
      known.set(target, traced)
      return traced
    },
  }
}
