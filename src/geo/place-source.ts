/** What answers for addresses: a flattened database, a database's tree, or a list of networks. All number their places. */

import { type IpAddress, type Ipv6, ipv4, isIpv4 } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { ALIAS_PLACE, type Answer, answerOf, bitsOfAnswer, findEach, findEachSorted, placeOfAnswer } from './answer.ts'
import { makeIpv4Finder } from './ipv4-ranges.ts'
import { makeIpv6Finder } from './ipv6-ranges.ts'
import type { MmdbReader } from './mmdb.ts'
import { NO_RECORD } from './mmdb-tree.ts'
import { makePlaceReader } from './place-columns.ts'
import type { PlaceIndex } from './place-index.ts'
import { placeFromRecord } from './record.ts'

export interface PlaceSource {
  find(address: IpAddress): Answer
  /** For IPv4 addresses in any order. */
  findAll(addresses: Uint32Array, answers: Uint32Array): void
  /** For ascending ones. */
  findSorted(addresses: Uint32Array, answers: Uint32Array): void
  /** Places so far; numbers go from 1 to it. */
  readonly placeCount: number
  /** By the number in an answer; null for 0. The same object for the same number. @throws InterplotError ERR_GEO_DATABASE */
  place(number: number): Place | null
}

/** A source that also knows all its networks. */
export interface WholeSource extends PlaceSource {
  /** In order of address; those of which nothing is known come with number 0. */
  forEachIpv4(visit: (first: number, bits: number, place: number) => void): void
  forEachIpv6(visit: (first: Ipv6, bits: number, place: number) => void): void
}

/** The flattened database as it is looked up. */
export const indexSource = ({ ipv4: ranges4, ipv6: ranges6, places }: PlaceIndex): WholeSource => {
  const four = makeIpv4Finder(ranges4)
  const six = ranges6 === null ? null : makeIpv6Finder(ranges6)
  const reader = makePlaceReader(places)
  const findIpv6 = (address: Ipv6): Answer => {
    if (six === null) return answerOf(0, 0)
    const answer = six.find(address)
    if (placeOfAnswer(answer) !== ALIAS_PLACE) return answer
    const bits = bitsOfAnswer(answer)
    const inner = four.find(ipv4(Number((address >> BigInt(96 - bits)) & 0xffff_ffffn)))
    return answerOf(placeOfAnswer(inner), bits + bitsOfAnswer(inner))
  }
  return {
    find: (address) => (isIpv4(address) ? four.find(address) : findIpv6(address)),
    findAll: four.findAll,
    findSorted: four.findSorted,
    place: reader.place,
    placeCount: reader.count,
    forEachIpv4: four.forEach,
    forEachIpv6(visit) {
      six?.forEach((first, bits, place) => {
        if (place !== ALIAS_PLACE) visit(first, bits, place)
      })
    },
  }
}

/** A database's tree, without flattening it first: for a handful of addresses. */
export const treeSource = (reader: MmdbReader): PlaceSource => {
  const numbers = new Map<number, number>([[NO_RECORD, 0]])
  const places: (Place | null)[] = [null]
  const numberOf = (record: number): number => {
    const known = numbers.get(record)
    if (known !== undefined) return known
    const place = placeFromRecord(reader.read(record))
    const number = place === null ? 0 : places.push(place) - 1
    numbers.set(record, number)
    return number
  }
  const find = (address: IpAddress): Answer => {
    const { record, bits } = reader.find(address)
    return answerOf(numberOf(record), bits)
  }
  return {
    find,
    findAll: (addresses, answers) => findEach((address) => find(ipv4(address)), addresses, answers),
    findSorted: (addresses, answers) => findEachSorted((address) => find(ipv4(address)), addresses, answers),
    place: (number) => places[number] ?? null,
    get placeCount() {
      return places.length - 1
    },
  }
}
