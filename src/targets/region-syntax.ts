/** Regions as people write them → region.ts. What nobody has is refused with the names that were likely meant. */

import { CONTINENT_NAMES } from '../core/country-continents.ts'
import { InterplotError } from '../core/errors.ts'
import { foldName, nearNames } from '../core/folded-name.ts'
import type { WholeSource } from '../geo/place-source.ts'
import { countryNames } from './country-names.ts'
import { type Box, type Circle, cityNamesOf, type Region, type RegionTerms } from './region.ts'

/** The values of one option each, as they were given. */
export interface RegionTexts {
  country?: readonly string[]
  continent?: readonly string[]
  city?: readonly string[]
  bbox?: readonly string[]
  near?: readonly string[]
  asn?: readonly string[]
}

/** Folded name → the name as it is shown. */
export type CityNames = ReadonlyMap<string, string>

const wrong = (option: string, text: string, wanted: string): InterplotError =>
  new InterplotError('ERR_USAGE', `${option} wants ${wanted}, not "${text}"`)

const unknown = (what: string, text: string, names: ReadonlyMap<string, string>, else_: string): InterplotError => {
  const near = nearNames(text, names)
  return new InterplotError('ERR_USAGE', `there is no ${what} "${text}"`, {
    advice: near.length === 0 ? else_ : `Did you mean ${near.join(' or ')}?`,
  })
}

const itemsOf = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(',')).flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))

/** Codes and English names → codes. @throws InterplotError ERR_USAGE */
export const parseCountries = (texts: readonly string[], option: string): Set<string> => {
  const { codes, shown } = countryNames()
  // A name with a comma in it is taken whole.
  const items = texts.flatMap((text) => (codes.has(foldName(text)) ? [text] : itemsOf([text])))
  return new Set(
    items.map((item) => {
      const code = codes.get(foldName(item))
      if (code !== undefined) return code
      throw unknown(
        `country for ${option}:`,
        item,
        shown,
        'Write its code of two letters (ISO 3166-1), like DE, or its English name.',
      )
    }),
  )
}

const CONTINENTS: ReadonlyMap<string, string> = new Map(
  Object.entries(CONTINENT_NAMES).flatMap(([code, name]) => [
    [foldName(code), code],
    [foldName(name), code],
  ]),
)
const CONTINENT_LIST = Object.entries(CONTINENT_NAMES)
  .map(([code, name]) => `${code} ${name}`)
  .join(', ')

const parseContinents = (texts: readonly string[], option: string): Set<string> =>
  new Set(
    itemsOf(texts).map((item) => {
      const code = CONTINENTS.get(foldName(item))
      if (code !== undefined) return code
      throw new InterplotError('ERR_USAGE', `there is no continent for ${option}: "${item}"`, {
        advice: `Known: ${CONTINENT_LIST}.`,
      })
    }),
  )

const parseAsns = (texts: readonly string[], option: string): Set<number> =>
  new Set(
    itemsOf(texts).map((item) => {
      const digits = /^(?:AS)?(\d{1,10})$/i.exec(item)?.[1]
      const asn = Number(digits)
      if (digits === undefined || asn < 1 || asn > 0xffff_ffff) {
        throw wrong(option, item, 'numbers of autonomous systems, like 3320 or AS3320')
      }
      return asn
    }),
  )

const parseCities = (texts: readonly string[], option: string, known: () => CityNames): Set<string> => {
  if (texts.length === 0) return new Set()
  const names = known()
  const items = texts.flatMap((text) => (names.has(foldName(text)) ? [text] : itemsOf([text])))
  return new Set(
    items.map((item) => {
      const name = foldName(item)
      if (names.has(name)) return name
      throw unknown(
        `city for ${option} in the databases:`,
        item,
        names,
        'Write it as the database does (interplot geo lookup shows how), or use --near.',
      )
    }),
  )
}

const NUMBER = /^[+-]?\d{1,3}(?:\.\d+)?$/

/** South, west, north, east: latitude, longitude of one corner and of the opposite one. */
/** `south,west,north,east` in degrees. @throws InterplotError ERR_USAGE */
export const parseBox = (text: string, option: string): Box => {
  const parts = text.split(',').map((part) => (NUMBER.test(part.trim()) ? Number(part) : Number.NaN))
  const [south, west, north, east] = parts as [number, number, number, number]
  const wanted = 'south,west,north,east in degrees (latitude, longitude, latitude, longitude), like 47,5.8,55.1,15.1'
  if (parts.length !== 4 || !(Math.abs(south) <= 90 && Math.abs(north) <= 90)) throw wrong(option, text, wanted)
  if (!(Math.abs(west) <= 180 && Math.abs(east) <= 180)) throw wrong(option, text, wanted)
  if (south > north) throw wrong(option, text, `${wanted}; its south lies north of its north`)
  return { south, west, north, east }
}

const KM_PER_UNIT: Readonly<Record<string, number>> = { km: 1, m: 0.001, mi: 1.609344, nmi: 1.852 }

const parseCircle = (text: string, option: string): Circle => {
  const [north = '', east = '', radius = '', ...rest] = text.split(',').map((part) => part.trim())
  const wanted = 'latitude,longitude,radius, like 52.5,13.4,100km'
  const match = /^(\d{1,5}(?:\.\d+)?)(km|m|mi|nmi)$/.exec(radius)
  if (rest.length > 0 || !NUMBER.test(north) || !NUMBER.test(east) || match === null) throw wrong(option, text, wanted)
  const circle = {
    latitude: Number(north),
    longitude: Number(east),
    radiusKm: Number(match[1]) * KM_PER_UNIT[match[2]!]!,
  }
  if (Math.abs(circle.latitude) > 90 || Math.abs(circle.longitude) > 180 || circle.radiusKm === 0) {
    throw wrong(option, text, wanted)
  }
  return circle
}

/** @param prefix of the options' names, for messages. @throws InterplotError ERR_USAGE */
const parseTerms = (texts: RegionTexts, prefix: '--' | '--not-', cityNames: () => CityNames): RegionTerms => ({
  countries: parseCountries(texts.country ?? [], `${prefix}country`),
  continents: parseContinents(texts.continent ?? [], `${prefix}continent`),
  asns: parseAsns(texts.asn ?? [], `${prefix}asn`),
  boxes: (texts.bbox ?? []).map((text) => parseBox(text, `${prefix}bbox`)),
  circles: (texts.near ?? []).map((text) => parseCircle(text, `${prefix}near`)),
  cities: parseCities(texts.city ?? [], `${prefix}city`, cityNames),
})

/** @param cityNames the cities that there are; asked for only when a city is named. @throws InterplotError ERR_USAGE */
export const parseRegion = (wanted: RegionTexts, unwanted: RegionTexts, cityNames: () => CityNames): Region => ({
  wanted: parseTerms(wanted, '--', cityNames),
  unwanted: parseTerms(unwanted, '--not-', cityNames),
})

/** The cities of databases. */
export const citiesOf = (sources: readonly WholeSource[]): CityNames => {
  const names = new Map<string, string>()
  const seen = new Set<string>()
  for (const source of sources) {
    for (let number = 1; number <= source.placeCount; number += 1) {
      const city = source.place(number)?.city
      if (city === undefined || seen.has(city)) continue
      seen.add(city)
      for (const name of cityNamesOf(city)) if (!names.has(name)) names.set(name, city.replace(/\s*\([^()]*\)$/, ''))
    }
  }
  return names
}
