/** From the options of `render` to those of a map; everything that can be wrong with them is said before any work. */

import { readFileSync } from 'node:fs'
import { systemClock } from '../../core/clock.ts'
import { fileError, InterplotError } from '../../core/errors.ts'
import type { Point } from '../../core/great-circle.ts'
import { parseIpv4 } from '../../core/ip.ts'
import { backends } from '../../render/backends/index.ts'
import { colourMaps } from '../../render/colour-maps.ts'
import { layers } from '../../render/layers/index.ts'
import { DEFAULT_MAP_OPTIONS, type MapOptions, type ViewOptions } from '../../render/map-data.ts'
import { checkView } from '../../render/map-view.ts'
import { checkPictureSize } from '../../render/picture-limits.ts'
import { projections } from '../../render/projection/index.ts'
import { styles } from '../../render/styles/index.ts'
import { parseTheme } from '../../render/theme-file.ts'
import type { ToneName } from '../../render/tone-scale.ts'
import { parseBox } from '../../targets/region-syntax.ts'
import type { PictureSize } from '../option-parsers.ts'
import { timeOption } from './map-query.ts'

export interface LookOptions {
  size?: PictureSize
  scale?: number
  dpi?: number
  projection?: string
  bbox?: string
  center?: Point
  zoom?: number
  fit?: boolean
  prefix?: string
  style?: string
  themeFile?: string
  layer?: string
  per?: 'address' | 'allocated'
  tone: ToneName
  colors?: string
  labels?: number | boolean
  graticule: boolean
  night?: string | boolean
  accuracy?: boolean
  arcs?: Point | 'home'
}

/** As many names as do not crowd a picture of this width. */
const PIXELS_PER_LABEL = 64
const MOST_DEFAULT_LABELS = 30
const DEFAULT_STYLE = 'dark'
const INCH_MM = 25.4
const PRINT_DPI = 300

/** Of pictures that are given in millimetres. */
export const pixelsOf = ({ width, height, unit }: PictureSize, dpi = PRINT_DPI): { width: number; height: number } =>
  unit === 'px'
    ? { width, height }
    : { width: Math.round((width / INCH_MM) * dpi), height: Math.round((height / INCH_MM) * dpi) }

const viewOf = ({ bbox, center, zoom, fit }: LookOptions): ViewOptions => {
  const part = [bbox !== undefined, zoom !== undefined, fit === true].filter(Boolean).length
  if (part > 1) {
    throw new InterplotError(
      'ERR_USAGE',
      'only one of --bbox, --zoom and --fit can say what part of the world is shown',
      {
        advice: '--center goes with --zoom.',
      },
    )
  }
  const view: ViewOptions = {
    ...(bbox === undefined ? {} : { box: parseBox(bbox, '--bbox') }),
    ...(center === undefined ? {} : { center }),
    ...(zoom === undefined ? {} : { zoom }),
    ...(fit === undefined ? {} : { fit }),
  }
  checkView(view)
  return view
}

const prefixOf = (text: string): MapOptions['prefix'] => {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text)
  const first = parseIpv4(match?.[1] ?? '')
  const length = Number(match?.[2])
  if (first !== null && length <= 32) return { first, length }
  throw new InterplotError('ERR_USAGE', `--prefix wants a prefix like 10.0.0.0/8, not "${text}"`)
}

const styleOf = ({ style, themeFile }: LookOptions): MapOptions['style'] => {
  if (themeFile === undefined) return styles.get(style ?? DEFAULT_STYLE).name
  try {
    return parseTheme(readFileSync(themeFile, 'utf8'), themeFile)
  } catch (cause) {
    throw cause instanceof InterplotError ? cause : fileError('ERR_INPUT_FILE', themeFile, cause)
  }
}

const labelsOf = ({ labels }: LookOptions, width: number): number => {
  if (typeof labels === 'number') return labels
  return labels === true ? Math.min(MOST_DEFAULT_LABELS, Math.round(width / PIXELS_PER_LABEL)) : 0
}

/** @throws InterplotError ERR_USAGE, ERR_UNKNOWN_NAME, ERR_INPUT_FILE. */
export const mapOptions = (options: LookOptions & { colorBy?: string }, backend: string): MapOptions => {
  const { scale = 1, dpi, night, arcs, colors, layer, prefix } = options
  const size = options.size ?? { ...DEFAULT_MAP_OPTIONS, unit: 'px' }
  const { width, height } = pixelsOf(size, dpi)
  const resolution = dpi ?? (size.unit === 'mm' ? PRINT_DPI : undefined)
  const pixels = { width: Math.round(width * scale), height: Math.round(height * scale) }
  const kind = { coloured: options.colorBy !== undefined, animated: backends.get(backend).animated === true }
  checkPictureSize(pixels.width, pixels.height, kind)
  return {
    ...pixels,
    backend,
    projection: projections.get(options.projection ?? DEFAULT_MAP_OPTIONS.projection).name,
    style: styleOf(options),
    view: viewOf(options),
    tone: options.tone,
    labels: labelsOf(options, pixels.width),
    graticule: options.graticule,
    accuracy: options.accuracy === true,
    prefix: prefix === undefined ? DEFAULT_MAP_OPTIONS.prefix : prefixOf(prefix),
    ...(layer === undefined ? {} : { layer: layers.get(layer).name }),
    ...(colors === undefined ? {} : { colourMap: colourMaps.get(colors).name }),
    ...(resolution === undefined ? {} : { dpi: resolution * scale }),
    ...(arcs === undefined || arcs === 'home' ? {} : { arcsTo: arcs }),
    ...(night === undefined || night === false
      ? {}
      : { nightAtUs: night === true ? systemClock.nowUs() : timeOption('--night')(night) }),
  }
}
