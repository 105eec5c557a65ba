/**
 * Where addresses are, out of one or more sources in order of precedence. Bulk work goes by columns: each source says
 * which of its places answers for each address, the tuple of their numbers is numbered, and one place is made for each
 * distinct tuple, so the cost of merging is that of the distinct places, not of the addresses.
 */

import { type IpAddress, type Ipv6, ipv4, isIpv4 } from '../core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { bitsOfAnswer, lastOfNetwork, PLACES_MAX, placeOfAnswer } from './answer.ts'
import type { GeoDatabase } from './database.ts'
import { type Overlay, overlayPlace } from './overlay.ts'
import type { PlaceSource } from './place-source.ts'
import { mergePlaces } from './record.ts'
import { specialAddresses } from './special-addresses.ts'

export interface Located {
  /** Null when nothing is known. */
  place: Place | null
  /** Length of the prefix of the network around the address for which the same holds. */
  prefixBits: number
}

export interface Locator {
  /** Names of the databases, first precedence first; the overlay is `static`. */
  readonly databases: readonly string[]
  /** Flattens the databases of a family that are not yet: seconds once, which pay for bulk work. @throws as `locate` */
  flatten(family: 4 | 6, progress?: ProgressSink): void
  /** @throws InterplotError ERR_GEO_DATABASE */
  locate(address: IpAddress): Located
  /** Places of IPv4 addresses in any order. `places` is shared by all batches of this locator and only grows. */
  locateIpv4(addresses: Uint32Array): LocatedBatch
  /** The same for ascending ones, faster. */
  locateSorted(addresses: Uint32Array): LocatedBatch
  locateIpv6(addresses: readonly Ipv6[]): LocatedBatch
}

/** `::ffff:192.0.2.1` stands for the IPv4 address in it (RFC 4291 section 2.5.5.2); few databases say so themselves. */
const MAPPED_BITS = 96
const unmapped = (address: IpAddress): IpAddress =>
  !isIpv4(address) && address >> 32n === 0xffffn ? ipv4(Number(address & 0xffff_ffffn)) : address

/** In place of an index that was not asked for yet. */
const UNKNOWN = -2

/** The places of one family, numbered as their tuples appear. */
class FamilyPlaces {
  readonly sources: readonly PlaceSource[]
  /** Index of the place that a number of the first source makes alone: most of the answers. */
  #firstIndex: Int32Array
  /** Tuples as a chain of pairs (tuple so far, place number), for each source. */
  readonly #chain: readonly Map<number, number>[]
  #tupleCount = 0
  readonly #indexOfTuple: number[] = [NO_PLACE]
  readonly #places: Place[]
  readonly #hasOverlay: boolean
  readonly #indexByText = new Map<string, number>()

  /** @param places takes the places that this makes. @param hasOverlay the last source is an overlay. */
  constructor(sources: readonly PlaceSource[], places: Place[], hasOverlay: boolean) {
    this.#hasOverlay = hasOverlay
    this.sources = sources
    this.#firstIndex = new Int32Array((sources[0]?.placeCount ?? 0) + 1).fill(UNKNOWN)
    this.#chain = sources.map(() => new Map())
    this.#places = places
  }

  /** By number; what is not known yet is UNKNOWN or beyond the end. */
  firstIndexes(): Int32Array {
    return this.#firstIndex
  }

  /** Index of the place that a number of the first source makes when no other source says anything. */
  indexOfFirst(number: number): number {
    // A source may number its places as they are asked for.
    if (number >= this.#firstIndex.length) {
      const longer = new Int32Array(number * 2).fill(UNKNOWN)
      longer.set(this.#firstIndex)
      this.#firstIndex = longer
    }
    const known = this.#firstIndex[number]!
    if (known !== UNKNOWN) return known
    const place = this.sources[0]?.place(number) ?? null
    const index = place === null ? NO_PLACE : this.#places.push(place) - 1
    this.#firstIndex[number] = index
    return index
  }

  #tupleOf(i: number, before: number, number: number): number {
    const key = before * (PLACES_MAX + 1) + number
    const known = this.#chain[i]!.get(key)
    if (known !== undefined) return known
    this.#tupleCount += 1
    this.#chain[i]!.set(key, this.#tupleCount)
    return this.#tupleCount
  }

  /** Index of the place that the numbers which each source gave make, in order. */
  indexOf(numbers: readonly number[]): number {
    let tuple = 0
    for (let i = 0; i < numbers.length; i += 1) {
      if (numbers[i] !== 0) tuple = this.#tupleOf(i, tuple, numbers[i]!)
    }
    return this.#indexOfTuple[tuple] ?? this.#make(tuple, numbers)
  }

  #make(tuple: number, numbers: readonly number[]): number {
    const found = numbers.map((number, i) => this.sources[i]!.place(number))
    const own = this.#hasOverlay ? (found.pop() ?? null) : null
    const merged = mergePlaces(found.filter((place) => place !== null))
    const index = this.#intern(own === null ? merged : overlayPlace(own, merged))
    this.#indexOfTuple[tuple] = index
    return index
  }

  #intern(place: Place | null): number {
    if (place === null) return NO_PLACE
    const text = JSON.stringify(place)
    const known = this.#indexByText.get(text)
    if (known !== undefined) return known
    const index = this.#places.push(place) - 1
    this.#indexByText.set(text, index)
    return index
  }
}

