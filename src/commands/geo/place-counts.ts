/** How many addresses are located, and how many are not and why, counted and in words. */

import { hasCoordinates, type Place } from '../../core/place.ts'
import { formatCount } from '../../core/units.ts'

export interface PlaceCounts {
  located: number
  approximate: number
  anycast: number
  private: number
  /** Looked up, and nobody knows coordinates. */
  unlocated: number
}

export const noPlaces = (): PlaceCounts => ({ located: 0, approximate: 0, anycast: 0, private: 0, unlocated: 0 })

/** Which count an address with this place belongs to; the view `results` of a results file says the same. */
export const placeKind = (place: Place | null): keyof PlaceCounts => {
  if (place?.state === 'anycast' || place?.state === 'private') return place.state
  if (place === null || !hasCoordinates(place)) return 'unlocated'
  return place.state ?? 'located'
}

/** `9,700 located, 41 approximate, 12 private, 103 unlocated`: what there is none of is left out. */
export const describePlaces = (counts: PlaceCounts): string => {
  const rest = (['approximate', 'anycast', 'private', 'unlocated'] as const).filter((kind) => counts[kind] > 0)
  return [`${formatCount(counts.located)} located`, ...rest.map((kind) => `${formatCount(counts[kind])} ${kind}`)].join(
    ', ',
  )
}

/** All addresses that were looked up. */
export const sumOf = (counts: PlaceCounts): number => {
  const { located, approximate, anycast, private: nobodys, unlocated } = counts
  return located + approximate + anycast + nobodys + unlocated
}
