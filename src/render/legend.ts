/** The scale of the colours: a bar of the ramp, round numbers below it, and what they count above it. */

import { type ColourRamp, rampColours } from './colour-ramp.ts'
import { type Block, cornerBox, EMPTY_BLOCK, type Page } from './furniture.ts'
import { type Layer, rectangle, type TextLayer } from './scene.ts'
import { type ToneScale, ticksOf, toneOf } from './tone-scale.ts'

export interface Legend extends Block {
  readonly layers: readonly Layer[]
}

/** Layout of the legend, which does not depend on the data: the map is fitted around it before anything is counted. */
export interface LegendPlace {
  readonly x: number
  readonly width: number
  readonly height: number
  readonly barHeight: number
}

export const NO_LEGEND: Legend = { ...EMPTY_BLOCK, layers: [] }

export const legendPlace = ({ type, width }: Page): LegendPlace => {
  const barHeight = Math.max(4, Math.round(type.small.size * 0.62))
  const barWidth = Math.round(Math.min(type.small.size * 22, (width - 2 * type.margin) * 0.46))
  return {
    x: type.margin,
    width: barWidth,
    barHeight,
    height: type.heading.size * 1.5 + barHeight + type.small.size * 1.5,
  }
}

export const legendBox = (page: Page, place: LegendPlace): Block['box'] =>
  cornerBox(page, place.width, place.height, { top: false, left: true })

/** Radius of the circle that a spot counts: the Gaussian's weight spread evenly. */
const spotRadiusKm = (spotPixels: number, kmPerPixel: number): string => {
  const radius = Math.SQRT2 * spotPixels * kmPerPixel
  return String(Number(radius.toPrecision(radius < 10 ? 1 : 2)))
}

/** Labels that would run into their neighbour are left out. */
const tickLabels = (page: Page, place: LegendPlace, scale: ToneScale, baseline: number): TextLayer[] => {
  const style = page.type.small
  const labels: TextLayer[] = []
  let free = place.x - style.size
  for (const { value, label } of ticksOf(scale)) {
    const width = page.measure(label, style)
    const wanted = place.x + toneOf(scale, value) * place.width - width / 2
    const x = Math.min(place.x + place.width - width, Math.max(place.x, wanted))
    if (x < free) continue
    labels.push({ kind: 'text', ...style, text: label, x, y: baseline, align: 'left', colour: page.colours.text })
    free = x + width + style.size * 0.6
  }
  return labels
}

const tickMarks = (page: Page, place: LegendPlace, scale: ToneScale, top: number): Layer[] =>
  ticksOf(scale).map(({ value }) => {
    const x = place.x + Math.min(1, Math.max(0, toneOf(scale, value))) * place.width
    const width = page.type.hairline * 1.5
    return {
      kind: 'shape',
      outline: rectangle(Math.min(x - width / 2, place.x + place.width - width), top, width, place.barHeight * 0.55),
      fill: page.colours.faintText,
    }
  })

export const makeLegend = (
  page: Page,
  place: LegendPlace,
  spots: { scale: ToneScale; ramp: ColourRamp; spotPixels: number; kmPerPixel: number },
): Legend => {
  const { type, colours, measure } = page
  const top = page.height - type.margin - place.height
  const barTop = top + type.heading.size * 1.5
  const heading = `Addresses within ${spotRadiusKm(spots.spotPixels, spots.kmPerPixel)} km`
  const bar: Layer = {
    kind: 'shape',
    outline: rectangle(place.x, barTop, place.width, place.barHeight),
    fill: { x0: place.x, x1: place.x + place.width, colours: rampColours(spots.ramp, 24) },
  }
  const texts: TextLayer[] = tickLabels(page, place, spots.scale, page.height - type.margin)
  if (measure(heading, type.heading) <= place.width * 1.1) {
    const y = top + type.heading.size * 0.8
    texts.unshift({ kind: 'text', ...type.heading, text: heading, x: place.x, y, align: 'left', colour: colours.text })
  }
  const marks = tickMarks(page, place, spots.scale, barTop + place.barHeight)
  return { texts, box: legendBox(page, place), layers: [bar, ...marks, ...texts] }
}
