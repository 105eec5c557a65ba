/**
 * The words around the map, each in its corner: title and subtitle top left, counts top right, legend bottom left,
 * attributions bottom right. Left and right share the width and never meet; what does not fit is shortened or left out.
 */

import { formatCount } from '../core/units.ts'
import { countedWord, type MapData } from './map-data.ts'
import type { Box } from './map-fit.ts'
import type { TextLayer, TextMeasure, TextStyle } from './scene.ts'
import { shrink, wrap } from './text-fit.ts'

export interface TypeScale {
  /** Free space along the frame, pixels. */
  readonly margin: number
  readonly title: TextStyle
  readonly subtitle: TextStyle
  readonly figure: TextStyle
  readonly small: TextStyle
  readonly heading: TextStyle
  /** Width of a hairline. */
  readonly hairline: number
}

export interface WordColours {
  readonly title: string
  readonly text: string
  readonly faintText: string
}

export interface Block {
  readonly texts: readonly TextLayer[]
  /** Room that the map must leave, from the edges of the picture inwards; null when the block is empty. */
  readonly box: Box | null
}

export interface Page {
  readonly width: number
  readonly height: number
  readonly type: TypeScale
  readonly measure: TextMeasure
  readonly colours: WordColours
}

/** Below this many pixels there is no room for words beside the map. */
const SMALLEST_WORDED_WIDTH = 200
const SMALLEST_WORDED_HEIGHT = 120

const EMPTY_BLOCK: Block = { texts: [], box: null }

export const hasWords = (width: number, height: number): boolean =>
  width >= SMALLEST_WORDED_WIDTH && height >= SMALLEST_WORDED_HEIGHT

/** Sizes follow the shorter side of the picture (as if it were 16:9); small type has a floor so that it stays legible. */
export const typeScaleFor = (width: number, height: number): TypeScale => {
  const base = Math.min(width, (height * 16) / 9)
  const px = (share: number, floor: number): number => Math.max(floor, Math.round(base * share))
  return {
    margin: px(0.024, 7),
    title: { size: px(0.0245, 12.5), weight: 600, tracking: -0.018 },
    subtitle: { size: px(0.0125, 9), weight: 400, tracking: -0.003 },
    figure: { size: px(0.0245, 12.5), weight: 600, tracking: -0.01 },
    small: { size: px(0.0098, 8), weight: 400, tracking: 0.004 },
    heading: { size: px(0.0092, 7.5), weight: 600, tracking: 0.05 },
    hairline: Math.max(0.5, base / 3600),
  }
}

interface Line {
  readonly text: string
  readonly style: TextStyle
  readonly colour: string
}

const LEADING = 1.42

/** Stacks lines in a corner. */
const stack = (page: Page, lines: readonly Line[], corner: { top: boolean; left: boolean }): Block => {
  const shown = lines.filter(({ text }) => text !== '')
  if (shown.length === 0) return EMPTY_BLOCK
  const { margin } = page.type
  const heights = shown.map(({ style }, i) => style.size * (i === 0 ? 1 : LEADING))
  const height = heights.reduce((sum, each) => sum + each, 0)
  const width = Math.max(...shown.map(({ text, style }) => page.measure(text, style)))
  let y = corner.top ? margin : page.height - margin - height
  const texts = shown.map((line, i): TextLayer => {
    y += heights[i]!
    const x = corner.left ? margin : page.width - margin
    // Descenders take about a fifth of the em below the baseline.
    const baseline = y - line.style.size * 0.2
    return {
      kind: 'text',
      role: 'words',
      ...line.style,
      text: line.text,
      colour: line.colour,
      x,
      y: baseline,
      align: corner.left ? 'left' : 'right',
    }
  })
  return { texts, box: cornerBox(page, width, height, corner) }
}

/** From the corner of the picture to the far edge of the block, with half a margin of air. */
export const cornerBox = (page: Page, width: number, height: number, corner: { top: boolean; left: boolean }): Box => {
  const boxWidth = width + page.type.margin * 1.45
  const boxHeight = height + page.type.margin * 1.45
  return {
    x: corner.left ? -1 : page.width - boxWidth,
    y: corner.top ? -1 : page.height - boxHeight,
    width: boxWidth + 1,
    height: boxHeight + 1,
  }
}

/**
 * @param room share of the page's width that the title may take.
 * @param rows lines that it may take.
 */
export const titleBlock = (page: Page, data: MapData, room = 0.62, rows = 1): Block => {
  const width = (page.width - 2 * page.type.margin) * room
  const { type, measure, colours } = page
  const style = shrink(data.title, type.title, width, type.title.size * 0.7, measure)
  return stack(
    page,
    [
      ...wrap(data.title, style, width, rows, measure).map((text) => ({ text, style, colour: colours.title })),
      ...wrap(data.subtitle, type.subtitle, width, rows, measure).map((text) => {
        return { text, style: type.subtitle, colour: colours.text }
      }),
    ],
    { top: true, left: true },
  )
}

/** Weights that are not on the map, and why. */
export interface LeftOut {
  /** Points. */
  readonly notOnEarth: number
  /** Addresses. */
  readonly outside: number
}

export const countsBlock = (page: Page, data: MapData, { notOnEarth, outside }: LeftOut): Block => {
  const width = (page.width - 2 * page.type.margin) * 0.34
  const { type, measure, colours } = page
  const { located, approximate = 0, private: nobodys = 0, anycast = 0, placedAnycast = 0 } = data.counts
  const unlocated = data.counts.unlocated - nobodys - anycast
  const odd = [
    approximate === 0 ? [] : `${formatCount(approximate)} only approximately`,
    nobodys === 0 ? [] : `${formatCount(nobodys)} private`,
    anycast + placedAnycast === 0 ? [] : `${formatCount(anycast + placedAnycast)} anycast`,
  ]
  const dropped = [
    outside === 0 ? [] : `${formatCount(outside)} outside this map`,
    notOnEarth === 0 ? [] : `${formatCount(notOnEarth)} left out: not on Earth`,
  ].flat()
  const placeless = unlocated === 0 ? '' : ` · ${formatCount(unlocated)} without a place`
  const traces = located === 0 && data.paths.length > 0 ? data.paths.length : null
  const lines = [
    { text: formatCount(traces ?? located), style: type.figure, colour: colours.title },
    {
      text: `${traces === null ? `${countedWord(data.counted, located)} located` : traces === 1 ? 'trace' : 'traces'}${placeless}`,
      style: type.subtitle,
      colour: colours.text,
    },
    { text: [...odd.flat(), ...dropped].join(' · '), style: type.small, colour: colours.faintText },
  ]
  return stack(
    page,
    lines.filter(({ text, style }) => measure(text, style) <= width),
    { top: true, left: false },
  )
}

/**
 * @param texts whose the data and the map are; where there is no room for all, the first.
 * @param width room for the block, pixels.
 */
export const attributionBlock = (page: Page, texts: readonly string[], width: number): Block => {
  const { type, measure, colours } = page
  const most = Math.max(1, Math.floor((page.height * 0.14) / (type.small.size * LEADING)))
  const lines: string[] = []
  const joined = texts.join('  ·  ')
  for (const text of measure(joined, type.small) <= width ? [joined] : texts) {
    if (lines.length < most) lines.push(...wrap(text, type.small, width, most - lines.length, measure))
  }
  return stack(
    page,
    lines.map((text) => ({ text, style: type.small, colour: colours.faintText })),
    { top: false, left: false },
  )
}
