/** The lines of text above and below the map. */

import { formatCount } from '../../core/units.ts'
import type { Drawing } from '../backends/contract.ts'
import { rampColours } from '../colour-ramp.ts'
import { parseColour } from '../css-colour.ts'
import type { DensityLayer, Scene } from '../scene.ts'
import { formatAmount, type ToneScale, ticksOf, toneOf } from '../tone-scale.ts'
import { type AnsiLine, makeAnsiLine } from './ansi-line.ts'
import type { CellColour } from './cell-grid.ts'
import { cellsOf, fitCells, printable } from './cell-text.ts'
import type { TerminalLook } from './look.ts'

/** Amounts without colours. */
export const SHADES = { braille: '░▒▓█', ascii: '+*#@' } as const

const MARGIN = 1
const WIDEST_BAR = 44

const colourOf = (css: string): CellColour | undefined => {
  const colour = parseColour(css)
  if (colour === null) return undefined
  return (Math.round(colour.red) << 16) | (Math.round(colour.green) << 8) | Math.round(colour.blue)
}

interface Side {
  readonly text: string
  readonly colour: string
  readonly bold?: boolean
}

const asciiOnly = (text: string): string =>
  text
    .replaceAll('·', '-')
    .replaceAll('…', '...')
    .replaceAll(/[^ -~]/gu, '?')

/** One text at the left edge and one at the right; the left one is cut where both do not fit. */
const bothSides = (look: TerminalLook, background: string, left: Side, right: Side): string => {
  const plain = look.graphics === 'ascii'
  const room = look.columns - 2 * MARGIN
  const ellipsis = plain ? '...' : '…'
  const clean = (text: string): string => printable(plain ? asciiOnly(text) : text)
  const atRight = fitCells(clean(right.text), Math.floor(room * 0.6), ellipsis)
  const atLeft = fitCells(clean(left.text), room - cellsOf(atRight) - (atRight === '' ? 0 : 2), ellipsis)
  const behind = colourOf(background)
  const line = makeAnsiLine(look.colours)
  line.add(' '.repeat(MARGIN), { behind })
  line.add(atLeft, { ink: colourOf(left.colour), behind, bold: left.bold === true })
  line.add(' '.repeat(Math.max(0, room - cellsOf(atLeft) - cellsOf(atRight))), { behind })
  line.add(atRight, { ink: colourOf(right.colour), behind, bold: right.bold === true })
  line.add(' '.repeat(MARGIN), { behind })
  return line.end()
}

/** Title with the count, and what else is to be said of both. */
export const linesAbove = ({ data, theme }: Drawing, look: TerminalLook): string[] => {
  const { located, unlocated, approximate = 0 } = data.counts
  const found = `${formatCount(located)} ${located === 1 ? 'address' : 'addresses'}`
  const rest = [
    unlocated === 0 ? [] : `${formatCount(unlocated)} without a place`,
    approximate === 0 ? [] : `${formatCount(approximate)} only approximately`,
  ].flat()
  const { background } = theme
  return [
    bothSides(
      look,
      background,
      { text: data.title, colour: theme.title, bold: true },
      { text: found, colour: theme.title, bold: true },
    ),
    bothSides(
      look,
      background,
      { text: data.subtitle, colour: theme.text },
      { text: rest.join(' · '), colour: theme.text },
    ),
  ]
}

/** Words on a bar of the ramp's colours: each begins where its amount has its colour. */
const barWith = (width: number, ticks: readonly { at: number; label: string }[]): string => {
  const letters = Array.from({ length: width }, () => ' ')
  let free = 0
  for (const { at, label } of ticks) {
    const start = Math.min(width - label.length, Math.max(0, Math.round(at * width - label.length / 2)))
    if (start < free) continue
    for (let i = 0; i < label.length; i += 1) letters[start + i] = label[i]!
    free = start + label.length + 2
  }
  return letters.join('')
}

/** Black or white: what can be read on the colour. */
const readable = (colour: CellColour): CellColour => {
  const light = 0.299 * ((colour >> 16) & 255) + 0.587 * ((colour >> 8) & 255) + 0.114 * (colour & 255)
  return light > 125 ? 0x000000 : 0xffffff
}

const rampBar = (line: AnsiLine, ramp: DensityLayer['ramp'], words: string): void => {
  const colours = rampColours(ramp, Math.max(2, words.length))
  for (const [i, letter] of [...words].entries()) {
    const behind = colourOf(colours[i]!) ?? 0
    line.add(letter, { ink: readable(behind), behind })
  }
}

