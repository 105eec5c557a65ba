/** What the databases say of addresses, into the results file. */

import { type IpAddress, type Ipv6, isIpv4 } from '../core/ip.ts'
import { NO_PLACE } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import type { Store } from '../store/store.ts'
import type { AddressPlaces } from './address-places.ts'

/** Keeps where these addresses are, and that nothing is known of the others. */
export const putPlaces = (store: Store, places: AddressPlaces, addresses: ReadonlySet<IpAddress>): void => {
  const keep = (
    sorted: readonly IpAddress[],
    pack: (list: readonly IpAddress[]) => Uint32Array | readonly Ipv6[],
  ): void => {
    if (sorted.length === 0) return
    const found: Place[] = []
    const placeIndex = Int32Array.from(sorted, (address) => {
      const place = places.place(address)
      return place === null ? NO_PLACE : found.push(place) - 1
    })
    store.putPlaces('mmdb', { addresses: pack(sorted), placeIndex, places: found })
  }
  const v4 = [...addresses].filter(isIpv4).sort((a, b) => a - b)
  const v6 = [...addresses].filter((each): each is Ipv6 => !isIpv4(each)).sort((a, b) => (a < b ? -1 : 1))
  keep(v4, (list) => Uint32Array.from(list as readonly number[]))
  keep(v6, (list) => list as readonly Ipv6[])
}
