/** Colours of a page's points, where colours say something else than amounts. */

import { rgbToOklab } from '../oklab.ts'
import { groupColours } from '../point-colours.ts'
import type { PageContent } from './page-reader.ts'

/** CSS colours by the number that a record's colour has; null where points have none. */
export const pointCss = ({ header, columns }: PageContent): string[] | null => {
  const { colouring, theme } = header
  if (colouring === undefined || columns.colours.length === 0) return null
  if (colouring.kind === 'groups') return groupColours(colouring.groups, theme)
  return Array.from({ length: 256 }, (_, i) => `rgb(${theme.ramp.slice(i * 3, i * 3 + 3).join(', ')})`)
}

/** The same in OKLab, for mixing: lightness, a, b, lightness, … */
export const inOklab = (colours: readonly string[]): Float32Array => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const mixable = new Float32Array(256 * 3)
  if (context === null) return mixable
  for (const [i, colour] of colours.entries()) {
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data
    mixable.set(rgbToOklab([red, green, blue]), i * 3)
  }
  return mixable
}
