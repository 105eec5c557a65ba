/** The links that the person can choose from with `--link`; the first that works is the default. */

import { InterplotError } from '../core/errors.ts'
import { makeRegistry } from '../core/registry.ts'
import { afXdpLink } from './af-xdp-link.ts'
import type { LinkKind } from './contract.ts'
import { packetLink } from './packet-link.ts'
import { rawLink } from './raw-link.ts'
import { xdpLink } from './xdp-link.ts'

export const linkKinds = makeRegistry<LinkKind>('link', [packetLink, rawLink, xdpLink, afXdpLink])

export interface DefaultLink {
  kind: LinkKind
  /** Better links that can't be used here, each with its reason. */
  passedOver: string[]
}

/**
 * The first link that works on this machine.
 * @throws InterplotError ERR_LINK_UNAVAILABLE saying why each does not.
 */
export const defaultLinkKind = (): DefaultLink => {
  const reasons: string[] = []
  for (const kind of linkKinds.entries) {
    const reason = kind.unavailable()
    if (reason === null) return { kind, passedOver: reasons }
    reasons.push(`${kind.name}: ${reason}`)
  }
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `no link works on this machine (${reasons.join('; ')})`, {
    advice: 'Run "npm ci" again with a C++ compiler and Python installed.',
  })
}
