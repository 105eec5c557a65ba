/**
 * Rendering: `npx tsx bench/render.ts [points] [width] [height]` (1,000,000 at 4096×2048 by default). The first map of a
 * process as a person waits for it, then each phase alone; prints one JSON object.
 */

import { createCanvas } from '@napi-rs/canvas'
import { detailForWidth, loadBasemap } from '../src/render/basemap.ts'
import { paintScene } from '../src/render/canvas-painter.ts'
import { makeTextMeasure } from '../src/render/font.ts'
import { renderMap } from '../src/render/map.ts'
import { DEFAULT_MAP_OPTIONS } from '../src/render/map-data.ts'
import { planMap } from '../src/render/map-plan.ts'
import { encodePng } from '../src/render/png-encoder.ts'
import { earthProjections } from '../src/render/projection/index.ts'
import { styles } from '../src/render/styles/index.ts'
import { composeMap, layGround } from '../src/render/world-map.ts'
import { clusteredMap } from './clustered-map.ts'

const [count = 1_000_000, width = 4096, height = 2048] = process.argv.slice(2).map(Number)
const data = clusteredMap(count)

const figures = new Map<string, number>([
  ['points', count],
  ['width', width],
  ['height', height],
])

const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
  const before = performance.now()
  const value = await work()
  figures.set(name, Math.round(performance.now() - before))
  return value
}

const first = await timed('firstMapMs', () => renderMap(data, { width, height }))
figures.set('bytes', first.length)
await timed('nextMapMs', () => renderMap(data, { width, height }))

const projection = earthProjections.get('natural-earth')
const basemap = await loadBasemap(detailForWidth(width))
const measure = makeTextMeasure()
const style = styles.get('dark')
const scene = await timed('composeMs', () => {
  const options = { ...DEFAULT_MAP_OPTIONS, width, height }
  const plan = planMap({ data, options, theme: style.theme, projection, measure, wordless: false })
  return composeMap(layGround(plan, basemap), data.points).scene
})
const canvas = createCanvas(width, height)
const context = canvas.getContext('2d')
const density = scene.layers.filter(({ kind }) => kind === 'density')
await timed('paintShapesAndWordsMs', () => {
  paintScene(context, { ...scene, layers: scene.layers.filter(({ kind }) => kind !== 'density') })
  canvas.data()
})
await timed('paintDensityMs', () => {
  paintScene(context, { ...scene, layers: density })
  canvas.data()
})
const pixels = await timed('readPixelsMs', () => canvas.data())
await timed('encodeMs', () => encodePng(pixels, width, height))
process.stdout.write(`${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`)
