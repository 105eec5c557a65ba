/** Terminal: the map as characters of dots, or as a picture where the terminal can show one, with words around it. */

import { createCanvas } from '@napi-rs/canvas'
import { paintScene } from '../canvas-painter.ts'
import { registerFont } from '../font.ts'
import { encodePng } from '../png-encoder.ts'
import type { Scene } from '../scene.ts'
import { cellLines } from '../terminal/cell-lines.ts'
import { iterm2Of, kittyOf } from '../terminal/inline-image.ts'
import { DOTS_ACROSS, DOTS_DOWN, isPicture, pictureCells, type TerminalLook } from '../terminal/look.ts'
import { sceneCells } from '../terminal/scene-cells.ts'
import { sixelOf } from '../terminal/sixel.ts'
import { linesAbove, linesBelow } from '../terminal/words.ts'
import type { Backend } from './contract.ts'

/** For a file: as wide as the picture has dots, in all colours. */
const lookOfFile = ({ width, height }: Scene): TerminalLook => ({
  columns: Math.ceil(width / DOTS_ACROSS),
  rows: Math.ceil(height / DOTS_DOWN),
  colours: 'truecolor',
  graphics: 'braille',
})

const pictureOf = async (scene: Scene, look: TerminalLook): Promise<string> => {
  registerFont()
  const canvas = createCanvas(scene.width, scene.height)
  paintScene(canvas.getContext('2d'), scene)
  if (look.graphics === 'sixel') return sixelOf(canvas.data(), scene.width, scene.height).toString('latin1')
  const png = await encodePng(canvas.data(), scene.width, scene.height)
  const place = pictureCells(scene, look)
  return (look.graphics === 'kitty' ? kittyOf(png, place) : iterm2Of(png, place)).toString('latin1')
}

export const terminal: Backend = {
  name: 'terminal',
  help: 'characters, for a terminal',
  extensions: ['.txt', '.ansi'],
  mediaType: 'text/plain',
  wordless: true,
  remarks({ colouring }, { terminal: look, nightAtUs }, layer) {
    if (look === undefined || isPicture(look) || look.colours !== 'none') return []
    return [
      ...(layer === 'choropleth' ? ['without colours, countries cannot be told apart'] : []),
      ...(colouring === undefined ? [] : ['without colours, what the points are coloured by is not shown']),
      ...(nightAtUs === undefined ? [] : ['without colours, the night is not shown']),
    ]
  },
  async write(drawing) {
    const scene = await drawing.scene()
    const look = drawing.options.terminal ?? lookOfFile(scene)
    const map = isPicture(look) ? [await pictureOf(scene, look)] : cellLines(sceneCells(scene, look), look)
    const lines = [...linesAbove(drawing, look), ...map, ...linesBelow(drawing, scene, look)]
    return Buffer.from(`${lines.join('\n')}\n`, 'utf8')
  },
}
