/** Colours, gradients and strokes as attributes. Alpha has its own attribute: older readers know no `#rrggbbaa`. */

import { xmlText } from '../../core/xml-text.ts'
import { parseColour } from '../css-colour.ts'
import type { Blend, LinearGradient, Paint, RadialGradient, Stroke } from '../scene.ts'
import { numberText } from './path-data.ts'

const hex = (value: number): string => Math.round(value).toString(16).padStart(2, '0')

/** ` fill="#rrggbb" fill-opacity=".5"`, or with other names of the same kind. */
const colourAttributes = (css: string, name: string, opacityName: string): string => {
  const colour = parseColour(css)
  if (colour === null) return ` ${name}="${xmlText(css)}"`
  const opacity = numberText(colour.alpha)
  const digits = `${hex(colour.red)}${hex(colour.green)}${hex(colour.blue)}`
  return ` ${name}="#${digits}"${opacity === '1' ? '' : ` ${opacityName}="${opacity}"`}`
}

/** Collects what is used by reference; equal things are written once. */
export interface Definitions {
  /** @returns the name of the definition. */
  add(prefix: string, write: (id: string) => string): string
  markup(): string
}

export const makeDefinitions = (): Definitions => {
  const known = new Map<string, string>()
  const written: string[] = []
  return {
    add(prefix, write) {
      const key = write('')
      const id = known.get(key) ?? `${prefix}${known.size + 1}`
      if (!known.has(key)) {
        known.set(key, id)
        written.push(write(id))
      }
      return id
    },
    markup: () => (written.length === 0 ? '' : `<defs>\n${written.join('\n')}\n</defs>\n`),
  }
}

const stops = (colours: readonly string[]): string =>
  colours
    .map((colour, i) => {
      const offset = colours.length === 1 ? 0 : i / (colours.length - 1)
      return `<stop offset="${numberText(offset * 100)}%"${colourAttributes(colour, 'stop-color', 'stop-opacity')}/>`
    })
    .join('')

const gradientMarkup = (gradient: LinearGradient | RadialGradient, id: string): string => {
  const units = `id="${id}" gradientUnits="userSpaceOnUse"`
  const n = numberText
  if ('radius' in gradient) {
    const circle = `cx="${n(gradient.x)}" cy="${n(gradient.y)}" r="${n(gradient.radius)}"`
    return `<radialGradient ${units} ${circle}>${stops(gradient.colours)}</radialGradient>`
  }
  const line = `x1="${n(gradient.x0)}" y1="0" x2="${n(gradient.x1)}" y2="0"`
  return `<linearGradient ${units} ${line}>${stops(gradient.colours)}</linearGradient>`
}

export const fillAttributes = (fill: Paint | undefined, definitions: Definitions): string => {
  if (fill === undefined) return ' fill="none"'
  if (typeof fill === 'string') return colourAttributes(fill, 'fill', 'fill-opacity')
  return ` fill="url(#${definitions.add('g', (id) => gradientMarkup(fill, id))})"`
}

/** Line joins and ends are those of the root element. */
export const strokeAttributes = (stroke: Stroke | undefined): string => {
  if (stroke === undefined) return ''
  const dash = stroke.dash === undefined ? '' : ` stroke-dasharray="${stroke.dash.map(numberText).join(' ')}"`
  return `${colourAttributes(stroke.colour, 'stroke', 'stroke-opacity')} stroke-width="${numberText(stroke.width)}"${dash}`
}

/** Readers other than browsers ignore it and paint over: on thin lines and faint circles that is nearly the same. */
export const blendAttribute = (blend: Blend | undefined): string =>
  blend === undefined || blend === 'normal' ? '' : ` style="mix-blend-mode:${blend}"`

/** Whether what is painted twice in one place looks as if painted once. */
export const isOpaque = (...paints: readonly (string | undefined)[]): boolean =>
  paints.every((paint) => paint === undefined || parseColour(paint)?.alpha === 1)
