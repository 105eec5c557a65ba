/**
 * Great circles from where the points are to one place: who comes from where. Brighter where more come from, and in the colour
 * of the end towards the place, so that the direction can be seen.
 */

import { geoInterpolate } from 'd3-geo'
import type { MapPoints } from './map-data.ts'
import type { Centre, MapFit } from './map-fit.ts'
import { blendColours } from './oklab.ts'
import { projectOutline } from './outline-builder.ts'
import { isPoint, projectVisible } from './point-projection.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

/** More lines are a ball of wool. */
const MOST_ARCS = 300
/** Pieces of an arc, each of one colour. */
const PIECES = 6
/** Strengths of lines, by how many come from there. */
const STRENGTHS = [
  { opacity: '38', width: 0.7 },
  { opacity: '70', width: 1 },
  { opacity: 'c0', width: 1.7 },
] as const
/** Places nearer to each other than that are one, degrees. */
const CELL_DEGREES = 2

interface Source {
  longitude: number
  latitude: number
  heaviest: number
  weight: number
}

const sourcesOf = ({ latitude, longitude, weight }: MapPoints): Source[] => {
  const cells = new Map<number, Source>()
  for (let i = 0; i < weight.length; i += 1) {
    const [north, east, amount] = [latitude[i]!, longitude[i]!, weight[i]!]
    if (!isPoint(north, east, amount)) continue
    const key = Math.floor((north + 90) / CELL_DEGREES) * 1000 + Math.floor((east + 180) / CELL_DEGREES)
    const known = cells.get(key)
    if (known === undefined) cells.set(key, { longitude: east, latitude: north, heaviest: amount, weight: amount })
    else {
      known.weight += amount
      if (amount > known.heaviest) Object.assign(known, { longitude: east, latitude: north, heaviest: amount })
    }
  }
  return [...cells.values()]
    .sort((one, other) => other.weight - one.weight || one.latitude - other.latitude || one.longitude - other.longitude)
    .slice(0, MOST_ARCS)
}

/** By the logarithm of the weight between the least and the most. */
const strengthOf = (weight: number, least: number, most: number): number =>
  most <= least
    ? 1
    : Math.min(STRENGTHS.length - 1, Math.floor((Math.log(weight / least) / Math.log(most / least)) * STRENGTHS.length))

export const arcLayers = (fit: MapFit, points: MapPoints, target: Centre, theme: Theme, lineWidth: number): Layer[] => {
  const sources = sourcesOf(points)
  if (sources.length === 0) return []
  const [most, least] = [sources[0]!.weight, sources.at(-1)!.weight]
  const colours = blendColours(theme.pathEnd, theme.pathStart, PIECES)
  const end: [number, number] = [target.longitude, target.latitude]
  const layers = STRENGTHS.flatMap(({ opacity, width }, strength) => {
    const own = sources.filter(({ weight }) => strengthOf(weight, least, most) === strength)
    return colours.map((colour, piece): Layer => {
      const coordinates = own.map(({ longitude, latitude }) => {
        const along = geoInterpolate([longitude, latitude], end)
        return [along(piece / PIECES), along((piece + 1) / PIECES)]
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
