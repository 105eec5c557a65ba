/** What the colours of a map on a terminal mean, in one line. */

import { formatCount } from '../../core/units.ts'
import type { Drawing } from '../backends/contract.ts'
import { rampColours } from '../colour-ramp.ts'
import { countedWord } from '../map-data.ts'
import type { DensityLayer, Scene } from '../scene.ts'
import { formatAmount, type ToneScale, ticksOf, toneOf } from '../tone-scale.ts'
import { type AnsiLine, makeAnsiLine } from './ansi-line.ts'
import { type CellColour, colourOf } from './cell-colour.ts'
import { cellsOf, fitCells } from './cell-text.ts'
import { MARGIN, type TerminalLook } from './look.ts'

/** Amounts without colours. */
export const SHADES = { braille: '░▒▓█', ascii: '+*#@' } as const

const WIDEST_BAR = 44

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
export const legendLine = (drawing: Drawing, scene: Scene, look: TerminalLook): string => {
  const { theme, data } = drawing
  const behind = colourOf(theme.background)
  const line = makeAnsiLine(look.colours)
  line.add(' '.repeat(MARGIN), { behind })
  const density = scene.layers.find((layer) => layer.kind === 'density')
  const room = look.columns - 2 * MARGIN
  let used = groupKey(line, drawing, look, behind)
  if (used === 0 && density !== undefined) {
    const said =
      data.colouring?.kind === 'scale' ? data.colouring.title : `${countedWord(data.counted, 2)} around a dot`
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
    const text = fitCells(`  ${countedWord(data.counted, 2)}`, room - bar.length, '')
    line.add(text, { ink: colourOf(theme.text), behind })
    used = bar.length + cellsOf(text)
  }
  line.add(' '.repeat(Math.max(0, room - used) + MARGIN), { behind })
  return line.end()
}
