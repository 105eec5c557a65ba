/**
 * Where arcs begin: what the person says; else where the databases have a public address of this side; else where an overlay
 * puts the local network; else nowhere, and then there are no arcs.
 */

import type { Point } from '../../core/great-circle.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import { hasCoordinates } from '../../core/place.ts'
import { type AddressPlaces, placeText } from '../address-places.ts'
import { homeOf } from '../home.ts'

export interface WatchHome {
  point: Point
  label: string
}

/** Local ends that are looked at; most networks have one public address or none. */
const MOST_TRIED = 64

export interface HomeFinder {
  readonly home: WatchHome | null
  /** A local end that was seen. @returns whether home is another now. */
  see(address: IpAddress): boolean
}

export const makeHomeFinder = (said: Point | undefined, places: AddressPlaces): HomeFinder => {
  const tried = new Set<IpAddress>()
  let home: WatchHome | null = said === undefined ? null : { point: said, label: 'home' }
  let isOverlay = false
  return {
    get home() {
      return home
    },
    see(address) {
      if ((home !== null && !isOverlay) || tried.has(address) || tried.size >= MOST_TRIED) return false
      tried.add(address)
      const place = places.place(address)
      if (place === null || !hasCoordinates(place)) return false
      const label = placeText(place) || formatIp(address)
      const point = homeOf(undefined, address, places)
      if (point !== null) {
        home = { point, label }
        isOverlay = false
        return true
      }
      if (place.state !== 'private' || home !== null) return false
      home = { point: { latitude: place.latitude, longitude: place.longitude }, label }
      isOverlay = true
      return true
    },
  }
}
