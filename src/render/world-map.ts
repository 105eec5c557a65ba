/** The map of the Earth: where basemap, points, traces and words go. A style says with what colours. */

import { accuracyCircles } from './accuracy-circles.ts'
import { arcLayers } from './arc-layers.ts'
import type { Basemap } from './basemap.ts'
import { basemapLayers } from './basemap-layers.ts'
import { cityLabels } from './city-labels.ts'
import { frameLabel, pointsOfFrame } from './frame-points.ts'
import {
  attributionBlock,
  type Block,
  countsBlock,
  hasWords,
  type LeftOut,
  type Page,
  titleBlock,
  typeScaleFor,
} from './furniture.ts'
import { textBoxes } from './label-placement.ts'
import type { DrawnLayer } from './layers/contract.ts'
import { layers as pointLayers } from './layers/index.ts'
import { type LegendPlace, legendBox, legendLayers, legendPlace } from './legend.ts'
import type { MapData, MapOptions, MapPoints } from './map-data.ts'
import { type Box, type Centre, fitMap, type MapFit } from './map-fit.ts'
import { checkView, fitPart, isPart } from './map-view.ts'
import { blendColours } from './oklab.ts'
import { type PathLook, pathLayers } from './path-layers.ts'
import { countUndrawable, isPoint, projectPoints } from './point-projection.ts'
import type { EarthProjection } from './projection/contract.ts'
import { rankingBox, rankingLayers } from './ranking-table.ts'
import { type Layer, rectangle, type Scene, type TextMeasure } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { backdropLayers, checkAttribution } from './tiles/backdrop-layers.ts'
import { fitBackdrop } from './tiles/tile-view.ts'
import type { ToneScale } from './tone-scale.ts'
import { lacksLetters } from './typeface-coverage.ts'
import { viewCentre } from './view-centre.ts'

const PATH_COLOURS = 5
/** Hop numbers in a smaller picture would hide the map. */
const SMALLEST_LABELLED_WIDTH = 700
const MAP_SOURCE = 'Map data: Natural Earth'
/** How much of the map shows through the cards below the words, 0 … 255 as hexadecimal. */
const CARD_OPACITY = 'd0'

export interface MapInput {
  readonly data: MapData
  readonly options: MapOptions
  readonly theme: Theme
  readonly projection: EarthProjection
  readonly measure: TextMeasure
  /** No words around the map, and no room for them. */
  readonly wordless: boolean
  /** Names with letters that the shipped typeface lacks are left out. */
  readonly painted?: boolean
}

/** Where everything goes, before the basemap is there. */
export interface MapPlan extends MapInput {
  readonly page: Page
  readonly fit: MapFit
  readonly legend: LegendPlace | null
  /** Room for the rankings. */
  readonly ranking: Box | null
  readonly words: readonly Block[]
}

const NOTHING = 'No address with a place'
/** Those that are there lie outside, or have nothing to be coloured by. */
const NOTHING_HERE = 'No address on this map'

/** Said in the middle of the map, if there is room for it. */
const emptyNote = ({ page, fit, theme, data }: MapPlan): Layer[] => {
  const text = data.points.weight.some((weight) => weight > 0) ? NOTHING_HERE : NOTHING
  const style = page.type.subtitle
  if (page.measure(text, style) > fit.box.width) return []
  const x = fit.box.x + fit.box.width / 2
  const y = fit.box.y + fit.box.height / 2 + style.size * 0.35
  return [
    {
      ...{ kind: 'text', role: 'words', ...style, text, x, y, align: 'center' },
      ...{ colour: page.colours.title, halo: theme.ocean },
    },
  ]
}

const pathLook = (theme: Theme, page: Page): PathLook => ({
  legColours: blendColours(theme.pathStart, theme.pathEnd, PATH_COLOURS),
  hop: theme.hop,
  vantage: theme.vantage,
  label: page.width < SMALLEST_LABELLED_WIDTH ? null : theme.title,
  halo: theme.halo,
  blend: theme.blend === 'screen' ? 'screen' : 'normal',
  labelStyle: { ...page.type.small, weight: 600 },
  picture: page,
  lineWidth: Math.max(0.9, page.type.hairline * 1.7),
})

