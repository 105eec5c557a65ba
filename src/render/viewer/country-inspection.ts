/** What a country of the map has, as words. */

import { formatCount } from '../../core/units.ts'
import { SHARE_OF } from '../country-scale.ts'
import { formatAmount } from '../tone-scale.ts'
import type { CountrySet } from './country-set.ts'
import type { Finding } from './finding.ts'

const FINEST_LEVEL_WORLD = 2 ** 14

/** @param x, y of the world. */
export const findCountry = (countries: CountrySet, x: number, y: number, size: number): Finding | null => {
  const east = x - Math.floor(x)
  const country = countries.at(east, y)
  if (country === null) return null
  const count = countries.countOf(country)
  const all = countries.allocatedOf(country)
  const share =
    all === null || count === 0
      ? ''
      : `${formatAmount((count / all) * SHARE_OF)} of a million; it has ${formatCount(Math.round(all))}`
  return {
    x: east,
    y,
    radius: 0,
    title: countries.nameOf(country),
    lines: [
      count === 0 ? 'no address' : `${formatCount(Math.round(count))} ${count === 1 ? 'address' : 'addresses'}`,
      share,
    ].filter((line) => line !== ''),
    around: countries.outlines[country]!.linesAt(Math.min(size * 2, FINEST_LEVEL_WORLD)),
  }
}
