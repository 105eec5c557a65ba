/** The arrangement that styles share: basemap, density, traces, words. A style says with what colours. */

import { geoGraticule } from 'd3-geo'
import type { ColourRamp } from './colour-ramp.ts'
import { binPoints, type DensityGrid } from './density-grid.ts'
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
import { legendBox, legendPlace, makeLegend } from './legend.ts'
import { type Box, fitMap, type MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import { pathLayers } from './path-layers.ts'
import { countUndrawable } from './point-projection.ts'
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

const emptyNote = (page: Page, fit: MapFit, halo: string): Layer => ({
  kind: 'text',
  ...page.type.subtitle,
  text: page.measure('No address with a place', page.type.subtitle) <= fit.box.width ? 'No address with a place' : '',
  x: fit.box.x + fit.box.width / 2,
  y: fit.box.y + fit.box.height / 2 + page.type.subtitle.size * 0.35,
  align: 'center',
  colour: page.colours.title,
  halo,
})

const boxesOf = (...boxes: (Box | null)[]): Box[] => boxes.filter((box) => box !== null)

interface Words {
  readonly title: Block
  readonly attributions: Block
  readonly counts: Block
}

const NO_WORDS: Words = {
  title: { texts: [], box: null },
  attributions: { texts: [], box: null },
  counts: { texts: [], box: null },
}

const fitAround = (input: StyleInput, page: Page, words: Words, legend: Box | null): MapFit => {
  const margin = page.type.margin * (words === NO_WORDS ? 0.5 : 1)
  const frame = { x: margin, y: margin, width: page.width - 2 * margin, height: page.height - 2 * margin }
  return fitMap(input.projection, frame, boxesOf(words.title.box, words.attributions.box, words.counts.box, legend))
}

const densityLayers = (density: DensityGrid, palette: Palette): Layer[] => [
  { kind: 'density', grid: density, ramp: palette.ramp, bloom: palette.bloom },
]

export const composeWorldMap = (palette: Palette, input: StyleInput): Scene => {
  const { data, width, height, measure } = input
  const type = typeScaleFor(width, height)
  const page: Page = { width, height, type, measure, colours: palette }
  const worded = hasWords(width, height)
  const place = legendPlace(page)
  const words: Words = worded
    ? {
        title: titleBlock(page, data),
        counts: countsBlock(page, data, countUndrawable(data.points)),
        attributions: attributionBlock(page, data, width - 2 * type.margin - place.width - 2 * type.margin),
      }
    : NO_WORDS
  const fit = fitAround(input, page, words, worded ? legendBox(page, place) : null)
  const density = binPoints(fit, data.points, width)
  const layers = basemapLayers(fit, input, palette, type.hairline)

  if (density !== null) layers.push(...densityLayers(density, palette))
  const look = {
    legColours: blendColours(palette.pathStart, palette.pathEnd, PATH_COLOURS),
    hop: palette.hop,
    vantage: palette.vantage,
    label: width < SMALLEST_LABELLED_WIDTH ? null : palette.title,
    halo: palette.background,
    labelStyle: { ...type.small, weight: 550 },
    lineWidth: Math.max(0.9, type.hairline * 1.7),
  }
  const traces = pathLayers(fit, data.paths, look, measure)
  layers.push(...traces)
  if (density === null && traces.length === 0) layers.push(emptyNote(page, fit, palette.ocean))
  if (worded) {
    layers.push(...words.title.texts, ...words.counts.texts, ...words.attributions.texts)
    if (density !== null)
      layers.push(...makeLegend(page, place, { ...density, ramp: palette.ramp, kmPerPixel: fit.kmPerPixel }).layers)
  }
  return { width, height, background: palette.background, layers }
}
