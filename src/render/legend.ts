/** What colours and sizes mean: a bar with round numbers below it, a list of groups, or circles of known size. */

import { cornerBox, type Page } from './furniture.ts'
import type { Box } from './map-fit.ts'
import { type Layer, rectangle, type TextLayer } from './scene.ts'
import { shorten } from './text-fit.ts'
import { formatAmount, type ToneScale, ticksOf, toneOf } from './tone-scale.ts'

export interface LegendTick {
  /** Along the bar, 0 … 1. */
  readonly at: number
  readonly label: string
}

export type Legend =
  | {
      readonly kind: 'bar'
      readonly heading: string
      readonly colours: readonly string[]
      readonly ticks: readonly LegendTick[]
    }
  | {
      readonly kind: 'groups'
      readonly heading: string
      readonly entries: readonly { readonly label: string; readonly count: number; readonly colour: string }[]
    }
  | {
      readonly kind: 'sizes'
      readonly heading: string
      readonly entries: readonly { readonly label: string; readonly radius: number }[]
      readonly fill: string
      readonly stroke: string
    }

/** Known before the data is counted: the map is fitted around the legend first. */
export interface LegendShape {
  /** Lines of words; 0 for a bar. */
  readonly rows: number
}

export interface LegendPlace {
  readonly x: number
  readonly width: number
  readonly height: number
  readonly barHeight: number
}

const HEADING_LEADING = 1.5
const ROW_LEADING = 1.62

const BAR_EMS = 22
const COLUMN_EMS = 15
/** Longer lists stand in two columns. */
const LONGEST_COLUMN = 4

const legendColumns = (rows: number): number => (rows > LONGEST_COLUMN ? 2 : 1)

/** Round numbers along a scale of amounts. */
export const rampTicks = (scale: ToneScale): LegendTick[] =>
  ticksOf(scale).map(({ value, label }) => ({ at: Math.min(1, Math.max(0, toneOf(scale, value))), label }))

export const legendPlace = ({ type, width }: Page, { rows }: LegendShape): LegendPlace => {
  const barHeight = Math.max(4, Math.round(type.small.size * 0.62))
  const columns = legendColumns(rows)
  const ems = rows === 0 ? BAR_EMS : COLUMN_EMS * columns
  const barWidth = Math.round(Math.min(type.small.size * ems, (width - 2 * type.margin) * 0.46))
  const lines = Math.ceil(rows / columns)
  const body = rows === 0 ? barHeight + type.small.size * 1.5 : lines * type.small.size * ROW_LEADING
  return { x: type.margin, width: barWidth, barHeight, height: type.heading.size * HEADING_LEADING + body }
}

export const legendBox = (page: Page, place: LegendPlace): Box =>
  cornerBox(page, place.width, place.height, { top: false, left: true })

/** Labels that would run into their neighbour are left out. */
const tickLabels = (page: Page, place: LegendPlace, ticks: readonly LegendTick[], baseline: number): TextLayer[] => {
  const style = page.type.small
  const labels: TextLayer[] = []
  let free = place.x - style.size
  for (const { at, label } of ticks) {
    const width = page.measure(label, style)
    const x = Math.min(place.x + place.width - width, Math.max(place.x, place.x + at * place.width - width / 2))
    if (x < free) continue
    const colour = page.colours.text
    labels.push({ kind: 'text', role: 'legend', ...style, text: label, x, y: baseline, align: 'left', colour })
    free = x + width + style.size * 0.6
  }
  return labels
}

const tickMarks = (page: Page, place: LegendPlace, ticks: readonly LegendTick[], top: number): Layer[] =>
  ticks.map(({ at }) => {
    const width = page.type.hairline * 1.5
    const x = Math.min(place.x + at * place.width - width / 2, place.x + place.width - width)
    const outline = rectangle(x, top, width, place.barHeight * 0.55)
    return { kind: 'shape', role: 'legend', outline, fill: page.colours.faintText }
  })

const barLayers = (page: Page, place: LegendPlace, legend: Extract<Legend, { kind: 'bar' }>, top: number): Layer[] => {
  const fill = { x0: place.x, x1: place.x + place.width, colours: legend.colours }
  const outline = rectangle(place.x, top, place.width, place.barHeight)
  return [
    { kind: 'shape', role: 'legend', outline, fill },
    ...tickMarks(page, place, legend.ticks, top + place.barHeight),
    ...tickLabels(page, place, legend.ticks, page.height - page.type.margin),
  ]
}

/** Baseline of a row of words; the last stands on the margin. */
const rowBaseline = ({ height, type }: Page, rows: number, row: number): number =>
  height - type.margin - (rows - 1 - row) * type.small.size * ROW_LEADING - type.small.size * 0.1

const rowText = (page: Page, text: string, x: number, y: number, align: 'left' | 'right'): TextLayer => ({
  kind: 'text',
  role: 'legend',
  ...page.type.small,
  text,
  x,
  y,
  align,
  colour: align === 'right' ? page.colours.faintText : page.colours.text,
})

const groupLayers = (page: Page, place: LegendPlace, { entries }: Extract<Legend, { kind: 'groups' }>): Layer[] => {
  const { size } = page.type.small
  const columns = legendColumns(entries.length)
  const lines = Math.ceil(entries.length / columns)
  const width = (place.width - (columns - 1) * size * 1.6) / columns
  return entries.flatMap(({ label, count, colour }, i): Layer[] => {
    const y = rowBaseline(page, lines, i % lines)
    const x = place.x + Math.floor(i / lines) * (width + size * 1.6)
    const amount = formatAmount(count)
    const room = width - size * 2.2 - page.measure(amount, page.type.small)
    const centres = Float32Array.of(x + size * 0.42, y - size * 0.33)
    return [
      { kind: 'dots', role: 'legend', centres, radius: size * 0.42, fill: colour },
      rowText(page, shorten(label, page.type.small, room, page.measure), x + size * 1.3, y, 'left'),
      rowText(page, amount, x + width, y, 'right'),
    ]
  })
}

const sizeLayers = (page: Page, place: LegendPlace, legend: Extract<Legend, { kind: 'sizes' }>): Layer[] => {
  const { entries, fill, stroke } = legend
  const { size } = page.type.small
  const bottom = page.height - page.type.margin
  let x = place.x
  return entries.flatMap(({ label, radius }): Layer[] => {
    const centres = Float32Array.of(x + radius, bottom - radius)
    const text = rowText(page, label, x + 2 * radius + size * 0.5, bottom - radius + size * 0.35, 'left')
    x = text.x + page.measure(label, page.type.small) + size * 1.2
    return [
      {
        kind: 'dots',
        role: 'legend',
        centres,
        radius,
        fill,
        stroke: { colour: stroke, width: page.type.hairline * 1.2 },
      },
      text,
    ]
  })
}

export const legendLayers = (page: Page, place: LegendPlace, legend: Legend): Layer[] => {
  const { type, colours, measure } = page
  const top = page.height - type.margin - place.height
  const body =
    legend.kind === 'bar'
      ? barLayers(page, place, legend, top + type.heading.size * HEADING_LEADING)
      : legend.kind === 'groups'
        ? groupLayers(page, place, legend)
        : sizeLayers(page, place, legend)
  const text = shorten(legend.heading, type.heading, place.width * 1.1, measure)
  if (text === '') return body
  const y = top + type.heading.size * 0.8
  return [
    { kind: 'text', role: 'legend', ...type.heading, text, x: place.x, y, align: 'left', colour: colours.text },
    ...body,
  ]
}
