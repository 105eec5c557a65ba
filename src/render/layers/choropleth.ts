/** Choropleth: every country in the colour of its count, or of its share of the addresses that it has. */

import { rampColour, rampColours } from '../colour-ramp.ts'
import { allocatedByShape, countByCountry } from '../country-counts.ts'
import { countryHeading, countryScale, countryTone, SHARE_OF } from '../country-scale.ts'
import { rampTicks } from '../legend.ts'
import { projectOutline } from '../outline-builder.ts'
import type { Layer } from '../scene.ts'
import type { LayerInput, PointLayer } from './contract.ts'

/** Addresses, or addresses for each million that the country has. */
const valuesOf = ({ data, points, basemap }: LayerInput): Map<string, number> => {
  const counts = countByCountry(data, points, basemap.countries())
  const allocated = allocatedByShape(data)
  if (allocated === null) return counts
  return new Map(
    [...counts].flatMap(([code, count]) => {
      const all = allocated.get(code) ?? 0
      return all === 0 ? [] : [[code, (count / all) * SHARE_OF] as const]
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
    const scale = input.scale ?? countryScale([...values.values()], options.tone)
    const below = basemap.countries().flatMap(({ code, shape }): Layer[] => {
      const value = values.get(code)
      if (value === undefined) return []
      const outline = projectOutline(fit.projection, shape, true)
      const fill = rampColour(theme.ramp, countryTone(scale, value))
      return [
        { kind: 'shape', role: 'countries', outline, fill, stroke: { colour: theme.land, width: page.type.hairline } },
      ]
    })
    const heading = countryHeading(data.allocated !== undefined, data.counted)
    const colours = rampColours(theme.ramp, 24)
    return { below, above: [], legend: { kind: 'bar', heading, colours, ticks: rampTicks(scale) }, scale }
  },
}
