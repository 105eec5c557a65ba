/** Where a trace or a map of connections starts on Earth: what the person says, or where the databases have a public address of this side. */

import type { Point } from '../core/great-circle.ts'
import type { IpAddress } from '../core/ip.ts'
import { hasCoordinates } from '../core/place.ts'
import type { AddressPlaces } from './address-places.ts'

/** A circle wider than that is no home: distances from its middle say little. */
const WIDEST_HOME_KM = 200

/** Null when nobody knows. */
export const homeOf = (said: Point | undefined, source: IpAddress, places: AddressPlaces): Point | null => {
  if (said !== undefined) return said
  const place = places.place(source)
  if (place === null || !hasCoordinates(place) || place.state !== undefined) return null
  if (place.accuracyKm !== undefined && place.accuracyKm > WIDEST_HOME_KM) return null
  return { latitude: place.latitude, longitude: place.longitude }
}

/** As the results file keeps it, and parsePoint reads it. */
export const homeText = ({ latitude, longitude }: Point): string =>
  `${Number(latitude.toFixed(4))},${Number(longitude.toFixed(4))}`
