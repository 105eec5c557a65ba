/** What countries are called: ISO 3166-1 codes, English names (CLDR, as Node.js brings it) and some that are said besides. */

import { CONTINENT_BY_COUNTRY } from '../core/country-continents.ts'
import { foldName } from '../core/folded-name.ts'

const displayNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

/** Names that are said and that Unicode's list (CLDR) gives otherwise. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'czech republic': 'CZ',
  'ivory coast': 'CI',
  'great britain': 'GB',
  uk: 'GB',
  usa: 'US',
  'united states of america': 'US',
  turkey: 'TR',
  burma: 'MM',
  macedonia: 'MK',
  swaziland: 'SZ',
  'cape verde': 'CV',
  'hong kong': 'HK',
  macau: 'MO',
  'vatican city': 'VA',
  palestine: 'PS',
  'east timor': 'TL',
  bosnia: 'BA',
  'democratic republic of the congo': 'CD',
  'republic of the congo': 'CG',
  'russian federation': 'RU',
  korea: 'KR',
}

interface CountryNames {
  codes: Map<string, string>
  shown: Map<string, string>
}

let countries: CountryNames | undefined

/** Folded names and codes → code, and → as they are suggested. */
export const countryNames = (): CountryNames => {
  if (countries !== undefined) return countries
  const codes = new Map<string, string>()
  const shown = new Map<string, string>()
  for (const code of CONTINENT_BY_COUNTRY.keys()) {
    const name = displayNames.of(code)
    const label = name === undefined ? code : `${code} (${name})`
    for (const each of [code, ...(name === undefined ? [] : [name])]) {
      codes.set(foldName(each), code)
      shown.set(foldName(each), label)
    }
  }
  for (const [name, code] of Object.entries(OTHER_NAMES)) {
    codes.set(name, code)
    shown.set(name, shown.get(foldName(code)) ?? code)
  }
  countries = { codes, shown }
  return countries
}
