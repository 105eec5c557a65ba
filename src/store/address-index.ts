/** The distinct addresses of a selection, numbered, with the row of the place table that each belongs to. */

import { AddressBuckets } from './address-buckets.ts'
import type { Selection } from './selection.ts'
import {
  type Ipv6Sighting,
  ipv6Places,
  ipv6Sightings,
  type Reading,
  visitAddresses,
  visitLocations,
  visitSightings,
} from './sightings.ts'

const HIGH_SHIFT = 16
const HIGHS = 2 ** 16

export interface AddressIndex {
  /** Numbers are below. */
  readonly count: number
  /** By address number: the row of its place; −1 for one that is in no row. */
  readonly rowOf: Int32Array
  /** Every sighting of an address that is in a row, with the address's number in place of the address. */
  visit(visit: (number: number, port: number, timeUs: number, rttUs: number) => void): void
}

/** Where an address is in an ascending list: a table of the upper halves, then bisection. */
const makeFinder = (addresses: Uint32Array): ((address: number) => number) => {
  const starts = new Uint32Array(HIGHS + 1)
  for (const address of addresses) starts[(address >>> HIGH_SHIFT) + 1]! += 1
  for (let high = 1; high <= HIGHS; high += 1) starts[high]! += starts[high - 1]!
  return (address) => {
    let low = starts[address >>> HIGH_SHIFT]!
    let high = starts[(address >>> HIGH_SHIFT) + 1]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (addresses[middle]! < address) low = middle + 1
      else high = middle
    }
    return low
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** @param rowOfPlace by place id, −1 for a place that is in no row. */
export const makeAddressIndex = (reading: Reading, selection: Selection, rowOfPlace: Int32Array): AddressIndex => {
  const seen = new AddressBuckets()
  const hasIpv6 = visitAddresses(reading, selection, (address) => seen.add(address))
  const ipv4 = seen.list()
  const ipv6 = hasIpv6 ? ipv6Places(reading, selection) : []
  const rowOf = new Int32Array(ipv4.length + ipv6.length).fill(-1)
  let next = 0
  visitLocations(reading, (address, place) => {
    while (next < ipv4.length && ipv4[next]! < address) next += 1
    if (ipv4[next] === address) rowOf[next] = rowOfPlace[place] ?? -1
  })
  const numberOf = new Map<string, number>()
  for (const [i, [address, place]] of ipv6.entries()) {
    numberOf.set(hexOf(address), ipv4.length + i)
    rowOf[ipv4.length + i] = rowOfPlace[place ?? 0] ?? -1
  }
  const find = makeFinder(ipv4)
  return {
    count: rowOf.length,
    rowOf,
    visit(visit) {
      visitSightings(reading, selection, (address, port, timeUs, rttUs) => {
        const number = find(address)
        if (rowOf[number]! >= 0) visit(number, port, timeUs, rttUs)
      })
      const others: Iterable<Ipv6Sighting> = hasIpv6 ? ipv6Sightings(reading, selection) : []
      for (const [address, port, timeUs, rttUs] of others) {
        const number = numberOf.get(hexOf(address))
        if (number !== undefined && rowOf[number]! >= 0) visit(number, port, timeUs, rttUs)
      }
    },
  }
}
