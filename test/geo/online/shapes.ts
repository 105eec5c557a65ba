/** The servers' shapes, as their documentation shows them, with a world in which each address has a place of its own. */

import type { ServerResponse } from 'node:http'
import type { Asked } from './server.ts'
import { json } from './server.ts'

/** Latitude and longitude by the address's text, never 0, 0. */
export const worldOf = (ip: string): { latitude: number; longitude: number; city: string } => {
  let sum = 7
  for (const character of ip) sum = (sum * 31 + character.charCodeAt(0)) % 100_003
  return { latitude: (sum % 8000) / 100 + 1, longitude: (sum % 17_000) / 100 + 1, city: `City ${sum}` }
}

export const ipstackOf = (ip: string): Record<string, unknown> => ({
  ip,
  type: ip.includes(':') ? 'ipv6' : 'ipv4',
  continent_code: 'EU',
  continent_name: 'Europe',
  country_code: 'DE',
  country_name: 'Germany',
  region_code: 'BE',
  region_name: 'Land Berlin',
  zip: '10117',
  ...worldOf(ip),
  location: { geoname_id: 2950159, capital: 'Berlin' },
  time_zone: { id: 'Europe/Berlin', gmt_offset: 3600 },
  connection: { asn: 3320, isp: 'An Operator' },
})

export const ipgeolocationOf = (ip: string): Record<string, unknown> => {
  const { latitude, longitude, city } = worldOf(ip)
  return {
    ip,
    location: {
      continent_code: 'EU',
      country_code2: 'DE',
      country_code3: 'DEU',
      country_name: 'Germany',
      state_prov: 'Land Berlin',
      city,
      zipcode: '10117',
      latitude: latitude.toFixed(5),
      longitude: longitude.toFixed(5),
      geoname_id: '2950159',
    },
    asn: { as_number: 'AS3320', organization: 'An Operator', country: 'DE' },
    time_zone: { name: 'Europe/Berlin', offset: 1 },
  }
}

/** As before version 3. */
export const ipgeolocationFlatOf = (ip: string): Record<string, unknown> => {
  const { latitude, longitude, city } = worldOf(ip)
  return {
    ip,
    continent_code: 'EU',
    country_code2: 'DE',
    country_name: 'Germany',
    state_prov: 'Land Berlin',
    city,
    zipcode: '10117',
    latitude: latitude.toFixed(5),
    longitude: longitude.toFixed(5),
    geoname_id: '2950159',
    isp: 'An Operator',
    organization: 'Its Parent',
    asn: 'AS3320',
    time_zone: { name: 'Europe/Berlin' },
  }
}

export const freegeoipOf = (ip: string): Record<string, unknown> => ({
  ip,
  country_code: 'DE',
  country_name: 'Germany',
  region_code: 'BE',
  region_name: 'Land Berlin',
  zip_code: '10117',
  time_zone: 'Europe/Berlin',
  ...worldOf(ip),
  metro_code: 0,
})

/** Addresses in a request, in order, whatever the provider. */
export const askedFor = ({ url, body }: Asked): string[] => {
  if (body !== '') return (JSON.parse(body) as { ips: string[] }).ips
  const { pathname, searchParams } = new URL(url, 'http://x')
  return (searchParams.get('ip') ?? decodeURIComponent(pathname.replace(/^.*\//, ''))).split(',')
}

const ANSWERS = { ipstack: ipstackOf, ipgeolocation: ipgeolocationOf, freegeoip: freegeoipOf } as const
export type Online = keyof typeof ANSWERS
export const ONLINE = Object.keys(ANSWERS) as Online[]

/** One address that this provider's server knows. */
export const answerOf = (name: Online, ip: string): Record<string, unknown> => ANSWERS[name](ip)

/** Answers everything as the server does. */
export const worldHandler =
  (name: Online) =>
  (asked: Asked, response: ServerResponse): void => {
    const answers = askedFor(asked).map(ANSWERS[name])
    json(response, answers.length === 1 ? answers[0] : answers)
  }