/** @param bits is raised to the length of each answer's prefix. @param known gets 1 where a place is behind the answer. */
const note = (answers: Uint32Array, bits: Uint8Array, known: Uint8Array): void => {
  for (let i = 0; i < answers.length; i += 1) {
    const answer = answers[i]!
    if ((answer & 255) > bits[i]!) bits[i] = answer & 255
    if (answer > 255) known[i] = 1
  }
}

/** Indexes of the first source's places, where no other says anything. */
const fillFirst = (family: FamilyPlaces, answers: Uint32Array, others: Uint8Array, placeIndex: Int32Array): void => {
  const indexes = family.firstIndexes()
  for (let i = 0; i < answers.length; i += 1) {
    if (others[i] !== 0) continue
    const number = answers[i]! >>> 8
    const index = indexes[number] ?? UNKNOWN
    placeIndex[i] = index === UNKNOWN ? family.indexOfFirst(number) : index
  }
}

/**
 * Loops over one column each: the engine makes the most of them.
 * @param columns each source's answers, one at least. @param leastBits what every prefix is at least.
 */
const mergeColumns = (
  family: FamilyPlaces,
  columns: readonly (Uint32Array | null)[],
  leastBits: number,
): [Int32Array, Uint8Array] => {
  const [first, ...rest] = columns as [Uint32Array, ...(Uint32Array | null)[]]
  const placeIndex = new Int32Array(first.length)
  const prefixBits = new Uint8Array(first.length)
  for (let i = 0; i < first.length; i += 1) prefixBits[i] = Math.max(first[i]! & 255, leastBits)
  const others = new Uint8Array(first.length)
  for (const column of rest) if (column !== null) note(column, prefixBits, others)
  fillFirst(family, first, others, placeIndex)
  const numbers = columns.map(() => 0)
  for (let i = 0; i < others.length; i += 1) {
    if (others[i] === 0) continue
    for (let c = 0; c < columns.length; c += 1) numbers[c] = (columns[c]?.[i] ?? 0) >>> 8
    placeIndex[i] = family.indexOf(numbers)
  }
  return [placeIndex, prefixBits]
}

/** A locator over databases, the first taking precedence, under an overlay. Files open when a family is first asked for. */
export const makeLocator = (databases: readonly GeoDatabase[], overlay?: Overlay): Locator => {
  const places: Place[] = []
  const special = specialAddresses()
  const families = new Map<4 | 6, FamilyPlaces>()
  const familyOf = (family: 4 | 6): FamilyPlaces => {
    let found = families.get(family)
    if (found === undefined) {
      const sources = databases.flatMap((database) => database.source(family) ?? [])
      const all = overlay === undefined ? [...sources, special] : [...sources, special, overlay.source]
      found = new FamilyPlaces(all, places, overlay !== undefined)
      families.set(family, found)
    }
    return found
  }
  const locateOne = (written: IpAddress): [index: number, prefixBits: number] => {
    const address = unmapped(written)
    const family = familyOf(isIpv4(address) ? 4 : 6)
    const answers = family.sources.map((source) => source.find(address))
    const bits = Math.max(...answers.map(bitsOfAnswer))
    const numbers = answers.map(placeOfAnswer)
    const isFirst = numbers.every((number, i) => number === 0 || i === 0)
    const index = isFirst ? family.indexOfFirst(numbers[0]!) : family.indexOf(numbers)
    return [index, address === written ? bits : bits + MAPPED_BITS]
  }
  const answersOf = (addresses: Uint32Array, fill: (answers: Uint32Array) => void): Uint32Array => {
    const answers = new Uint32Array(addresses.length)
    fill(answers)
    return answers
  }
  return {
    flatten(family, progress = silentProgress) {
      for (const database of databases) {
        database.wholeSource(family, (step) => progress({ ...step, doing: 'flattening the database' }))
      }
      families.delete(family)
    },
    databases: [...(overlay === undefined ? [] : ['static']), ...databases.map(({ name }) => name)],
    locate(address) {
      const [index, prefixBits] = locateOne(address)
      return { place: index === NO_PLACE ? null : places[index]!, prefixBits }
    },
    locateIpv4(addresses) {
      const family = familyOf(4)
      const columns = family.sources.map((source) =>
        answersOf(addresses, (answers) => source.findAll(addresses, answers)),
      )
      const [placeIndex, prefixBits] = mergeColumns(family, columns, 0)
      return { addresses, placeIndex, prefixBits, places }
    },
    locateSorted(addresses) {
      const family = familyOf(4)
      const last = addresses.at(-1) ?? 0
      let leastBits = 0
      const columns = family.sources.map((source, i) => {
        const answer = source.find(ipv4(addresses[0] ?? 0))
        // One network without a place around all of them, as the special addresses mostly say, needs no column.
        if (i > 0 && placeOfAnswer(answer) === 0 && lastOfNetwork(addresses[0] ?? 0, bitsOfAnswer(answer)) >= last) {
          leastBits = Math.max(leastBits, bitsOfAnswer(answer))
          return null
        }
        return answersOf(addresses, (answers) => source.findSorted(addresses, answers))
      })
      const [placeIndex, prefixBits] = mergeColumns(family, columns, leastBits)
      return { addresses, placeIndex, prefixBits, places }
    },
    locateIpv6(addresses) {
      const placeIndex = new Int32Array(addresses.length)
      const prefixBits = new Uint8Array(addresses.length)
      for (const [i, address] of addresses.entries()) {
        const [index, bits] = locateOne(address)
        placeIndex[i] = index
        prefixBits[i] = bits
      }
      return { addresses, placeIndex, prefixBits, places }
    },
  }
}
