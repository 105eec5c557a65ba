/**
 * Places from the names of hops where the databases have none, or one that the round trip time rules out: never over a good
 * one, and the new place has to pass the same check. Kept under the provider `hop-name`, so that everybody sees what it is.
 */

import type { Point } from '../../core/great-circle.ts'
import { type IpAddress, type Ipv6, isIpv4 } from '../../core/ip.ts'
import { hasCoordinates, type Place } from '../../core/place.ts'
import { type HopNamePlace, makeHopNameReader } from '../../geo/hop-name-place.ts'
import { readHopNameTables } from '../../geo/hop-name-tables.ts'
import { makeLatencyCheck } from '../../geo/latency-check.ts'
import type { Store } from '../../store/store.ts'
import type { AddressPlaces } from '../address-places.ts'

const PROVIDER = 'hop-name'

export interface NamedHop {
  address: IpAddress
  name: string
  /** The least that was measured. */
  rttUs: number | null
}

/** @param home null when nobody knows where the trace was made: then no place is checked, and only missing ones are filled in. */
export const placeByName = (
  { name, rttUs }: Pick<NamedHop, 'name' | 'rttUs'>,
  known: Place | null,
  home: Point | null,
  read: (name: string) => HopNamePlace | null,
): Place | null => {
  if (known?.state === 'private' || known?.state === 'anycast') return null
  const check = home === null || rttUs === null ? null : makeLatencyCheck(home)
  const isGood = known !== null && hasCoordinates(known) && (check === null || check(known, rttUs!) === null)
  if (isGood) return null
  const found = read(name)
  if (found === null || (check !== null && check(found.place, rttUs!) !== null)) return null
  const { asn, asOrganization } = known ?? {}
  return {
    ...found.place,
    ...(asn === undefined ? {} : { asn }),
    ...(asOrganization === undefined ? {} : { asOrganization }),
  }
}

/** @returns how many places were found. */
export const putPlacesByName = (
  store: Store,
  hops: readonly NamedHop[],
  places: AddressPlaces,
  home: Point | null,
): number => {
  if (hops.length === 0) return 0
  const read = makeHopNameReader(readHopNameTables())
  const found = hops.flatMap((hop) => {
    const place = placeByName(hop, places.place(hop.address), home, read)
    return place === null ? [] : [{ address: hop.address, place }]
  })
  const put = (rows: typeof found, addresses: Uint32Array | readonly Ipv6[]): void => {
    if (rows.length === 0) return
    const placeIndex = Int32Array.from(rows, (_, i) => i)
    store.putPlaces(PROVIDER, { addresses, placeIndex, places: rows.map(({ place }) => place) })
  }
  found.sort((one, other) => (one.address < other.address ? -1 : 1))
  const v4 = found.filter(({ address }) => isIpv4(address))
  const v6 = found.filter(({ address }) => !isIpv4(address))
  put(
    v4,
    Uint32Array.from(v4, ({ address }) => Number(address)),
  )
  put(
    v6,
    v6.map(({ address }) => address as Ipv6),
  )
  return found.length
}
