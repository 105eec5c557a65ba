/**
 * Round trips to every hop of a path over time: a column for each trace, a row for each hop, the colour says how long the
 * answer took, and a line stands where the path changed. A scene like a map's, so that every picture of a backend is one.
 */

import { backends } from './backends/index.ts'
import { rampColour, rampColours } from './colour-ramp.ts'
import { makeTextMeasure } from './font.ts'
import { type Page, titleBlock, typeScaleFor } from './furniture.ts'
import { legendLayers } from './legend.ts'
import { DEFAULT_MAP_OPTIONS, type MapData } from './map-data.ts'
import { checkPictureSize } from './picture-limits.ts'
import { type Layer, type Outline, rectangle, type Scene, type TextLayer } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { styles } from './styles/index.ts'
import { shorten } from './text-fit.ts'
import { ticksOf, toneOf } from './tone-scale.ts'

export interface HistoryRow {
  /** Hop number and router. */
  readonly hop: string
  readonly router: string
  /** Of each trace; null where nobody answered. */
  readonly rttMs: readonly (number | null)[]
}

export interface HistoryChart {
  readonly title: string
  readonly subtitle: string
  readonly rows: readonly HistoryRow[]
  /** When each trace began, as people read it. */
  readonly times: readonly string[]
  /** Numbers of the traces that went another way than the one before. */
  readonly changes: readonly number[]
}

export interface ChartOptions {
  readonly width: number
  readonly height: number
  /** Names in the registries `backends` (one that shows scenes) and `styles`. */
  readonly backend: string
  readonly style: string
}

/** In ems of the small type. */
const LABEL_WIDTH = 17
const COLOURS = 24
/** The bottom of a colour map is as dark as what lies behind it. */
const LOWEST_TONE = 0.08

interface Frame {
  readonly x: number
  readonly y: number
  readonly column: number
  readonly row: number
}

const joined = (cells: readonly (readonly [x: number, y: number, width: number, height: number])[]): Outline => {
  const outlines = cells.map((cell) => rectangle(...cell))
  return {
    coordinates: Float32Array.from(outlines.flatMap(({ coordinates }) => [...coordinates])),
    starts: Uint32Array.from(outlines, (_, i) => i * 4),
    closed: true,
  }
}

const scaleOf = (rows: readonly HistoryRow[]): { low: number; high: number; lightest: number } => {
  const times = rows.flatMap(({ rttMs }) => rttMs.filter((each): each is number => each !== null && each > 0))
  const low = times.reduce((least, each) => Math.min(least, each), Infinity)
  const high = times.reduce((most, each) => Math.max(most, each), 0)
  if (high === 0) return { low: 1, high: 10, lightest: 1 }
  return { low, high: Math.max(high, low * 2), lightest: low }
}

/** Cells of one colour are one shape: ten thousand rectangles are no document. */
const cellLayers = ({ rows }: HistoryChart, { x, y, column, row }: Frame, theme: Theme): Layer[] => {
  const scale = scaleOf(rows)
  const byColour = Array.from({ length: COLOURS }, (): [number, number, number, number][] => [])
  for (const [i, { rttMs }] of rows.entries()) {
    for (const [k, rtt] of rttMs.entries()) {
      if (rtt === null) continue
      const tone = Math.min(1, Math.max(0, toneOf(scale, Math.max(rtt, scale.low))))
      byColour[Math.round(tone * (COLOURS - 1))]!.push([x + k * column, y + i * row + row * 0.08, column, row * 0.84])
    }
  }
  return byColour.flatMap((cells, i): Layer[] => {
    if (cells.length === 0) return []
    const fill = rampColour(theme.ramp, LOWEST_TONE + ((1 - LOWEST_TONE) * i) / (COLOURS - 1))
    return [{ kind: 'shape', role: 'points', outline: joined(cells), fill }]
  })
}

const changeLayers = (
  { changes, rows }: HistoryChart,
  { x, y, column, row }: Frame,
  theme: Theme,
  page: Page,
): Layer[] =>
  changes.flatMap((at): Layer[] => {
    const left = x + at * column
    const size = page.type.small.size * 0.5
    const width = Math.max(1.5, page.type.hairline * 2.2)
    const tip = joined([[left - width / 2, y - size, width, rows.length * row + size]])
    const head = {
      coordinates: Float32Array.of(left - size, y - 1.8 * size, left + size, y - 1.8 * size, left, y - 0.2 * size),
      starts: Uint32Array.of(0),
      closed: true,
    }
    return [tip, head].map((outline) => ({ kind: 'shape', role: 'paths', outline, fill: theme.vantage }))
  })

