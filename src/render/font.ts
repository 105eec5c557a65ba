/** The one typeface of all maps, shipped with the package so that a map looks the same on a machine without fonts. */

import { fileURLToPath } from 'node:url'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import { InterplotError } from '../core/errors.ts'
import { packageRoot } from '../core/package-root.ts'
import type { TextMeasure, TextStyle } from './scene.ts'

/** A name of our own: an installed font of the same name cannot take its place. */
const FAMILY = 'interplot-inter'
/** One file a weight (400 and 600): not every version of the canvas takes weights out of a variable font. */
const FILES = ['inter-regular.woff2', 'inter-semibold.woff2'] as const

/** What `context.font` wants; spacing goes to `context.letterSpacing`. Weights between hundreds make giant letters. */
export const fontOf = ({ size, weight }: TextStyle): string => `${Math.round(weight / 100) * 100} ${size}px "${FAMILY}"`

export const letterSpacingOf = ({ size, tracking = 0 }: TextStyle): string => `${size * tracking}px`

/** Makes the typeface known to the canvas; cheap after the first time. @throws InterplotError ERR_INPUT_FILE. */
export const registerFont = (): void => {
  if (GlobalFonts.has(FAMILY)) return
  for (const file of FILES) {
    const path = fileURLToPath(new URL(`data/fonts/${file}`, packageRoot))
    if (GlobalFonts.registerFromPath(path, FAMILY) === null) {
      throw new InterplotError('ERR_INPUT_FILE', `cannot read the font ${path}`, { advice: 'Install interplot again.' })
    }
  }
}

/** Measures with the shipped typeface. */
export const makeTextMeasure = (): TextMeasure => {
  registerFont()
  const context = createCanvas(1, 1).getContext('2d')
  context.lang = 'en'
  return (text, style) => {
    context.font = fontOf(style)
    context.letterSpacing = letterSpacingOf(style)
    return context.measureText(text).width
  }
}