const leftOut = (fit: MapFit, points: MapPoints): LeftOut => {
  let shown = 0
  let all = 0
  const { latitude, longitude, weight: weights } = points
  for (let i = 0; i < weights.length; i += 1) if (isPoint(latitude[i]!, longitude[i]!, weights[i]!)) all += weights[i]!
  projectPoints(fit, points, (_x, _y, weight) => {
    shown += weight
  })
  return { notOnEarth: countUndrawable(points), outside: Math.round(all - shown) }
}

/** The words in the corners; the legend has its own place between them. */
const wordBlocks = (
  page: Page,
  { data, options }: Pick<MapInput, 'data' | 'options'>,
  legend: LegendPlace | null,
  left: LeftOut,
): Block[] => [
  titleBlock(page, data),
  countsBlock(page, data, left),
  attributionBlock(
    page,
    options.backdrop === undefined
      ? [...data.attributions, MAP_SOURCE]
      : [options.backdrop.attribution, ...data.attributions],
    page.width - (legend?.width ?? 0) - 4 * page.type.margin,
  ),
]

/** @param right how much of the picture a column of words takes at its right. */
const fitFor = (input: MapInput, page: Page, boxes: readonly Box[], right: number): MapFit => {
  const { options, projection, data } = input
  if (options.backdrop !== undefined) return fitBackdrop(options.backdrop, page.width, page.height)
  const centre: Centre = viewCentre(projection, data, options.view)
  if (isPart(options.view)) return fitPart(projection, { view: options.view, centre, data }, page.width, page.height)
  const margin = input.wordless ? 0 : page.type.margin * (boxes.length === 0 ? 0.5 : 1)
  const frame = { x: margin, y: margin, width: page.width - 2 * margin - right, height: page.height - 2 * margin }
  return fitMap(projection, centre, frame, boxes)
}

/** @throws InterplotError ERR_USAGE for a view that cannot be. */
export const planMap = (input: MapInput): MapPlan => {
  const { data, options, theme, measure } = input
  const { width, height } = options
  checkView(options.view)
  const page: Page = { width, height, type: typeScaleFor(width, height), measure, colours: theme }
  const worded = !input.wordless && hasWords(width, height)
  const layer = pointLayers.get(options.layer ?? theme.layer)
  const shape = layer.legendShape(data)
  const legend = worded && shape !== null && data.points.weight.length > 0 ? legendPlace(page, shape) : null
  const draft = worded ? wordBlocks(page, input, legend, { notOnEarth: countUndrawable(data.points), outside: 0 }) : []
  const room = [...draft.map(({ box }) => box), legend === null ? null : legendBox(page, legend)]
  const headroom = worded ? (layer.headroom?.(page) ?? 0) : 0
  const boxes = room
    .filter((box) => box !== null)
    .map((box) => (box.y < 0 ? { ...box, height: box.height + headroom } : box))
  const { margin } = page.type
  const ranking = worded
    ? rankingBox(
        page,
        data.rankings,
        (draft[1]?.box?.height ?? 0) + margin,
        height - margin - (draft[2]?.box?.height ?? 0),
      )
    : null
  const fit = fitFor(input, page, boxes, ranking === null ? 0 : ranking.width + margin)
  const words = worded ? wordBlocks(page, input, legend, leftOut(fit, data.points)) : []
  checkAttribution(options.backdrop, words)
  return { ...input, page, fit, legend, ranking, words }
}

/** Where words lie. */
const wordBoxes = ({ words, legend, ranking, page }: MapPlan, withLegend: boolean): Box[] => {
  const { margin } = page.type
  const column =
    ranking === null
      ? null
      : {
          x: ranking.x - margin / 2,
          y: ranking.y - margin / 2,
          width: ranking.width + margin * 1.5,
          height: ranking.height,
        }
  const boxes = [...words.map(({ box }) => box), withLegend && legend !== null ? legendBox(page, legend) : null, column]
  return boxes.filter((box) => box !== null)
}

/** Words on a map that fills the picture lie on cards. */
const cards = (plan: MapPlan, shown: boolean): Layer[] => {
  const { fit, theme } = plan
  if (fit.whole) return []
  return wordBoxes(plan, shown).map(({ x, y, width, height }) => ({
    kind: 'shape',
    role: 'words',
    outline: rectangle(x, y, width + 1, height + 1),
    fill: `${theme.halo}${CARD_OPACITY}`,
  }))
}

