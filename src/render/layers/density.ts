/** Density: every point adds a small spot of light; how many lie close together is said by the colour. */

import { rampColours } from '../colour-ramp.ts'
import { binPoints } from '../density-grid.ts'
import { type Legend, rampTicks } from '../legend.ts'
import { countedHeading } from '../map-data.ts'
import { colouringColours, colouringLegend, colouringShape } from '../point-colours.ts'
import type { DensityGrid } from '../scene.ts'
import type { LayerInput, PointLayer } from './contract.ts'

const RAMP_SHADES = 24

/** Radius of the circle that a spot counts: the Gaussian's weight spread evenly. */
const spotRadiusKm = (spotPixels: number, kmPerPixel: number): string => {
  const radius = Math.SQRT2 * spotPixels * kmPerPixel
  return String(Number(radius.toPrecision(radius < 10 ? 1 : 2)))
}

const legendOf = ({ data, theme, fit }: LayerInput, grid: DensityGrid): Legend =>
  colouringLegend(data, theme) ?? {
    kind: 'bar',
    heading: `${countedHeading(data.counted)} within ${spotRadiusKm(grid.spotPixels, fit.kmPerPixel)} km`,
    colours: rampColours(theme.ramp, RAMP_SHADES),
    ticks: rampTicks(grid.scale),
  }

export const density: PointLayer = {
  name: 'density',
  help: 'a spot of light for every address, bright where many are',
  legendShape: (data) => colouringShape(data) ?? { rows: 0 },
  draw(input) {
    const { fit, points, page, theme, options, data, scale } = input
    const colours = colouringColours(data, theme)
    const grid = binPoints(fit, points, {
      pictureWidth: page.width,
      tone: options.tone,
      ...(scale === undefined ? {} : { scale }),
      ...(colours === null ? {} : { colours }),
    })
    if (grid === null) return { below: [], above: [], legend: null }
    const { ramp, blend, bloom } = theme
    return {
      below: [],
      above: [{ kind: 'density', role: 'points', grid, ramp, blend, bloom }],
      legend: legendOf(input, grid),
      scale: grid.scale,
    }
  },
}
