/** Regions of generated databases, against the places that the locator gives address by address. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, ipv4, parseIpv4 } from '../../src/core/ip.ts'
import type { Place } from '../../src/core/place.ts'
import { databaseFromFile, type GeoDatabase } from '../../src/geo/database.ts'
import { makeLocator } from '../../src/geo/locator.ts'
import { contains, toCidrs } from '../../src/targets/cidr-set.ts'
import { compileRegion } from '../../src/targets/region.ts'
import { citiesOf, parseRegion, type RegionTexts } from '../../src/targets/region-syntax.ts'
import { caught } from '../error-code.ts'
import { type FixtureMap, flatRecord, makeMmdb } from '../geo/mmdb-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('region')
let files = 0
const databaseOf = (records: readonly (readonly [string, FixtureMap])[]): GeoDatabase => {
  files += 1
  const path = join(folder, `${files}.mmdb`)
  writeFileSync(path, makeMmdb(records))
  return databaseFromFile(path)
}

const compile = (databases: readonly GeoDatabase[], wanted: RegionTexts, unwanted: RegionTexts = {}) => {
  const sources = databases.map((database) => database.wholeSource(4)!)
  return compileRegion(
    parseRegion(wanted, unwanted, () => citiesOf(sources)),
    sources,
  )
}

const CITIES = databaseOf([
  ['11.0.0.0/16', flatRecord('DE', 'Berlin (Mitte)', 52.52, 13.4)],
  ['11.1.0.0/16', flatRecord('DE', 'Potsdam', 52.4, 13.06)],
  ['11.2.0.0/16', flatRecord('AR', 'Córdoba', -31.4, -64.2)],
  ['11.3.0.0/16', flatRecord('ES', 'Córdoba', 37.9, -4.8)],
  ['11.4.0.0/16', flatRecord('FJ', 'Labasa', -16.4, 179.4)],
  ['11.5.0.0/16', flatRecord('US', 'Washington, D.C.', 38.9, -77)],
  ['11.6.0.0/16', { country_code: 'FR' }],
  ['11.7.0.0/32', flatRecord('CH', 'Bern', 46.9, 7.4)],
])
const HOLDERS = databaseOf([
  ['11.0.0.0/15', { autonomous_system_number: 3320, autonomous_system_organization: 'A' }],
  ['11.2.128.0/17', { autonomous_system_number: 64500 }],
])

/** What is wanted, what is not, and the prefixes that come of it. */
const ROWS: Record<string, [wanted: RegionTexts, unwanted: RegionTexts, prefixes: string[]]> = {
  'a country': [{ country: ['DE'] }, {}, ['11.0.0.0/15']],
  'countries in one list and in several': [{ country: ['ar,es', 'fj'] }, {}, ['11.2.0.0/15', '11.4.0.0/16']],
  'a country by name': [{ country: ['germany'] }, {}, ['11.0.0.0/15']],
  'a country of which only the code is known': [{ country: ['France'] }, {}, ['11.6.0.0/16']],
  'a single address': [{ country: ['CH'] }, {}, ['11.7.0.0/32']],
  'a continent that no record names': [{ continent: ['SA'] }, {}, ['11.2.0.0/16']],
  'a continent by name, without a country': [
    { continent: ['europe'] },
    { country: ['DE', 'CH'] },
    ['11.3.0.0/16', '11.6.0.0/16'],
  ],
  'a city without its accent, in two countries': [{ city: ['cordoba'] }, {}, ['11.2.0.0/15']],
  'a city in one country': [{ city: ['CÓRDOBA'], country: ['AR'] }, {}, ['11.2.0.0/16']],
  'a city by one of its districts': [{ city: ['Berlin'] }, {}, ['11.0.0.0/16']],
  'a district': [{ city: ['berlin (mitte)'] }, {}, ['11.0.0.0/16']],
  'cities in a list': [{ city: ['Berlin,Potsdam'] }, {}, ['11.0.0.0/15']],
  'a city with a comma in its name': [{ city: ['washington, d.c.'] }, {}, ['11.5.0.0/16']],
  'a box': [{ bbox: ['52,13,53,14'] }, {}, ['11.0.0.0/15']],
  'a box across the 180th meridian': [{ bbox: ['-20,170,-10,-170'] }, {}, ['11.4.0.0/16']],
  'a circle': [{ near: ['52.5,13.4,10km'] }, {}, ['11.0.0.0/16']],
  'a wider circle in miles': [{ near: ['52.5,13.4,20mi'] }, {}, ['11.0.0.0/15']],
  'a circle across the 180th meridian': [{ near: ['-16.4,-179.9,80km'] }, {}, ['11.4.0.0/16']],
  'a network': [{ asn: ['3320'] }, {}, ['11.0.0.0/15']],
  'networks with AS before them, and a country': [{ asn: ['AS3320,as64500'], country: ['AR'] }, {}, ['11.2.128.0/17']],
  'a country without a network': [{ country: ['AR'] }, { asn: ['64500'] }, ['11.2.0.0/17']],
  'a country without a city': [{ country: ['DE'] }, { city: ['potsdam'] }, ['11.0.0.0/16']],
  'nothing, for kinds that no place has both': [{ country: ['AR'], city: ['Bern'] }, {}, []],
}