/** The points' marks, where names must keep off them. */
const marksOf = ({ fit, page, theme, data, options }: MapPlan, basemap: Basemap): readonly Layer[] => {
  const layer = pointLayers.get(options.layer ?? theme.layer)
  if (layer.isMarked !== true || options.labels === 0) return []
  return layer.draw({ fit, page, theme, basemap, data, points: data.points, options }).above
}

/** Everything of a map that is the same in all of its frames. */
export interface MapGround {
  readonly plan: MapPlan
  readonly basemap: Basemap
  /** Below the points, … */
  readonly below: readonly Layer[]
  /** … between them and their borders, … */
  readonly lines: readonly Layer[]
  /** … and above. */
  readonly paths: readonly Layer[]
}

export const layGround = (plan: MapPlan, basemap: Basemap): MapGround => {
  const { fit, theme, page, options, data, measure } = plan
  const { graticule, nightAtUs } = options
  const { hairline } = page.type
  const { ground, lines } =
    options.backdrop === undefined
      ? basemapLayers(fit, basemap, theme, { graticule, hairline, ...(nightAtUs === undefined ? {} : { nightAtUs }) })
      : backdropLayers(fit, options.backdrop, theme, nightAtUs)
  const lineWidth = Math.max(0.9, hairline * 1.7)
  const { arcsTo } = options
  const paths = [
    ...(arcsTo === undefined ? [] : arcLayers(fit, data.points, arcsTo, theme, lineWidth)),
    ...pathLayers(fit, data.paths, pathLook(theme, page), measure),
  ]
  const labels = cityLabels({
    fit,
    data,
    page,
    theme,
    labels: options.labels,
    taken: [...wordBoxes(plan, true), ...textBoxes(paths, measure)],
    marks: marksOf(plan, basemap),
    canShow: (name) => plan.painted !== true || !lacksLetters(name),
  })
  const accuracy = options.accuracy ? accuracyCircles(fit, data.points, theme, hairline) : []
  return { plan, basemap, below: ground, lines: [...lines, ...accuracy], paths: [...paths, ...labels] }
}

/** The same with the words of one frame: its time, and how many addresses it shows. */
export const withFrameWords = (ground: MapGround, index: number): MapGround => {
  const { plan } = ground
  const { data, page, options, legend, words } = plan
  if (words.length === 0 || data.frames === undefined) return ground
  const points = pointsOfFrame(data, index)
  const shown = {
    ...data,
    subtitle: frameLabel(data.frames, index),
    counts: { located: points.weight.reduce((sum, weight) => sum + weight, 0), unlocated: 0 },
  }
  const own = wordBlocks(page, { data: shown, options }, legend, { notOnEarth: 0, outside: 0 })
  return { ...ground, plan: { ...plan, words: own } }
}

export interface ComposedMap {
  readonly scene: Scene
  /** Of the points, so that other frames can be drawn alike. */
  readonly scale?: ToneScale
}

const inWords = ({ title, subtitle, counts }: MapData): string =>
  `${[title, subtitle].filter((text) => text !== '').join(', ')}: ${counts.located} addresses located, ${counts.unlocated} without a place.`

/** @param points those of the whole map, or of one frame. */
export const composeMap = (ground: MapGround, points: MapPoints, scale?: ToneScale): ComposedMap => {
  const { plan, basemap, below, lines, paths } = ground
  const { data, options, theme, page, fit } = plan
  const layer = pointLayers.get(options.layer ?? theme.layer)
  const drawn: DrawnLayer = layer.draw({
    ...{ fit, page, theme, basemap, data, points, options },
    ...(scale === undefined ? {} : { scale }),
  })
  const nothing = drawn.above.length === 0 && drawn.below.length === 0 && paths.length === 0
  const legend = plan.legend !== null && drawn.legend !== null ? legendLayers(page, plan.legend, drawn.legend) : []
  const layers: Layer[] = [
    ...below,
    ...drawn.below,
    ...lines,
    ...drawn.above,
    ...paths,
    ...(nothing ? emptyNote(plan) : []),
    ...cards(plan, legend.length > 0),
    ...plan.words.flatMap(({ texts }) => texts),
    ...legend,
    ...(plan.ranking === null ? [] : rankingLayers(page, theme, data.rankings ?? [], plan.ranking)),
  ]
  const { width, height } = options
  const scene = { title: data.title, description: inWords(data), width, height, background: theme.background, layers }
  return { scene, ...(drawn.scale === undefined ? {} : { scale: drawn.scale }) }
}
