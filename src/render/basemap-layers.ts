/** The Earth below the data: sea, graticule, land, borders, lakes, night. */

import { type GeoPermissibleObjects, geoCircle, geoGraticule } from 'd3-geo'
import type { Basemap } from './basemap.ts'
import type { MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import type { Layer, Outline, Role, Stroke } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { nightCircles } from './sun.ts'

export interface BasemapOptions {
  readonly graticule: boolean
  readonly nightAtUs?: number
  /** Width of a hairline, pixels. */
  readonly hairline: number
}

/** Degrees between the lines of the graticule, by how much of the world fits into the picture. */
const graticuleStep = (fit: MapFit): number => {
  const worlds = fit.worldWidth / fit.box.width
  return [30, 15, 10, 5, 2, 1, 0.5].find((_, i) => worlds < 1.6 * 2.2 ** i) ?? 0.25
}

/** From light to dark, so that the edge of the night is as soft as dusk. */
export const nightLayers = (fit: MapFit, timeUs: number, theme: Theme): Layer[] => {
  const { longitude, latitude, radii } = nightCircles(timeUs)
  return radii.map((radius) => ({
    kind: 'shape',
    role: 'night',
    outline: projectOutline(
      fit.projection,
      geoCircle().center([longitude, latitude]).radius(radius).precision(2)(),
      true,
    ),
    fill: theme.night,
  }))
}

export interface BasemapLayers {
  /** Sea, graticule, land. */
  readonly ground: readonly Layer[]
  /** Borders, lakes, night, the edge of the world. */
  readonly lines: readonly Layer[]
}

export const basemapLayers = (fit: MapFit, basemap: Basemap, theme: Theme, options: BasemapOptions): BasemapLayers => {
  const { hairline, nightAtUs } = options
  const { projection, sphere } = fit
  const outline = (object: GeoPermissibleObjects, closed: boolean): Outline =>
    projectOutline(projection, object, closed)
  const stroke = (colour: string, width: number): { stroke?: Stroke } =>
    width === 0 ? {} : { stroke: { colour, width: hairline * width } }
  const shape = (role: Role, shown: Outline, look: { fill?: string; stroke?: Stroke }): Layer => ({
    kind: 'shape',
    role,
    outline: shown,
    ...look,
  })
  const step = graticuleStep(fit)
  const graticule = options.graticule
    ? [
        shape(
          'graticule',
          outline(geoGraticule().step([step, step])(), false),
          stroke(theme.graticule, theme.coastWidth === 0 ? 0.8 : 1),
        ),
      ]
    : []
  return {
    ground: [
      shape('sea', sphere, { fill: theme.ocean }),
      ...graticule,
      shape('land', outline(basemap.land, true), { fill: theme.land, ...stroke(theme.coast, theme.coastWidth) }),
    ],
    lines: [
      ...(theme.borderWidth === 0
        ? []
        : [shape('borders', outline(basemap.borders, false), stroke(theme.border, theme.borderWidth))]),
      shape('lakes', outline(basemap.lakes, true), {
        fill: theme.ocean,
        ...stroke(theme.coast, theme.coastWidth * 0.65),
      }),
      ...(nightAtUs === undefined ? [] : nightLayers(fit, nightAtUs, theme)),
      ...(fit.whole ? [shape('edge', sphere, stroke(theme.sphereEdge, 1.5))] : []),
    ],
  }
}
