/**
 * A person's own networks and sites over whatever else is known: what it says of an address always wins. Where it says
 * where an address is, that comes from it whole, so that no site is paired with another's coordinates; number and holder of
 * the network fill up from elsewhere when it has none.
 */

import type { IpAddress } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { placeOfAnswer } from './answer.ts'
import { networkListSource, type PlacedNetwork } from './network-list.ts'
import type { PlaceSource } from './place-source.ts'

export interface Overlay {
  /** The file, for messages. */
  readonly name: string
  readonly networkCount: number
  readonly source: PlaceSource
  /** Null for an address of which it says nothing. */
  find(address: IpAddress): Place | null
}

export const makeOverlay = (name: string, networks: readonly PlacedNetwork[]): Overlay => {
  const source = networkListSource(networks)
  return {
    name,
    networkCount: networks.length,
    source,
    find: (address) => source.place(placeOfAnswer(source.find(address))),
  }
}

const isNetworkField = (field: string): boolean => field === 'asn' || field === 'asOrganization'

/** True when the overlay says where the address is, and not only whose. */
export const saysWhere = (own: Place): boolean => Object.keys(own).some((field) => !isNetworkField(field))

/** @param own what the overlay says. @param other what anybody else says, or null. */
export const overlayPlace = (own: Place, other: Place | null): Place => {
  if (other === null) return own
  const { asn, asOrganization, ...where } = other
  const holder: Place = {
    ...(asn === undefined ? {} : { asn }),
    ...(asOrganization === undefined || other.state === 'private' ? {} : { asOrganization }),
  }
  const ownHolder = Object.keys(own).some(isNetworkField)
  return { ...(saysWhere(own) ? {} : where), ...(ownHolder ? {} : holder), ...own }
}
