/** Where addresses are: the databases that are installed, asked on this machine and in memory only. */

import { InterplotError } from '../core/errors.ts'
import type { IpAddress } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { databaseFromFile } from '../geo/database.ts'
import { defaultLocator } from '../geo/default-locator.ts'
import { type Locator, makeLocator } from '../geo/locator.ts'

export interface AddressPlaces {
  /** Null when nothing is known. */
  place(address: IpAddress): Place | null
  /** Whom a map has to name. */
  readonly attributions: readonly string[]
  /** Why there are no places, or null. */
  readonly note: string | null
}

const MOST_KNOWN = 200_000

export const noAddressPlaces: AddressPlaces = { place: () => null, attributions: [], note: null }

/** @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE for a database that was named and cannot be read. */
export const openAddressPlaces = (databases: readonly string[] = []): AddressPlaces => {
  let locator: Locator
  let attributions: readonly string[] = []
  try {
    if (databases.length > 0) {
      const opened = databases.map(databaseFromFile)
      // Now: a wrong file shows before any probe.
      for (const database of opened) database.metadata(4)
      locator = makeLocator(opened)
    } else {
      const installed = defaultLocator()
      locator = installed.locator
      attributions = installed.attributions
    }
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_GEO_MISSING') throw error
    return { ...noAddressPlaces, note: 'no places: no geolocation database is installed (interplot geo install)' }
  }
  let known = new Map<IpAddress, Place | null>()
  return {
    attributions,
    note: null,
    place(address) {
      const before = known.get(address)
      if (before !== undefined) return before
      const { place } = locator.locate(address)
      // Whoever watches for weeks meets them all.
      if (known.size >= MOST_KNOWN) known = new Map()
      known.set(address, place)
      return place
    },
  }
}

/** `Berlin, DE`, `Germany`, or '' */
export const placeText = (place: Place | null): string => {
  if (place === null) return ''
  if (place.state === 'private' || place.state === 'anycast') return place.state
  return [place.city, place.city === undefined ? (place.country ?? place.countryCode) : place.countryCode]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** `AS64500` or '' */
export const asText = (place: Place | null): string => (place?.asn === undefined ? '' : `AS${place.asn}`)
