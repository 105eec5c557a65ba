/**
 * Great circles from where the points are to one place: who comes from where. Brighter where more come from, and in the colour
 * of the end towards the place, so that the direction can be seen.
 */

import { geoInterpolate } from 'd3-geo'
import { ARC_PIECES, ARC_STRENGTHS, arcSources, arcStrength } from './arc-sources.ts'
import type { MapPoints } from './map-data.ts'
import type { Centre, MapFit } from './map-fit.ts'
import { blendColours } from './oklab.ts'
import { projectOutline } from './outline-builder.ts'
import { projectVisible } from './point-projection.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

export const arcLayers = (fit: MapFit, points: MapPoints, target: Centre, theme: Theme, lineWidth: number): Layer[] => {
  const sources = arcSources(points)
  if (sources.length === 0) return []
  const [most, least] = [sources[0]!.weight, sources.at(-1)!.weight]
  const colours = blendColours(theme.pathEnd, theme.pathStart, ARC_PIECES)
  const end: [number, number] = [target.longitude, target.latitude]
  const layers = ARC_STRENGTHS.flatMap(({ opacity, width }, strength) => {
    const own = sources.filter(({ weight }) => arcStrength(weight, least, most) === strength)
    return colours.map((colour, piece): Layer => {
      const coordinates = own.map(({ longitude, latitude }) => {
        const along = geoInterpolate([longitude, latitude], end)
        return [along(piece / ARC_PIECES), along((piece + 1) / ARC_PIECES)]
      })
      return {
        kind: 'shape',
        role: 'arcs',
        outline: projectOutline(fit.projection, { type: 'MultiLineString', coordinates }, false),
        stroke: { colour: `${colour}${opacity}`, width: lineWidth * width },
        blend: theme.blend === 'screen' ? 'screen' : 'normal',
      }
    })
  })
  const at = projectVisible(fit, target)
  if (at === null) return layers
  const centres = Float32Array.from(at)
  return [
    ...layers,
    {
      ...{ kind: 'dots', role: 'arcs', centres, radius: lineWidth * 5, fill: theme.halo },
      stroke: { colour: theme.vantage, width: lineWidth * 1.1 },
    },
    { kind: 'dots', role: 'arcs', centres, radius: lineWidth * 2.3, fill: theme.vantage },
  ]
}
