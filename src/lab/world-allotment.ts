/**
 * Address blocks for cities. Blocks of 256 addresses are dealt by systematic sampling: the cities' weights are laid end to
 * end and a comb with evenly spaced teeth and a random beginning is put over them. Every city gets its share within one
 * block, and small cities get one as often as their weight says.
 */

import type { RandomStream } from '../core/random.ts'
import type { City } from './cities.ts'
import { internetUse } from './internet-use.ts'

/** Networks grow more slowly than the cities that they serve. */
const POPULATION_EXPONENT = 0.8
/** Sizes in blocks, /24 … /20, and how often each is taken where it fits. */
const SIZES: readonly { blocks: number; share: number }[] = [
  { blocks: 16, share: 0.05 },
  { blocks: 8, share: 0.1 },
  { blocks: 4, share: 0.2 },
  { blocks: 2, share: 0.3 },
  { blocks: 1, share: 1 },
]

export interface Allotment {
  city: City
  /** Blocks of 256 addresses: a power of two, 1 … 16. */
  blocks: number
  /** Counts the city's networks from 0. */
  ordinal: number
}

const weightOf = (city: City): number => city.population ** POPULATION_EXPONENT * internetUse(city.countryCode)

const splitIntoNetworks = (blocks: number, random: RandomStream): number[] => {
  const sizes: number[] = []
  let rest = blocks
  while (rest > 0) {
    const size = SIZES.find((each) => each.blocks <= rest && random.nextFloat() < each.share)?.blocks ?? 1
    sizes.push(size)
    rest -= size
  }
  return sizes
}

/** Deals `blocks` blocks. The allotments come in the order of the city list. */
export const allotBlocks = (cities: readonly City[], blocks: number, random: RandomStream): Allotment[] => {
  const total = cities.reduce((sum, city) => sum + weightOf(city), 0)
  const spacing = total / blocks
  const allotments: Allotment[] = []
  let tooth = random.nextFloat() * spacing
  let end = 0
  for (const city of cities) {
    end += weightOf(city)
    let won = 0
    for (; tooth < end; tooth += spacing) won += 1
    for (const [ordinal, size] of splitIntoNetworks(won, random).entries()) {
      allotments.push({ city, blocks: size, ordinal })
    }
  }
  return allotments
}
