/** Where an address is, as far as a geolocation provider knows. Absent fields are unknown, never zero or "unknown". */

export interface Place {
  /** Degrees north, −90 … 90. */
  latitude?: number
  /** Degrees east, −180 … 180. */
  longitude?: number
  /** ISO 3166-1 alpha-2, upper case. */
  countryCode?: string
  country?: string
  region?: string
  city?: string
  /** Autonomous system number and its holder. */
  asn?: number
  asOrganization?: string
  /** Radius in kilometres within which the provider believes the address to be. */
  accuracyKm?: number
}

/** True when the place can be drawn: both coordinates there and on Earth. */
export const hasCoordinates = (place: Place): place is Place & { latitude: number; longitude: number } =>
  place.latitude !== undefined &&
  place.longitude !== undefined &&
  Math.abs(place.latitude) <= 90 &&
  Math.abs(place.longitude) <= 180
