/** Choropleth: every country in the colour of its count, or of its share of the addresses that it has. */

import { rampColour, rampColours } from '../colour-ramp.ts'
import { countByCountry } from '../country-counts.ts'
import { drawnCountry } from '../country-shapes.ts'
import { rampTicks } from '../legend.ts'
import { projectOutline } from '../outline-builder.ts'
import type { Layer } from '../scene.ts'
import { equalisedScale, linearScale, type ToneName, type ToneScale, toneOf } from '../tone-scale.ts'
import type { LayerInput, PointLayer } from './contract.ts'

/** Colours begin here on the ramp: its bottom is for spots of light, not for areas. */
const LOWEST_TONE = 0.06
const PER = 1_000_000

const scaleOf = (values: readonly number[], tone: ToneName): ToneScale => {
  const low = Math.min(...values)
  const high = Math.max(Math.max(...values), low * 4)
  const scale = { low, high, lightest: low }
  if (tone === 'log') return scale
  return tone === 'linear' ? linearScale(scale) : equalisedScale(scale, Float32Array.from(values))
}

/** Addresses, or addresses for each million that the country has. */
const valuesOf = ({ data, points, basemap }: LayerInput): Map<string, number> => {
  const counts = countByCountry(data, points, basemap.countries())
  if (data.allocated === undefined) return counts
  const allocated = new Map<string, number>()
  for (const [code, count] of data.allocated) {
    allocated.set(drawnCountry(code), (allocated.get(drawnCountry(code)) ?? 0) + count)
  }
  return new Map(
    [...counts].flatMap(([code, count]) => {
      const all = allocated.get(code) ?? 0
      return all === 0 ? [] : [[code, (count / all) * PER] as const]
    }),
  )
}

export const choropleth: PointLayer = {
  name: 'choropleth',
  aliases: ['countries'],
  help: 'every country in the colour of its count, or of its share with --per allocated',
  legendShape: () => ({ rows: 0 }),
  draw(input) {
    const { fit, theme, data, options, basemap, page } = input
    const values = valuesOf(input)
    if (values.size === 0) return { below: [], above: [], legend: null }
    const scale = input.scale ?? scaleOf([...values.values()], options.tone)
    const below = basemap.countries().flatMap(({ code, shape }): Layer[] => {
      const value = values.get(code)
      if (value === undefined) return []
      const outline = projectOutline(fit.projection, shape, true)
      const tone = LOWEST_TONE + (1 - LOWEST_TONE) * Math.min(1, Math.max(0, toneOf(scale, value)))
      const fill = rampColour(theme.ramp, tone)
      return [
        { kind: 'shape', role: 'countries', outline, fill, stroke: { colour: theme.land, width: page.type.hairline } },
      ]
    })
    const heading = data.allocated === undefined ? 'Addresses by country' : 'Of a million addresses of the country'
    const colours = rampColours(theme.ramp, 24)
    return { below, above: [], legend: { kind: 'bar', heading, colours, ticks: rampTicks(scale) }, scale }
  },
}
