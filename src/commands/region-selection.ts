/** From the options that name a region to its addresses, by the databases that are there. */

import { InterplotError } from '../core/errors.ts'
import type { Place } from '../core/place.ts'
import { formatCount } from '../core/units.ts'
import { databaseSources } from '../geo/sources.ts'
import { type WholeDatabase, wholeDatabases } from '../geo/whole-databases.ts'
import type { CidrSet } from '../targets/cidr-set.ts'
import { compileRegion, type Region, type RegionTerms } from '../targets/region.ts'
import { citiesOf, parseRegion } from '../targets/region-syntax.ts'
import { describeRegion, type RegionOptions } from './region-options.ts'
import type { Terminal } from './terminal.ts'

export interface SelectedRegion {
  addresses: CidrSet
  /** As it was asked for: `country DE; not city Berlin`. */
  description: string
  /** Names of the databases that it comes from. */
  databases: string[]
}

/** What a database must know for a kind of term, and the kind of database that does. */
const NEEDS: readonly [
  what: string,
  uses: (terms: RegionTerms) => boolean,
  has: (place: Place) => boolean,
  typical: string,
][] = [
  [
    'countries',
    ({ countries, continents }) => countries.size + continents.size > 0,
    ({ countryCode, continentCode }) => countryCode !== undefined || continentCode !== undefined,
    'Country',
  ],
  ['cities', ({ cities }) => cities.size > 0, ({ city }) => city !== undefined, 'City'],
  [
    'coordinates',
    ({ boxes, circles }) => boxes.length + circles.length > 0,
    ({ latitude }) => latitude !== undefined,
    'City',
  ],
  ['autonomous systems', ({ asns }) => asns.size > 0, ({ asn }) => asn !== undefined, 'ASN'],
]

const knows = (databases: readonly WholeDatabase[], has: (place: Place) => boolean): boolean =>
  databases.some(({ source }) => {
    for (let number = 1; number <= source.placeCount; number += 1) {
      const place = source.place(number)
      if (place !== null && has(place)) return true
    }
    return false
  })

/** @throws InterplotError ERR_GEO_MISSING for a kind of term of which no database knows anything. */
const checkAnswerable = ({ wanted, unwanted }: Region, databases: readonly WholeDatabase[]): void => {
  for (const [what, uses, has, typical] of NEEDS) {
    if (!(uses(wanted) || uses(unwanted)) || knows(databases, has)) continue
    const fitting = databaseSources.entries.find(({ typePattern }) => typePattern.test(typical))
    const names = databases.map(({ name }) => name).join(', ')
    throw new InterplotError('ERR_GEO_MISSING', `no database here (${names}) knows ${what}`, {
      advice:
        fitting === undefined
          ? `Run: interplot geo update --edition GeoLite2-${typical} (it wants an account), or name a file with --database.`
          : `Run: interplot geo install ${fitting.name}`,
    })
  }
}

/**
 * @returns null when no region is named.
 * @throws InterplotError ERR_USAGE for names that nobody has, ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_INPUT_FILE.
 */
export const selectRegion = (options: RegionOptions, terminal: Terminal): SelectedRegion | null => {
  const description = describeRegion(options)
  if (description === '') {
    if (options.database === undefined) return null
    throw new InterplotError('ERR_USAGE', '--database says where addresses are, and no region is asked for', {
      advice: 'Name one, like --country DE, or leave --database out.',
    })
  }
  const { notCountry, notContinent, notCity, notBbox, notNear, notAsn } = options
  const unwanted = {
    ...(notCountry === undefined ? {} : { country: notCountry }),
    ...(notContinent === undefined ? {} : { continent: notContinent }),
    ...(notCity === undefined ? {} : { city: notCity }),
    ...(notBbox === undefined ? {} : { bbox: notBbox }),
    ...(notNear === undefined ? {} : { near: notNear }),
    ...(notAsn === undefined ? {} : { asn: notAsn }),
  }
  // A slip in the text shows before a database is opened; cities are known by then.
  parseRegion({ ...options, city: [] }, { ...unwanted, city: [] }, () => new Map())
  const databases = wholeDatabases(options.database, (name) => terminal.progress(`flattening ${name}`))
  terminal.clear()
  const sources = databases.map(({ source }) => source)
  const region = parseRegion(options, unwanted, () => {
    checkAnswerable({ wanted: regionOfCities, unwanted: regionOfCities }, databases)
    return citiesOf(sources)
  })
  checkAnswerable(region, databases)
  const addresses = compileRegion(region, sources)
  if (addresses.size === 0) {
    throw new InterplotError('ERR_NO_TARGETS', `no address is in the region (${description})`, {
      advice: 'All kinds of terms must hold at once; interplot geo region shows what each comes to.',
    })
  }
  return { addresses, description, databases: databases.map(({ name }) => name) }
}

/** For the question whether any database knows cities at all. */
const regionOfCities: RegionTerms = {
  countries: new Set(),
  continents: new Set(),
  cities: new Set(['']),
  boxes: [],
  circles: [],
  asns: new Set(),
}

/** What is told of a region before it is used. */
export const regionNote = ({ addresses, description, databases }: SelectedRegion): string =>
  `region ${description}: ${formatCount(addresses.size)} addresses in ${formatCount(addresses.firsts.length)} ranges, by ${databases.join(' and ')}`
