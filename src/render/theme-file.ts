/** A style of one's own: a small JSON object that says what is different from one of ours. */

import { createCanvas } from '@napi-rs/canvas'
import { z } from 'zod'
import { InterplotError } from '../core/errors.ts'
import { withoutUndefined } from '../core/without-undefined.ts'
import { rampThrough } from './colour-ramp.ts'
import { layers } from './layers/index.ts'
import { MOST_GROUPS } from './map-data.ts'
import { rgbToHex } from './oklab.ts'
import type { MapStyle, Theme } from './styles/contract.ts'
import { styles } from './styles/index.ts'

const canvas = createCanvas(1, 1).getContext('2d')

/** A CSS colour as `#rrggbb` or, where it is transparent, as it was; null for what is none. */
export const parseColour = (text: string): string | null => {
  // What the canvas does not understand leaves it as it was.
  const understood = ['#000000', '#ffffff'].map((before) => {
    canvas.fillStyle = before
    canvas.fillStyle = text
    return canvas.fillStyle
  })
  if (understood[0] !== understood[1]) return null
  canvas.clearRect(0, 0, 1, 1)
  canvas.fillRect(0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data
  return alpha === 255 ? rgbToHex([red, green, blue]) : text
}

const colour = z.string().transform((text, context) => {
  const parsed = parseColour(text)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: `"${text}" is no colour; write #rrggbb, rgba(r, g, b, a) or a CSS name` })
  return z.NEVER
})

/** Where a colour is mixed or made transparent. */
const opaque = colour.refine((text) => /^#[0-9a-f]{6}$/.test(text), 'must be a colour without transparency')

const width = z.number().min(0).max(10)
const COLOUR_NAMES = [
  ...([
    'background',
    'ocean',
    'land',
    'coast',
    'border',
    'graticule',
    'sphereEdge',
    'title',
    'text',
    'faintText',
  ] as const),
  ...(['vantage', 'hop', 'night'] as const),
] as const
const OPAQUE_NAMES = ['halo', 'pathStart', 'pathEnd'] as const

const named = <N extends string, S extends z.ZodType>(names: readonly N[], schema: S) =>
  Object.fromEntries(names.map((name) => [name, schema.optional()])) as Record<N, z.ZodOptional<S>>

const SCHEMA = z.strictObject({
  name: z.string().max(60).optional(),
  extends: z.string().optional(),
  ...named(COLOUR_NAMES, colour),
  ...named(OPAQUE_NAMES, opaque),
  ramp: z.array(opaque).min(2).max(12).optional(),
  blend: z.enum(['screen', 'multiply']).optional(),
  bloom: z.number().min(0).max(1).optional(),
  marker: z.strictObject({ fill: colour, stroke: colour, text: colour }).partial().optional(),
  pin: z.strictObject({ fill: colour, stroke: colour, hole: colour, text: colour }).partial().optional(),
  groups: z.array(opaque).length(MOST_GROUPS).optional(),
  layer: z.string().optional(),
  coastWidth: width.optional(),
  borderWidth: width.optional(),
})

const parseJson = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InterplotError('ERR_INPUT_FILE', `${name} is not JSON`, {
      cause,
      advice: 'A theme is an object like {"extends": "dark", "land": "#223344"}.',
    })
  }
}

/**
 * @param name what to call the file in messages.
 * @throws InterplotError ERR_INPUT_FILE for what is no theme, ERR_UNKNOWN_NAME for a style or layer that is not there.
 */
export const parseTheme = (text: string, name: string): MapStyle => {
  const result = SCHEMA.safeParse(parseJson(text, name))
  if (!result.success) {
    const [issue] = result.error.issues
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    throw new InterplotError('ERR_INPUT_FILE', `${name} is no theme: ${where}${issue?.message ?? 'not understood'}`, {
      advice: 'docs/maps.md lists what a theme can say.',
    })
  }
  const { name: own, extends: base = 'dark', ramp, marker, pin, ...rest } = result.data
  const from: Theme = styles.get(base).theme
  const theme: Theme = {
    ...from,
    ...withoutUndefined(rest),
    marker: { ...from.marker, ...withoutUndefined(marker ?? {}) },
    pin: { ...from.pin, ...withoutUndefined(pin ?? {}) },
    ...(ramp === undefined ? {} : { ramp: rampThrough(ramp) }),
  }
  return { name: own ?? name, help: `from ${name}`, theme: { ...theme, layer: layers.get(theme.layer).name } }
}
