/** The options that name a region, for `scan` and `geo region`. */

import type { Command } from 'commander'
import { collectList, collectTexts } from './option-parsers.ts'

export interface RegionOptions {
  country?: string[]
  continent?: string[]
  city?: string[]
  bbox?: string[]
  near?: string[]
  asn?: string[]
  notCountry?: string[]
  notContinent?: string[]
  notCity?: string[]
  notBbox?: string[]
  notNear?: string[]
  notAsn?: string[]
  /** Database files in place of the installed ones. */
  database?: string[]
}

/** Option → what it takes, what it says. */
const KINDS = [
  ['country', '<countries>', 'in these countries, like DE,AT or Germany'],
  ['continent', '<continents>', 'on these continents: AF, AN, AS, EU, NA, OC, SA'],
  ['city', '<cities>', 'in these cities, as the database calls them'],
  ['bbox', '<s,w,n,e>', 'in this box of degrees: south,west,north,east'],
  ['near', '<lat,lon,radius>', 'around this point, like 52.5,13.4,100km'],
  ['asn', '<numbers>', 'in these autonomous systems (wants a database of them)'],
] as const

/** As they stand in RegionOptions, with the option's name. */
export const REGION_OPTIONS = [
  ['country', '--country'],
  ['continent', '--continent'],
  ['city', '--city'],
  ['bbox', '--bbox'],
  ['near', '--near'],
  ['asn', '--asn'],
  ['notCountry', '--not-country'],
  ['notContinent', '--not-continent'],
  ['notCity', '--not-city'],
  ['notBbox', '--not-bbox'],
  ['notNear', '--not-near'],
  ['notAsn', '--not-asn'],
] as const satisfies readonly (readonly [keyof RegionOptions, string])[]

export const defineRegion = (command: Command): Command => {
  command.optionsGroup('Where (by the installed databases; all kinds given must hold, one of each is enough):')
  for (const [name, value, help] of KINDS) command.option(`--${name} ${value}`, help, collectTexts)
  for (const [name, value] of KINDS) command.option(`--not-${name} ${value}`, 'and not there', collectTexts)
  return command.option('--database <files>', 'MaxMind-format files in place of the installed ones', collectList)
}

/** `country DE, AT; not city Berlin`; empty when no region is named. */
export const describeRegion = (options: RegionOptions): string =>
  REGION_OPTIONS.flatMap(([name, option]) => {
    const texts = options[name] ?? []
    return texts.length === 0 ? [] : [`${option.slice(2).replace(/^not-/, 'not ')} ${texts.join(' or ')}`]
  }).join('; ')
