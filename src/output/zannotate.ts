/**
 * Places as zannotate writes them for a GeoIP2 database (github.com/zmap/zannotate, geoip2.go): one object a line,
 * `{"ip":…,"geoip2":{…}}`, with an empty text or 0 for what a part does not say. A part of which nothing is known is left out,
 * as zannotate leaves out parts that are not asked for: it writes 0°, 0° there, which is a place.
 */

import type { Value } from '../core/reply-field.ts'
import type { OutputFormat } from './format.ts'

/** Names, and numbers at geonames.org. */
const CONTINENTS: Readonly<Record<string, readonly [name: string, id: number]>> = {
  AF: ['Africa', 6255146],
  AN: ['Antarctica', 6255152],
  AS: ['Asia', 6255147],
  EU: ['Europe', 6255148],
  NA: ['North America', 6255149],
  OC: ['Oceania', 6255151],
  SA: ['South America', 6255150],
}

/** @param of gives the value of a column of places. */
export const geoip2Object = (of: (field: string) => Value): object => {
  const text = (field: string): string => (of(field) === null ? '' : String(of(field)))
  const number = (field: string): number => Number(of(field) ?? 0)
  const has = (...fields: string[]): boolean => fields.some((field) => of(field) !== null)
  const continent = CONTINENTS[text('continent_code')]
  // The number is that of the most exact entity named.
  const cityId = has('city') ? number('geoname_id') : 0
  const countryId = has('city', 'region') ? 0 : number('geoname_id')
  return {
    ...(has('city') ? { city: { name: text('city'), id: cityId } } : {}),
    ...(has('country', 'country_code')
      ? { country: { name: text('country'), code: text('country_code'), id: countryId } }
      : {}),
    ...(continent === undefined
      ? {}
      : { continent: { name: continent[0], code: text('continent_code'), id: continent[1] } }),
    ...(has('postal_code') ? { postal: { code: text('postal_code') } } : {}),
    ...(has('latitude') && has('longitude')
      ? {
          latlong: {
            accuracy_radius: Math.round(number('accuracy_km')),
            latitude: number('latitude'),
            longitude: number('longitude'),
            metro_code: 0,
            time_zone: text('time_zone'),
          },
        }
      : {}),
  }
}

/** For tables of places alone: the columns are those of `interplot geolocate`. */
export const zannotate: OutputFormat = {
  name: 'zannotate',
  help: 'one JSON object a line as zannotate writes them',
  extension: 'ndjson',
  rowsStandAlone: true,
  open: (fields) => ({
    header: () => '',
    row(values) {
      const of = (field: string): Value => values[fields.indexOf(field)] ?? null
      return `${JSON.stringify({ ip: of('address'), geoip2: geoip2Object(of) })}\n`
    },
    end: () => '',
  }),
}
