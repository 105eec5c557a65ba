/** SVG: the scene as shapes and real text; the density as a picture inside. */

import { svgDocument } from '../svg/document.ts'
import type { Backend } from './contract.ts'

export const svg: Backend = {
  name: 'svg',
  help: 'shapes and text that stay sharp at any size',
  extensions: ['.svg'],
  mediaType: 'image/svg+xml',
  backdrop: true,
  async write(drawing) {
    return Buffer.from(await svgDocument(await drawing.scene(), drawing.options.dpi), 'utf8')
  },
}
