/** How a country's colour is chosen from its value: the same in pictures and on pages. */

import { countedHeading, type MapData } from './map-data.ts'
import { type ToneName, type ToneScale, tonedScale, toneOf } from './tone-scale.ts'

/** Colours begin here on the ramp: its bottom is for spots of light, not for areas. */
const LOWEST_TONE = 0.06
/** A share is said as so many of a million. */
export const SHARE_OF = 1_000_000

/** @param values one for each country, at least one. */
export const countryScale = (values: readonly number[], tone: ToneName): ToneScale => {
  const low = Math.min(...values)
  const high = Math.max(Math.max(...values), low * 4)
  return tonedScale({ low, high, lightest: low }, tone, () => Float32Array.from(values))
}

/** Place on the ramp, 0 … 1. */
export const countryTone = (scale: ToneScale, value: number): number =>
  LOWEST_TONE + (1 - LOWEST_TONE) * Math.min(1, Math.max(0, toneOf(scale, value)))

export const countryHeading = (share: boolean, counted: MapData['counted']): string =>
  share ? 'Of a million addresses of the country' : `${countedHeading(counted)} by country`
