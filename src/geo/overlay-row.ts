/** One row of an overlay: a network and what its person says of it, each value checked. */

import type { Place } from '../core/place.ts'
import { type PlacedNetwork, parseNetwork } from './network-list.ts'

const TEXT_MAX = 200

export type Row = ReadonlyMap<string, string>
/** The place's part, or what is wrong with the value. */
type Reader = (value: string) => Partial<Place> | string

const textField =
  (field: 'city' | 'region' | 'country' | 'postalCode' | 'timeZone' | 'asOrganization'): Reader =>
  (value) =>
    value.length > TEXT_MAX ? `is longer than ${TEXT_MAX} characters` : { [field]: value }

const degreesField =
  (field: 'latitude' | 'longitude', limit: number): Reader =>
  (value) => {
    const degrees = /^[+-]?\d{1,3}(?:\.\d{1,20})?$/.test(value) ? Number(value) : Number.NaN
    return Math.abs(degrees) <= limit ? { [field]: degrees } : `is no number from -${limit} to ${limit}`
  }

const READERS: Readonly<Record<string, Reader>> = {
  latitude: degreesField('latitude', 90),
  longitude: degreesField('longitude', 180),
  city: textField('city'),
  region: textField('region'),
  country: textField('country'),
  country_code: (value) =>
    /^[a-z]{2}$/i.test(value) ? { countryCode: value.toUpperCase() } : 'is no country code of two letters',
  postal_code: textField('postalCode'),
  time_zone: textField('timeZone'),
  asn: (value) => {
    const number = /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1]
    return Number(number) > 0 && Number(number) < 2 ** 32
      ? { asn: Number(number) }
      : 'is no number of an autonomous system'
  },
  isp: textField('asOrganization'),
  accuracy_km: (value) => {
    const km = /^\d{1,5}(?:\.\d{1,9})?$/.test(value) ? Number(value) : 0
    return km > 0 && km <= 20_100 ? { accuracyKm: km } : 'is no radius in kilometres'
  },
}
export const NETWORK_NAMES = ['network', 'cidr', 'prefix', 'ip'] as const
export const isNetworkName = (name: string): boolean => NETWORK_NAMES.some((each) => each === name)
/** For messages. */
export const KNOWN_NAMES = ['network', ...Object.keys(READERS)].join(', ')

export const isKnownName = (name: string): boolean => isNetworkName(name) || Object.hasOwn(READERS, name)

/** @param row by lower-case names. @returns the network with its place, or what is wrong. */
export const readRow = (row: Row): PlacedNetwork | string => {
  const written = [...row].find(([name]) => isNetworkName(name))?.[1] ?? ''
  const network = parseNetwork(written)
  if (network === null)
    return `"${written.slice(0, 60)}" is no network (write 192.0.2.0/24, without bits behind the prefix)`
  const place: Place = {}
  for (const [name, value] of row) {
    const read = READERS[name]
    if (read === undefined || value === '') continue
    const part = read(value)
    if (typeof part === 'string') return `${name} "${value.slice(0, 60)}" ${part}`
    Object.assign(place, part)
  }
  if ((place.latitude === undefined) !== (place.longitude === undefined)) return 'latitude and longitude go together'
  if (place.latitude === 0 && place.longitude === 0) return '0, 0 is open sea: leave unknown coordinates empty'
  return Object.keys(place).length === 0 ? 'nothing is said of this network' : { ...network, place }
}