describe('regions', () => {
  it.each(Object.entries(ROWS))('%s', (_name, [wanted, unwanted, prefixes]) =>
    expect(toCidrs(compile([CITIES, HOLDERS], wanted, unwanted))).toEqual(prefixes),
  )

  it('without a country hold what no database knows', () => {
    const set = compile([CITIES], {}, { country: ['DE'] })
    expect([contains(set, parseIpv4('11.0.0.0')!), contains(set, parseIpv4('99.0.0.0')!)]).toEqual([false, true])
    expect(set.size).toBe(2 ** 32 - 2 ** 17)
  })

  const MISTAKES: Record<string, [RegionTexts, RegExp]> = {
    'a country that is none': [{ country: ['Germny'] }, /"Germny".*Did you mean DE \(Germany\)\?/],
    'a code that is none': [{ country: ['DE,QQ'] }, /country for --country: "QQ"/],
    'a city that is not there': [{ city: ['Brelin'] }, /"Brelin".*Did you mean Berlin/],
    'a continent that is none': [{ continent: ['XX'] }, /"XX".*SA South America/],
    'a box of three numbers': [{ bbox: ['1,2,3'] }, /south,west,north,east/],
    'a box upside down': [{ bbox: ['55,5,47,15'] }, /south lies north/],
    'a box beyond the pole': [{ bbox: ['47,5,91,15'] }, /south,west,north,east/],
    'a circle without a unit': [{ near: ['1,2,3'] }, /52\.5,13\.4,100km/],
    'a circle of nothing': [{ near: ['1,2,0km'] }, /100km/],
    'a network that is none': [{ asn: ['AS0'] }, /AS3320/],
    'a number too large for a network': [{ asn: ['4294967296'] }, /AS3320/],
  }
  it.each(Object.entries(MISTAKES))('refuse %s', (_name, [texts, says]) => {
    const error = caught(() => compile([CITIES], texts))
    expect(error.code).toBe('ERR_USAGE')
    expect(error.toLine()).toMatch(says)
  })

  const prefix = fc
    .tuple(fc.integer({ min: 0x0b00_0000, max: 0x0b00_07ff }), fc.integer({ min: 18, max: 32 }))
    .map(([base, bits]) => `${formatIpv4((base & (-1 << (32 - bits))) >>> 0)}/${bits}`)
  const byLength = (a: string, b: string): number => Number(a.split('/')[1]) - Number(b.split('/')[1])
  const RECORDS: FixtureMap[] = [
    flatRecord('DE', 'A', 50, 10),
    flatRecord('DE', 'B', 10, 10),
    flatRecord('FR', 'A', 45, 2),
    { country_code: 'FR' },
    { country_code: 'DE' },
    { city: 'A' },
    { asn: 'AS1' },
    { ...flatRecord('FR', 'B', 50, 10), asn: 'AS2' },
  ]
  const records = fc
    .uniqueArray(prefix, { minLength: 1, maxLength: 20 })
    .chain((prefixes) =>
      fc.tuple(...[...prefixes].sort(byLength).map((each) => fc.tuple(fc.constant(each), fc.constantFrom(...RECORDS)))),
    )
  /** The same terms, said of a place in other words. */
  const TERMS: [RegionTexts, RegionTexts, (place: Place) => boolean][] = [
    [{ country: ['DE'] }, {}, ({ countryCode }) => countryCode === 'DE'],
    [{}, { country: ['DE'] }, ({ countryCode }) => countryCode !== 'DE'],
    [{ country: ['DE'] }, { asn: ['2'] }, ({ countryCode, asn }) => countryCode === 'DE' && asn !== 2],
    [{ asn: ['1,2'] }, { country: ['FR'] }, ({ countryCode, asn = 0 }) => asn > 0 && countryCode !== 'FR'],
    [{ bbox: ['40,0,60,20'] }, {}, ({ latitude = 0 }) => latitude > 40],
    [{ continent: ['EU'], near: ['50,10,1km'] }, {}, ({ latitude }) => latitude === 50],
  ]
  it.each(TERMS)('%j but not %j: as the locator places each address, for several databases', (yes, no, holds) => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 3 }), (each) => {
        const databases = each.map(databaseOf)
        const set = compile(databases, yes, no)
        const locator = makeLocator(databases)
        for (let address = 0x0aff_fff0; address < 0x0b00_0810; address += 1) {
          const { place } = locator.locate(ipv4(address))
          expect(contains(set, address), formatIpv4(address)).toBe(holds(place ?? {}))
        }
      }),
      { numRuns: 12 },
    )
  })
})
