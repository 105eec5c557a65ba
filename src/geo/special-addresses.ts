/**
 * What is known of addresses without any database: special-purpose ones are nobody's place, and some well-known services
 * answer at the same address in many places at once: the root name servers (https://root-servers.org, addresses in IANA's
 * root hints file) and the public resolvers of Google, Cloudflare, Quad9 and OpenDNS, which their operators announce as
 * anycast.
 */

import type { Place } from '../core/place.ts'
import { SPECIAL_PURPOSE_IPV4, SPECIAL_PURPOSE_IPV6 } from '../core/special-purpose-registry.ts'
import { networkListSource, type PlacedNetwork, parseNetwork } from './network-list.ts'
import type { PlaceSource } from './place-source.ts'

/** The most specific networks in which the services' addresses are announced. */
const ANYCAST_NETWORKS = [
  ...['198.41.0.0/24', '170.247.170.0/24', '192.33.4.0/24', '199.7.91.0/24', '192.203.230.0/24', '192.5.5.0/24'],
  ...['192.112.36.0/24', '198.97.190.0/24', '192.36.148.0/24', '192.58.128.0/24', '193.0.14.0/24', '199.7.83.0/24'],
  ...['202.12.27.0/24', '2001:503:ba3e::/48', '2801:1b8:10::/48', '2001:500:2::/48', '2001:500:2d::/48'],
  ...['2001:500:a8::/48', '2001:500:2f::/48', '2001:500:12::/48', '2001:500:1::/48', '2001:7fe::/33'],
  ...['2001:503:c27::/48', '2001:7fd::/48', '2001:500:9f::/48', '2001:dc3::/48'],
  ...['8.8.8.0/24', '8.8.4.0/24', '2001:4860:4860::/48', '1.1.1.0/24', '1.0.0.0/24', '2606:4700:4700::/48'],
  ...['9.9.9.0/24', '149.112.112.0/24', '2620:fe::/48', '208.67.222.0/24', '208.67.220.0/24', '2620:119:35::/48'],
] as const

const placed = (prefix: string, place: Place): PlacedNetwork[] => {
  const network = parseNetwork(prefix)
  return network === null ? [] : [{ ...network, place }]
}

/** A source for the end of the list: what it says counts where no database gives coordinates, but for anycast. */
export const specialAddresses = (): PlaceSource =>
  networkListSource([
    ...[...SPECIAL_PURPOSE_IPV4, ...SPECIAL_PURPOSE_IPV6].flatMap(({ prefix, purpose, source, anycast }) =>
      placed(prefix, { state: anycast === true ? 'anycast' : 'private', asOrganization: `${purpose} (${source})` }),
    ),
    ...ANYCAST_NETWORKS.flatMap((prefix) => placed(prefix, { state: 'anycast' })),
  ])
