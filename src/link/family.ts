/** Which family of addresses a link is asked for, and whether what is asked of an open one is of its family. */

import { InterplotError } from '../core/errors.ts'
import type { CaptureFilter, LinkOptions, LinkSpec } from './contract.ts'

export const wantsIpv6 = ({ sourceAddress6, sampleTarget6 }: LinkOptions): boolean =>
  sourceAddress6 !== undefined || sampleTarget6 !== undefined

/** For links without IPv6. @throws InterplotError ERR_LINK_UNAVAILABLE when it is asked for. */
export const refuseIpv6 = (link: string, options: LinkOptions): void => {
  if (!wantsIpv6(options)) return
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `the ${link} link carries IPv4 only`, {
    advice: 'For IPv6 use --link packet on Linux, or choose an IPv4 target.',
  })
}

/** @throws InterplotError ERR_INTERNAL for a filter of the other family. */
export const checkFilterFamily = (spec: LinkSpec, filter: CaptureFilter): void => {
  const [carries, asked] = [spec.sourceAddress6, filter.destinations6].map((each) => (each === undefined ? 4 : 6))
  if (carries === asked) return
  throw new InterplotError('ERR_INTERNAL', `a capture filter for IPv${asked} on a link that carries IPv${carries}`)
}
