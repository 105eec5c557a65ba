/** Where an address is, as far as a geolocation provider knows. Absent fields are unknown, never zero or "unknown". */

/**
 * What is odd about a place: `approximate` = no more than a country or a wide circle stands behind its coordinates;
 * `anycast` = the address is in many places at once; `private` = it is nobody's on the Internet, so it has no place.
 */
export const PLACE_STATES = ['approximate', 'anycast', 'private'] as const
export type PlaceState = (typeof PLACE_STATES)[number]

export interface Place {
  /** Degrees north, −90 … 90. */
  latitude?: number
  /** Degrees east, −180 … 180. */
  longitude?: number
  /** Radius in kilometres within which the provider believes the address to be. */
  accuracyKm?: number
  /** Absent = nothing odd. */
  state?: PlaceState
  /** AF, AN, AS, EU, NA, OC, SA. */
  continentCode?: string
  /** ISO 3166-1 alpha-2, upper case. */
  countryCode?: string
  country?: string
  region?: string
  city?: string
  postalCode?: string
  /** As the IANA time zone database names it. */
  timeZone?: string
  /** Of the city, or of the most exact entity that the provider names (geonames.org). */
  geonameId?: number
  /** Autonomous system number and its holder. */
  asn?: number
  asOrganization?: string
}

/** True when the place can be drawn: both coordinates there and on Earth. */
export const hasCoordinates = (place: Place): place is Place & { latitude: number; longitude: number } =>
  place.latitude !== undefined &&
  place.longitude !== undefined &&
  Math.abs(place.latitude) <= 90 &&
  Math.abs(place.longitude) <= 180
