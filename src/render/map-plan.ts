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
import { hopTableBox } from './hop-table.ts'
import { layers as pointLayers } from './layers/index.ts'
import { type LegendPlace, legendBox, legendPlace } from './legend.ts'
import type { MapData, MapOptions, MapPoints } from './map-data.ts'
import { type Box, type Centre, fitMap, type MapFit } from './map-fit.ts'
import { checkView, fitPart, isPart } from './map-view.ts'
import { pathLegendShape } from './path-legend.ts'
import { countUndrawable, isPoint, projectPoints } from './point-projection.ts'
import type { EarthProjection } from './projection/contract.ts'
import { hasRanking, rankingBox } from './ranking-table.ts'
import type { TextMeasure } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { checkAttribution } from './tiles/backdrop-layers.ts'
import { fitBackdrop } from './tiles/tile-view.ts'
import { viewCentre } from './view-centre.ts'

const MAP_SOURCE = 'Map data: Natural Earth'

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
  /** Room for the rankings, or for the table of hops. */
  readonly ranking: Box | null
  readonly words: readonly Block[]
}

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
export const wordBlocks = (
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
  if (isPart(options.view)) {
    // Hops that lie below their own table would be of no use.
    const covered = hasRanking(data) ? 0 : right
    return fitPart(projection, { view: options.view, centre, data }, page.width, page.height, covered)
  }
  const margin = input.wordless ? 0 : page.type.margin * (boxes.length === 0 ? 0.5 : 1)
  const frame = { x: margin, y: margin, width: page.width - 2 * margin - right, height: page.height - 2 * margin }
  return fitMap(projection, centre, frame, boxes)
}

/** Rankings, or else the hops of the only trace. */
const columnBox = (page: Page, data: MapData, top: number, bottom: number): Box | null =>
  hasRanking(data) ? rankingBox(page, data.rankings, top, bottom) : hopTableBox(page, data.hopTable, top, bottom)

/** @throws InterplotError ERR_USAGE for a view that cannot be. */
export const planMap = (input: MapInput): MapPlan => {
  const { data, options, theme, measure } = input
  const { width, height } = options
  checkView(options.view)
  const page: Page = { width, height, type: typeScaleFor(width, height), measure, colours: theme }
  const worded = !input.wordless && hasWords(width, height)
  const layer = pointLayers.get(options.layer ?? theme.layer)
  const shape = data.points.weight.length > 0 ? layer.legendShape(data) : pathLegendShape(data)
  const legend = worded && shape !== null ? legendPlace(page, shape) : null
  const draft = worded ? wordBlocks(page, input, legend, { notOnEarth: countUndrawable(data.points), outside: 0 }) : []
  const room = [...draft.map(({ box }) => box), legend === null ? null : legendBox(page, legend)]
  const headroom = worded ? (layer.headroom?.(page) ?? 0) : 0
  const boxes = room
    .filter((box) => box !== null)
    .map((box) => (box.y < 0 ? { ...box, height: box.height + headroom } : box))
  const { margin } = page.type
  const ranking = worded
    ? columnBox(page, data, (draft[1]?.box?.height ?? 0) + margin, height - margin - (draft[2]?.box?.height ?? 0))
    : null
  const fit = fitFor(input, page, boxes, ranking === null ? 0 : ranking.width + margin)
  const words = worded ? wordBlocks(page, input, legend, leftOut(fit, data.points)) : []
  checkAttribution(options.backdrop, words)
  return { ...input, page, fit, legend, ranking, words }
}

/** Where words lie. */
export const wordBoxes = ({ words, legend, ranking, page }: MapPlan, withLegend: boolean): Box[] => {
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
