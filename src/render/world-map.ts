/** The map of the Earth: where basemap, points, traces and words go. A style says with what colours. */

import { accuracyCircles } from './accuracy-circles.ts'
import { arcLayers } from './arc-layers.ts'
import type { Basemap } from './basemap.ts'
import { basemapLayers } from './basemap-layers.ts'
import { cityLabels } from './city-labels.ts'
import { frameLabel, pointsOfFrame } from './frame-points.ts'
import { hopTableLayers } from './hop-table.ts'
import { textBoxes } from './label-placement.ts'
import type { DrawnLayer } from './layers/contract.ts'
import { layers as pointLayers } from './layers/index.ts'
import { legendLayers } from './legend.ts'
import { countedWord, type MapData, type MapPoints } from './map-data.ts'
import { type MapPlan, wordBlocks, wordBoxes } from './map-plan.ts'
import { blendColours } from './oklab.ts'
import { bundleColoursOf } from './path-bundle.ts'
import { pathLayers } from './path-layers.ts'
import { pathLegend } from './path-legend.ts'
import type { PathLook } from './path-strokes.ts'
import { hasRanking, rankingLayers } from './ranking-table.ts'
import { type Layer, rectangle, type Scene } from './scene.ts'
import { backdropLayers } from './tiles/backdrop-layers.ts'
import type { ToneScale } from './tone-scale.ts'
import { lacksLetters } from './typeface-coverage.ts'

const PATH_COLOURS = 5
/** Hop numbers in a smaller picture would hide the map. */
const SMALLEST_LABELLED_WIDTH = 700
/** How much of the map shows through the cards below the words, 0 … 255 as hexadecimal. */
const CARD_OPACITY = 'd0'

/** Said in the middle of the map, if there is room for it. */
const emptyNote = ({ page, fit, theme, data }: MapPlan): Layer[] => {
  const counted = countedWord(data.counted, 1)
  // Those that are there lie outside, or have nothing to be coloured by.
  const text = data.points.weight.some((weight) => weight > 0)
    ? `No ${counted} on this map`
    : `No ${counted} with a place`
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

const pathLook = ({ theme, page, data, ranking }: MapPlan): PathLook => ({
  legColours: blendColours(theme.pathStart, theme.pathEnd, PATH_COLOURS),
  ...(data.compared === true ? { comparedColours: theme.groups } : {}),
  bundleColours: bundleColoursOf(theme),
  hop: theme.hop,
  vantage: theme.vantage,
  label: page.width < SMALLEST_LABELLED_WIDTH ? null : theme.title,
  halo: theme.halo,
  blend: theme.blend === 'screen' ? 'screen' : 'normal',
  labelStyle: { ...page.type.small, weight: 600 },
  picture: { width: ranking === null ? page.width : ranking.x - page.type.margin / 2, height: page.height },
  lineWidth: Math.max(0.9, page.type.hairline * 1.7),
})

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
    ...pathLayers(fit, data.paths, pathLook(plan), measure),
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

/** The table in the column beside the map. */
const columnLayers = ({ page, theme, data, ranking }: MapPlan): Layer[] => {
  if (ranking === null) return []
  if (hasRanking(data)) return rankingLayers(page, theme, data.rankings ?? [], ranking)
  return hopTableLayers(page, theme, data.hopTable ?? [], ranking)
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
  const meaning = plan.data.points.weight.length > 0 ? drawn.legend : pathLegend(data, theme)
  const legend = plan.legend !== null && meaning !== null ? legendLayers(page, plan.legend, meaning) : []
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
    ...columnLayers(plan),
  ]
  const { width, height } = options
  const scene = { title: data.title, description: inWords(data), width, height, background: theme.background, layers }
  return { scene, ...(drawn.scale === undefined ? {} : { scale: drawn.scale }) }
}