const wordLayers = (chart: HistoryChart, { x, y, column, row }: Frame, theme: Theme, page: Page): Layer[] => {
  const { rows, times } = chart
  const { small } = page.type
  const base = { kind: 'text', role: 'legend', ...small, colour: theme.text } as const
  const words: TextLayer[] = rows.flatMap(({ hop, router }, i) => {
    const middle = y + (i + 0.5) * row + small.size * 0.35
    const text = shorten(router, small, x - page.type.margin - small.size * 3.4, page.measure)
    return [
      {
        ...base,
        text: hop,
        x: page.type.margin + small.size * 1.6,
        y: middle,
        align: 'right',
        colour: theme.faintText,
      },
      { ...base, text, x: page.type.margin + small.size * 2.4, y: middle, align: 'left' },
    ] satisfies TextLayer[]
  })
  const below = y + rows.length * row + small.size * 1.5
  let free = 0
  for (const [i, text] of times.entries()) {
    const at = x + (i + 0.5) * column
    const width = page.measure(text, small)
    const left = Math.min(page.width - page.type.margin - width, Math.max(x, at - width / 2))
    if (left < free) continue
    free = left + width + small.size * 2
    words.push({ ...base, text, x: left, y: below, align: 'left', colour: theme.faintText })
  }
  return words
}

const chartScene = (chart: HistoryChart, { width, height }: ChartOptions, theme: Theme): Scene => {
  const type = typeScaleFor(width, height)
  const measure = makeTextMeasure()
  const page: Page = { width, height, type, measure, colours: theme }
  const { margin, small } = type
  const title = titleBlock(page, chartData(chart), 1)
  const top = (title.box?.height ?? margin) + small.size * 1.5
  const x = Math.min(width * 0.4, margin + LABEL_WIDTH * small.size)
  const bottom = height - margin - small.size * 7.5
  const row = Math.min(small.size * 3.2, Math.max(1, (bottom - top) / Math.max(1, chart.rows.length)))
  const frame = { x, y: top, row, column: (width - margin - x) / Math.max(1, chart.times.length) }
  const scale = scaleOf(chart.rows)
  const ticks = ticksOf(scale).map(({ value, label }) => ({
    at: Math.min(1, Math.max(0, toneOf(scale, value))),
    label,
  }))
  const bar = Math.max(4, Math.round(small.size * 0.62))
  const place = { x: margin, width: Math.min(small.size * 22, width * 0.46), barHeight: bar, height: small.size * 4.2 }
  const colours = rampColours(theme.ramp, COLOURS)
  return {
    ...{ title: chart.title, description: `${chart.title}. ${chart.subtitle}.`, width, height },
    background: theme.background,
    layers: [
      {
        kind: 'shape',
        role: 'sea',
        outline: rectangle(x, top, width - margin - x, row * chart.rows.length),
        fill: theme.ocean,
      },
      ...cellLayers(chart, frame, theme),
      ...changeLayers(chart, frame, theme, page),
      ...wordLayers(chart, frame, theme, page),
      ...title.texts,
      ...legendLayers(page, place, { kind: 'bar', heading: 'Round trip, ms', colours, ticks }),
    ],
  }
}

const chartData = ({ title, subtitle }: HistoryChart): MapData => ({
  points: { latitude: new Float64Array(), longitude: new Float64Array(), weight: new Float64Array() },
  ...{ paths: [], counts: { located: 0, unlocated: 0 }, title, subtitle, attributions: [] },
})

/** @throws InterplotError ERR_USAGE for a size out of range, ERR_UNKNOWN_NAME for a backend or style that is not there. */
export const renderHistory = async (chart: HistoryChart, options: ChartOptions): Promise<Buffer> => {
  const { theme } = styles.get(options.style)
  const { width, height, backend } = options
  checkPictureSize(width, height, { coloured: false, animated: false })
  const scene = chartScene(chart, options, theme)
  return backends.get(backend).write({
    ...{ data: chartData(chart), options: { ...DEFAULT_MAP_OPTIONS, width, height, backend }, theme },
    scene: async () => scene,
    frames: async () => ({ count: 1, scene: () => scene }),
  })
}
