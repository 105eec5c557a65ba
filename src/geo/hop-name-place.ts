/**
 * Places from the names that operators give to the interfaces of their routers: airport codes (IATA), the place parts of
 * CLLI codes (Telcordia), names of cities. Names are habits, not records (RFC 1178 only says how to choose good ones): a
 * place from a name is a guess with a confidence, good where nothing better is known. Rules, codes and words that only
 * look like codes are data (data/hop-name-rules.json, data/hop-codes.csv).
 */

import { foldName } from '../core/folded-name.ts'
import type { Place } from '../core/place.ts'

interface CodedCity {
  /** Lower case. */
  code: string
  city: string
  countryCode: string
  latitude: number
  longitude: number
}

interface HopNameRule {
  name: string
  /** Of one part of a name; its first group is a code, an alias or the name of a city. */
  pattern: RegExp
  /** 0 … 1 */
  confidence: number
}

export interface HopNameTables {
  cities: readonly CodedCity[]
  rules: readonly HopNameRule[]
  /** Other ways to write a code. */
  aliases: ReadonlyMap<string, string>
  notCodes: ReadonlySet<string>
  /** Labels below a country's that names are registered under: `co` of co.uk. */
  domainSecondLevels: ReadonlySet<string>
}

export interface HopNamePlace {
  place: Place
  code: string
  rule: string
  confidence: number
}

/** RFC 1035 section 2.3.4. */
const LONGEST_NAME = 253

/** Labels that say where the router is: those of the operator's own domain do not. */
const hostLabels = (name: string, secondLevels: ReadonlySet<string>): string[] => {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.')
  const isDeep = (labels.at(-1)?.length ?? 0) === 2 && secondLevels.has(labels.at(-2) ?? '')
  return labels.slice(0, isDeep ? -3 : -2)
}

/** @returns what a name says of a place, or null: nothing, or two things that are equally likely. Never throws. */
export const makeHopNameReader = (tables: HopNameTables): ((name: string) => HopNamePlace | null) => {
  const { cities, rules, aliases, notCodes, domainSecondLevels } = tables
  const byCode = new Map(cities.map((city) => [city.code, city]))
  const byName = new Map<string, CodedCity>()
  for (const city of cities) {
    const name = foldName(city.city).replaceAll(/[^a-z]/g, '')
    if (!byName.has(name)) byName.set(name, city)
  }
  const cityOf = (word: string): CodedCity | undefined => {
    if (notCodes.has(word)) return undefined
    return byCode.get(aliases.get(word) ?? word) ?? byName.get(word)
  }
  const readPart = (part: string): HopNamePlace | null => {
    for (const { name: rule, pattern, confidence } of rules) {
      const word = pattern.exec(part)?.[1]
      const found = word === undefined ? undefined : cityOf(word)
      if (found === undefined) continue
      const { code, city, countryCode, latitude, longitude } = found
      return { place: { city, countryCode, latitude, longitude }, code, rule, confidence }
    }
    return null
  }
  return (name) => {
    if (name.length > LONGEST_NAME) return null
    let best: HopNamePlace | null = null
    // From the operator's domain on: the nearer to it, the more general, and places come before interfaces.
    for (const label of hostLabels(name, domainSecondLevels).reverse()) {
      const found = label.split(/[-_]/).flatMap((part) => readPart(part) ?? [])
      const most = Math.max(0, ...found.map(({ confidence }) => confidence))
      const likely = found.filter(({ confidence }) => confidence === most)
      const [first] = likely
      if (first === undefined || (best !== null && best.confidence >= most)) continue
      // A link between two cities: nobody knows on which end the interface is.
      if (new Set(likely.map(({ place }) => `${place.city} ${place.countryCode}`)).size > 1) return null
      best = first
    }
    return best
  }
}
