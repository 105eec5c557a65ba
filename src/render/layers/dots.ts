/** Dots: one of the same size for every place, as on a botnet map. */

import { stackPoints } from '../place-stacks.ts'
import { colouringLegend, colouringShape, pointColours } from '../point-colours.ts'
import type { Layer } from '../scene.ts'
import type { PointLayer } from './contract.ts'

/** In ems of the small type. */
const RADIUS = 0.2
const GLOW = 0.52

export const dots: PointLayer = {
  name: 'dots',
  help: 'a dot of one size for every place',
  legendShape: colouringShape,
  draw({ fit, points, page, theme, data }) {
    const em = page.type.small.size
    const stacks = stackPoints(fit, points, Math.max(1, em * RADIUS))
    if (stacks.length === 0) return { below: [], above: [], legend: null }
    const colours = pointColours(data, theme) ?? [theme.marker.fill]
    const above = colours.flatMap((fill, colour): Layer[] => {
      const own = stacks.filter((stack) => stack.colour === colour)
      if (own.length === 0) return []
      const centres = Float32Array.from(own.flatMap(({ x, y }) => [x, y]))
      const glow: Layer = { kind: 'dots', role: 'points', centres, radius: em * GLOW, fill: `${fill.slice(0, 7)}2c` }
      return [glow, { kind: 'dots', role: 'points', centres, radius: em * RADIUS, fill }]
    })
    return { below: [], above, legend: colouringLegend(data, theme) }
  },
}