/** The amount that has this tone: by halving, since tones only rise. */
const amountAt = (scale: ToneScale, tone: number): number => {
  let [low, high] = [Math.log(Math.max(scale.low, scale.lightest)), Math.log(scale.high)]
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2
    if (toneOf(scale, Math.exp(middle)) < tone) low = middle
    else high = middle
  }
  return Math.exp(high)
}

/** Without colours: the four shades, each with the amount from which it stands. */
const shadeKey = ({ grid }: DensityLayer, look: TerminalLook): string => {
  const shades = [...SHADES[look.graphics === 'ascii' ? 'ascii' : 'braille']]
  const rounded = (value: number): number => Number(value.toPrecision(1))
  return shades
    .map((shade, i) => `${shade} ${formatAmount(rounded(amountAt(grid.scale, i / shades.length)))}`)
    .join('  ')
}

const groupKey = (
  line: AnsiLine,
  { data, theme }: Drawing,
  look: TerminalLook,
  behind: CellColour | undefined,
): number => {
  if (data.colouring?.kind !== 'groups') return 0
  const mark = look.graphics === 'ascii' ? '#' : '●'
  let used = 0
  for (const [i, { label, count }] of data.colouring.groups.entries()) {
    const text = `${fitCells(label, 24, '')} ${formatCount(count)}  `
    if (used + cellsOf(text) + 2 > look.columns - 2 * MARGIN) break
    line.add(`${mark} `, { ink: colourOf(theme.groups[i] ?? theme.text), behind })
    line.add(text, { ink: colourOf(theme.text), behind })
    used += cellsOf(text) + 2
  }
  return used
}

const FEWER_TO_MORE = [
  { at: 0, label: 'fewer' },
  { at: 1, label: 'more' },
]

/** Countries or hexagons in colours of the ramp. */
const hasTones = (scene: Scene): boolean =>
  scene.layers.some(
    ({ kind, role, ...layer }) =>
      kind === 'shape' && (role === 'countries' || role === 'points') && 'fill' in layer && layer.fill !== undefined,
  )

/** What the colours mean; empty where nothing is coloured. */
const legendLine = (drawing: Drawing, scene: Scene, look: TerminalLook): string => {
  const { theme, data } = drawing
  const behind = colourOf(theme.background)
  const line = makeAnsiLine(look.colours)
  line.add(' '.repeat(MARGIN), { behind })
  const density = scene.layers.find((layer) => layer.kind === 'density')
  const room = look.columns - 2 * MARGIN
  let used = groupKey(line, drawing, look, behind)
  if (used === 0 && density !== undefined) {
    const said = data.colouring?.kind === 'scale' ? data.colouring.title : 'addresses around a dot'
    if (look.colours === 'none') {
      const key = shadeKey(density, look)
      line.add(key)
      used = key.length
    } else {
      const ticks =
        data.colouring?.kind === 'scale'
          ? data.colouring.ticks
          : ticksOf(density.grid.scale).map(({ value, label }) => ({ at: toneOf(density.grid.scale, value), label }))
      const bar = barWith(Math.min(WIDEST_BAR, Math.floor(room * 0.6)), ticks)
      rampBar(line, density.ramp, bar)
      used = bar.length
    }
    const text = fitCells(`  ${said}`, room - used, '')
    line.add(text, { ink: colourOf(theme.text), behind })
    used += cellsOf(text)
  }
  if (used === 0 && look.colours !== 'none' && hasTones(scene)) {
    const bar = barWith(Math.min(WIDEST_BAR, Math.floor(room * 0.4)), FEWER_TO_MORE)
    rampBar(line, theme.ramp, bar)
    const text = fitCells('  addresses', room - bar.length, '')
    line.add(text, { ink: colourOf(theme.text), behind })
    used = bar.length + cellsOf(text)
  }
  line.add(' '.repeat(Math.max(0, room - used) + MARGIN), { behind })
  return line.end()
}

/** Legend, and whom the data is from. */
export const linesBelow = (drawing: Drawing, scene: Scene, look: TerminalLook): string[] => {
  const { data, theme } = drawing
  const sources = [...data.attributions, 'Map data: Natural Earth'].join(' · ')
  return [
    legendLine(drawing, scene, look),
    bothSides(
      look,
      theme.background,
      { text: sources, colour: theme.faintText },
      { text: '', colour: theme.faintText },
    ),
  ]
}
