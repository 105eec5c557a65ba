/** The arrangement that styles share: basemap, density, traces, words. A style says with what colours. */

import { geoGraticule } from 'd3-geo'
import type { ColourRamp } from './colour-ramp.ts'
import { binPoints } from './density-grid.ts'
import {
  attributionBlock,
  type Block,
  countsBlock,
  hasWords,
  type Page,
  titleBlock,
  typeScaleFor,
  type WordColours,
} from './furniture.ts'
import { type LegendPlace, legendBox, legendLayers, legendPlace } from './legend.ts'
import type { MapData } from './map-data.ts'
import { type Box, fitMap, type MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import { type PathLook, pathLayers } from './path-layers.ts'
import { countUndrawable } from './point-projection.ts'
import type { MapProjection } from './projection/contract.ts'
import type { Layer, Scene, Stroke } from './scene.ts'
import type { StyleInput } from './styles/contract.ts'

export interface Palette extends WordColours {
  readonly background: string
  readonly ocean: string
  readonly land: string
  readonly coast: string
  readonly border: string
  readonly graticule: string
  readonly sphereEdge: string
  readonly vantage: string
  /** `#rrggbb`: the first leg of a trace, … */
  readonly pathStart: string
  /** … and its last. */
  readonly pathEnd: string
  readonly hop: string
  readonly ramp: ColourRamp
  /** 0 … 1. */
  readonly bloom: number
}

const PATH_COLOURS = 5
/** Hop numbers in a smaller picture would hide the map. */
const SMALLEST_LABELLED_WIDTH = 700
const GRATICULE = geoGraticule().step([30, 30])()

/** `count` colours from one `#rrggbb` to another. */
const blendColours = (from: string, to: string, count: number): string[] => {
  const channel = (colour: string, i: number): number => Number.parseInt(colour.slice(1 + i * 2, 3 + i * 2), 16)
  return Array.from({ length: count }, (_, step) => {
    const mixed = [0, 1, 2].map((i) => channel(from, i) + (channel(to, i) - channel(from, i)) * (step / (count - 1)))
    return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
  })
}

const basemapLayers = (fit: MapFit, { basemap }: StyleInput, palette: Palette, hairline: number): Layer[] => {
  const stroke = (colour: string, width: number): Stroke => ({ colour, width: hairline * width })
  const { projection, sphere } = fit
  const outline = (object: Parameters<typeof projectOutline>[1], closed: boolean) =>
    projectOutline(projection, object, closed)
  return [
    { kind: 'shape', outline: sphere, fill: palette.ocean },
    { kind: 'shape', outline: outline(GRATICULE, false), stroke: stroke(palette.graticule, 1) },
    { kind: 'shape', outline: outline(basemap.land, true), fill: palette.land, stroke: stroke(palette.coast, 0.9) },
    { kind: 'shape', outline: outline(basemap.borders, false), stroke: stroke(palette.border, 0.8) },
    { kind: 'shape', outline: outline(basemap.lakes, true), fill: palette.ocean, stroke: stroke(palette.coast, 0.6) },
    { kind: 'shape', outline: sphere, stroke: stroke(palette.sphereEdge, 1.5) },
  ]
}

const NOTHING = 'No address with a place'

/** Said in the middle of the map, if there is room for it. */
const emptyNote = (page: Page, fit: MapFit, halo: string): Layer[] => {
  const style = page.type.subtitle
  if (page.measure(NOTHING, style) > fit.box.width) return []
  const x = fit.box.x + fit.box.width / 2
  const y = fit.box.y + fit.box.height / 2 + style.size * 0.35
  return [{ kind: 'text', ...style, text: NOTHING, x, y, align: 'center', colour: page.colours.title, halo }]
}

const pathLook = (palette: Palette, page: Page): PathLook => ({
  legColours: blendColours(palette.pathStart, palette.pathEnd, PATH_COLOURS),
  hop: palette.hop,
  vantage: palette.vantage,
  label: page.width < SMALLEST_LABELLED_WIDTH ? null : palette.title,
  halo: palette.background,
  labelStyle: { ...page.type.small, weight: 550 },
  lineWidth: Math.max(0.9, page.type.hairline * 1.7),
})

/** The words in the corners; the legend has its own place between them. */
const wordBlocks = (page: Page, data: MapData, place: LegendPlace): Block[] => [
  titleBlock(page, data),
  countsBlock(page, data, countUndrawable(data.points)),
  attributionBlock(page, data, page.width - place.width - 4 * page.type.margin),
]

const fitAround = (projection: MapProjection, page: Page, boxes: readonly (Box | null)[]): MapFit => {
  const margin = page.type.margin * (boxes.length === 0 ? 0.5 : 1)
  const frame = { x: margin, y: margin, width: page.width - 2 * margin, height: page.height - 2 * margin }
  return fitMap(
    projection,
    frame,
    boxes.filter((box) => box !== null),
  )
}

export const composeWorldMap = (palette: Palette, input: StyleInput): Scene => {
  const { data, width, height, measure } = input
  const page: Page = { width, height, type: typeScaleFor(width, height), measure, colours: palette }
  const place = legendPlace(page)
  const worded = hasWords(width, height)
  const words = worded ? wordBlocks(page, data, place) : []
  const legendRoom = worded ? [legendBox(page, place)] : []
  const fit = fitAround(input.projection, page, [...words.map(({ box }) => box), ...legendRoom])

  const grid = binPoints(fit, data.points, width)
  const traces = pathLayers(fit, data.paths, pathLook(palette, page), measure)
  const layers: Layer[] = basemapLayers(fit, input, palette, page.type.hairline)
  if (grid !== null) layers.push({ kind: 'density', grid, ramp: palette.ramp, bloom: palette.bloom })
  layers.push(...traces)
  if (grid === null && traces.length === 0) layers.push(...emptyNote(page, fit, palette.ocean))
  layers.push(...words.flatMap(({ texts }) => texts))
  if (worded && grid !== null) layers.push(...legendLayers(page, place, grid, palette.ramp, fit.kmPerPixel))
  return { width, height, background: palette.background, layers }
}
