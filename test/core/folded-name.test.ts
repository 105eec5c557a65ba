import { describe, expect, it } from 'vitest'
import { CONTINENT_BY_COUNTRY, CONTINENT_NAMES } from '../../src/core/country-continents.ts'
import { foldName, nearNames } from '../../src/core/folded-name.ts'

describe('folded names', () => {
  it.each([
    ['São Paulo', 'sao paulo'],
    ['  ZÜRICH ', 'zurich'],
    ['Straße', 'strasse'],
    ['Tromsø', 'tromso'],
    ['Łódź', 'lodz'],
    ['İstanbul', 'istanbul'],
    ['東京', '東京'],
  ])('%s → %s', (name, folded) => expect(foldName(name)).toBe(folded))

  const names = new Map(['Berlin', 'Bern', 'Bergen', 'San Francisco', 'Rome'].map((name) => [foldName(name), name]))
  it.each([
    ['Brelin', ['Berlin']],
    ['san fransisco', ['San Francisco']],
    ['Bernn', ['Bern']],
    ['San', ['San Francisco']],
    ['Xyzzyx', []],
    ['', []],
  ])('near "%s": %j', (given, near) => expect(nearNames(given, names)).toEqual(near))
})

describe('countries and continents', () => {
  it('are the 249 of ISO 3166-1 and Kosovo, each known to Unicode', () => {
    const known = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
    const codes = [...CONTINENT_BY_COUNTRY.keys()]
    expect(codes.length).toBe(250)
    expect(codes.filter((code) => known.of(code) === undefined)).toEqual([])
    expect(new Set(CONTINENT_BY_COUNTRY.values())).toEqual(new Set(Object.keys(CONTINENT_NAMES)))
  })
})
