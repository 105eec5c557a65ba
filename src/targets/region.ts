/**
 * Addresses by where databases say they are. Whether a place matches is found out once for each distinct place; the
 * networks, in order of address, then make up the set. Several databases answer as the locator merges them (geo/record.ts):
 * where an address is comes from the first with coordinates, else from the first with a country, else from the first that says
 * anything of it; the number of its network from the first that knows one. So an address is in a region exactly when
 * geolocation would put it there.
 */

import { CONTINENT_BY_COUNTRY } from '../core/country-continents.ts'
import { foldName } from '../core/folded-name.ts'
import { distanceKm, type Point } from '../core/great-circle.ts'
import { ipv4 } from '../core/ip.ts'
import { hasCoordinates, type Place } from '../core/place.ts'
import { bitsOfAnswer, lastOfNetwork, placeOfAnswer } from '../geo/answer.ts'
import type { WholeSource } from '../geo/place-source.ts'
import { type CidrSet, fromSorted, intersect } from './cidr-set.ts'

/** Degrees; west > east = across the 180th meridian. */
export interface Box {
  south: number
  west: number
  north: number
  east: number
}
export interface Circle extends Point {
  radiusKm: number
}

/** Any of a kind; a kind of which none is given says nothing. */
export interface RegionTerms {
  /** ISO codes. */
  readonly countries: ReadonlySet<string>
  readonly continents: ReadonlySet<string>
  /** Folded names (core/folded-name.ts). */
  readonly cities: ReadonlySet<string>
  readonly boxes: readonly Box[]
  readonly circles: readonly Circle[]
  readonly asns: ReadonlySet<number>
}

export interface Region {
  /** An address is in the region when something of each kind that is given matches, … */
  readonly wanted: RegionTerms
  /** … and nothing of these does. */
  readonly unwanted: RegionTerms
}

const inBox = ({ south, west, north, east }: Box, latitude: number, longitude: number): boolean => {
  if (latitude < south || latitude > north) return false
  return west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east
}

/** `Berlin (Mitte)` is Berlin, too. */
const DISTRICT = /\s*\([^()]*\)$/

/** Names by which a city is known, folded. */
export const cityNamesOf = (city: string): string[] => {
  const name = foldName(city)
  const short = name.replace(DISTRICT, '')
  return short === name || short === '' ? [name] : [name, short]
}

type Test = (place: Place) => boolean

/** A test for each kind of place that is given. */
const locationTests = ({ countries, continents, cities, boxes, circles }: RegionTerms): Test[] => {
  const tests: Test[] = []
  if (countries.size > 0) tests.push(({ countryCode = '' }) => countries.has(countryCode))
  if (continents.size > 0) {
    tests.push(({ continentCode, countryCode = '' }) =>
      continents.has(continentCode ?? CONTINENT_BY_COUNTRY.get(countryCode) ?? ''),
    )
  }
  if (cities.size > 0) {
    tests.push(({ city }) => city !== undefined && cityNamesOf(city).some((name) => cities.has(name)))
  }
  if (boxes.length > 0) {
    tests.push((place) => hasCoordinates(place) && boxes.some((box) => inBox(box, place.latitude, place.longitude)))
  }
  if (circles.length > 0) {
    tests.push(
      (place) => hasCoordinates(place) && circles.some((circle) => distanceKm(circle, place) <= circle.radiusKm),
    )
  }
  return tests
}

const asnTests = ({ asns }: RegionTerms): Test[] =>
  asns.size === 0 ? [] : [({ asn }) => asn !== undefined && asns.has(asn)]

const testOf = ({ wanted, unwanted }: Region, testsOf: (terms: RegionTerms) => Test[]): Test | null => {
  const yes = testsOf(wanted)
  const no = testsOf(unwanted)
  if (yes.length + no.length === 0) return null
  return (place) => yes.every((test) => test(place)) && !no.some((test) => test(place))
}

/** Bit 0 of a class: the place matches. The bits above: how much the place has to say; the most counts, then the first. */
const MATCHES = 1
const locationRank = (place: Place): number => {
  if (place.latitude !== undefined) return 3
  if (place.countryCode !== undefined || place.country !== undefined) return 2
  return place.city !== undefined || place.region !== undefined || place.state !== undefined ? 1 : 0
}
const asnRank = ({ asn }: Place): number => (asn === undefined ? 0 : 1)

const NOWHERE: Place = {}

/** For each place number of a source, its class. */
const classesOf = (source: WholeSource, test: Test, rank: (place: Place) => number): Uint8Array => {
  const classes = new Uint8Array(source.placeCount + 1)
  for (let number = 1; number < classes.length; number += 1) {
    const place = source.place(number) ?? NOWHERE
    classes[number] = rank(place) * 2 + (test(place) ? MATCHES : 0)
  }
  return classes
}

/** Takes neighbouring networks in order of address and makes intervals of those that belong. */
const makeCollector = (): { add: (first: number, last: number) => void; build: () => CidrSet } => {
  const firsts: number[] = []
  const lasts: number[] = []
  return {
    add(first, last) {
      if (lasts.length > 0 && lasts.at(-1)! + 1 === first) lasts[lasts.length - 1] = last
      else {
        firsts.push(first)
        lasts.push(last)
      }
    },
    build: () => fromSorted(Uint32Array.from(firsts), Uint32Array.from(lasts)),
  }
}

/** The addresses whose place passes. */
const collect = (sources: readonly WholeSource[], test: Test, rank: (place: Place) => number): CidrSet => {
  const nowhere = test(NOWHERE) ? MATCHES : 0
  const collector = makeCollector()
  const classes = sources.map((source) => classesOf(source, test, rank))
  if (sources.length === 1) {
    const [only] = classes
    sources[0]!.forEachIpv4((first, bits, place) => {
      const found = only![place]!
      if (((found < 2 ? nowhere : found) & MATCHES) !== 0) collector.add(first, lastOfNetwork(first, bits))
    })
    return collector.build()
  }
  // Networks of several databases begin and end at different addresses: each piece in which all stay the same.
  const found = new Uint8Array(sources.length)
  const lasts = new Float64Array(sources.length).fill(-1)
  for (let first = 0; first < 2 ** 32; ) {
    let best = nowhere
    let last = 0xffff_ffff
    for (let i = 0; i < sources.length; i += 1) {
      if (lasts[i]! < first) {
        const answer = sources[i]!.find(ipv4(first))
        found[i] = classes[i]![placeOfAnswer(answer)]!
        lasts[i] = lastOfNetwork(first, bitsOfAnswer(answer))
      }
      if (found[i]! >>> 1 > best >>> 1) best = found[i]!
      last = Math.min(last, lasts[i]!)
    }
    if ((best & MATCHES) !== 0) collector.add(first, last)
    first = last + 1
  }
  return collector.build()
}

/** @param sources in order of precedence. An address of which they know nothing is outside of all terms. */
export const compileRegion = (region: Region, sources: readonly WholeSource[]): CidrSet => {
  const location = testOf(region, locationTests)
  const holder = testOf(region, asnTests)
  const sets = [
    ...(location === null ? [] : [collect(sources, location, locationRank)]),
    ...(holder === null ? [] : [collect(sources, holder, asnRank)]),
  ]
  return sets.length === 0 ? fromSorted(Uint32Array.of(0), Uint32Array.of(0xffff_ffff)) : sets.reduce(intersect)
}
