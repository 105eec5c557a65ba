/** The typeface inside of the file, so that words look the same on a machine that does not have it. */

import { readFile } from 'node:fs/promises'
import { fileError } from '../../core/errors.ts'
import { packageRoot } from '../../core/package-root.ts'
import type { Layer } from '../scene.ts'

/** A reader that ignores embedded fonts takes the installed one, then one that is about as wide. */
export const FONT_FAMILY = "Inter, 'Helvetica Neue', Arial, sans-serif"

const FILES = [
  { weight: 400, file: 'inter-regular.woff2' },
  { weight: 600, file: 'inter-semibold.woff2' },
] as const

/** Up to here, the regular cut is nearer (CSS Fonts Module Level 4, section 5.2). */
const HEAVIEST_REGULAR = 500

/** `@font-face` rules for the weights that the layers use; whole files, 150 kB each in base64. */
export const fontFaces = async (layers: readonly Layer[]): Promise<string> => {
  const texts = layers.filter((layer) => layer.kind === 'text')
  const used = FILES.filter(({ weight }) =>
    texts.some((text) => text.weight > HEAVIEST_REGULAR === weight > HEAVIEST_REGULAR),
  )
  const faces = used.map(async ({ weight, file }) => {
    const url = new URL(`data/fonts/${file}`, packageRoot)
    const font = await readFile(url, 'base64').catch((error: unknown) => {
      throw fileError('ERR_INPUT_FILE', url.pathname, error)
    })
    return `@font-face{font-family:Inter;font-weight:${weight};src:url(data:font/woff2;base64,${font}) format("woff2")}`
  })
  return (await Promise.all(faces)).join('\n')
}
