/** The script of an HTML map: reads the data of the page and puts everything together. */

import './viewer.css'
import { POSITIONS } from '../html/page-format.ts'
import { kmPerPixelAt, latitudeOf, longitudeOf } from '../html/web-mercator.ts'
import { linearLight } from './density-tile.ts'
import { Glide, listen } from './gestures.ts'
import { type Inspected, inspect } from './inspection.ts'
import { LegendPanel } from './legend-panel.ts'
import { MapCanvas } from './map-canvas.ts'
import type { MapContent } from './map-content.ts'
import { boxAround, homeView, type MapView, toWindow, toWorld, type WorldBox } from './map-view.ts'
import { OutlineSet } from './outline-set.ts'
import { type PageContent, readContent } from './page-reader.ts'
import { type PathSet, readPaths } from './path-set.ts'
import { type PointStore, readPoints } from './point-store.ts'
import { Tip } from './tip.ts'
import { type ZoomLook, ZoomScales } from './zoom-scale.ts'

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element ${id}`)
  return found
}

const unpack = async (base64: string): Promise<Uint8Array> => {
  const text = atob(base64)
  const packed = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i += 1) packed[i] = text.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** CSS colours by the number that a record's colour has. */
const pointColours = ({ header }: PageContent): string[] | null => {
  const { colouring, theme } = header
  if (colouring === undefined) return null
  const { ramp, groups } = theme
  if (colouring.kind === 'scale') {
    return Array.from({ length: 256 }, (_, i) => `rgb(${ramp.slice(i * 3, i * 3 + 3).join(', ')})`)
  }
  return Array.from({ length: 256 }, (_, i) => groups[Math.min(i, groups.length - 1)] ?? theme.title)
}

/** As red, green, blue of linear light. */
const toLight = (colours: readonly string[]): Float32Array => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const light = new Float32Array(colours.length * 3)
  if (context === null) return light
  for (const [i, colour] of colours.entries()) {
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    const { data } = context.getImageData(0, 0, 1, 1)
    for (let c = 0; c < 3; c += 1) light[i * 3 + c] = linearLight(data[c]!)
  }
  return light
}

const boxOfData = (store: PointStore, paths: PathSet): WorldBox | null => {
  // A few thousand say where all are.
  const every = Math.max(1, Math.floor(store.count / 5000))
  const xs = paths.hops.map(({ x }) => x)
  const ys = paths.hops.map(({ y }) => y)
  for (let i = 0; i < store.count; i += every) {
    xs.push(store.x[i]! / POSITIONS)
    ys.push(store.y[i]! / POSITIONS)
  }
  return boxAround(xs, ys)
}

const makeLegend = (content: PageContent, scales: ZoomScales, repaint: () => void) => {
  const { header } = content
  const panel = new LegendPanel(byId('legend'), header)
  const { colouring } = header
  if (header.records > 0 && colouring?.kind === 'scale') panel.showScale(colouring.title, colouring.ticks)
  if (header.records > 0 && colouring?.kind === 'groups') {
    panel.showGroups((visible) => {
      scales.show(visible)
      repaint()
    })
  }
  return (look: ZoomLook, view: MapView): void => {
    if (header.records === 0 || colouring !== undefined) return
    const ratio = Math.min(2, window.devicePixelRatio || 1)
    panel.showDensity(look, (Math.SQRT2 * look.spotPixels * kmPerPixelAt(view.y, view.size)) / ratio)
  }
}

/** A pointer that only passes by shows a card and a ring; a touch keeps them until the next one or Escape. */
const makeInspector = (map: MapCanvas, inspected: Inspected) => {
  const tip = new Tip(byId('tip'))
  let kept = false
  const hide = (): void => {
    kept = false
    tip.hide()
    map.mark(null)
  }
  const point = (px: number, py: number, touched: boolean): void => {
    if (kept && !touched) return
    const [x, y] = toWorld(map.view, px, py, map.viewport)
    const position = { latitude: latitudeOf(y), longitude: longitudeOf(x - Math.floor(x)) }
    const found = inspect(inspected, { x, y, size: map.view.size }, position)
    map.element.classList.toggle('over', found !== null)
    if (found === null) {
      hide()
      return
    }
    kept = touched
    map.mark([found.x, found.y, found.radius])
    const [tipX, tipY] = touched ? toWindow(map.view, found.x, found.y, map.viewport) : [px, py]
    tip.show(found, tipX, tipY, map.viewport)
  }
  return { point, hide, leave: () => (kept ? undefined : hide()) }
}

const setRankingBars = (): void => {
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-share]')) {
    row.style.setProperty('--share', `${Number(row.dataset['share']) * 100}%`)
  }
}

const start = async (): Promise<void> => {
  setRankingBars()
  const data = byId('data')
  const content = readContent(await unpack(data.textContent ?? ''))
  data.remove()
  const { header, columns } = content
  const store = readPoints(content)
  const scales = new ZoomScales(store, header.tone)
  const css = pointColours(content)
  const paths = readPaths(header.paths)
  let look: ZoomLook | null = null
  const mapContent: MapContent = {
    theme: header.theme,
    graticule: header.graticule,
    store,
    density: {
      theme: header.theme,
      colours: css === null || store.colour.length === 0 ? null : toLight(css),
      css: store.colour.length === 0 ? null : css,
      shown: () => scales.shown,
    },
    land: new OutlineSet(columns.land),
    borders: new OutlineSet(columns.borders),
    lakes: new OutlineSet(columns.lakes),
    paths,
  }
  const canvas = byId('map')
  if (!(canvas instanceof HTMLCanvasElement)) return
  const map: MapCanvas = new MapCanvas(canvas, mapContent, scales, {
    settled: (now, view) => {
      look = now
      showLegend(now, view)
    },
    sharp: (is) => {
      document.documentElement.dataset['picture'] = is ? 'sharp' : 'rough'
    },
    moved: () => inspector.hide(),
  })
  const showLegend = makeLegend(content, scales, () => map.repaint())
  const inspector = makeInspector(map, {
    header,
    store,
    paths,
    isShown: (i) => scales.isShown(i),
    isAlone: (i) => look?.alone?.[i] === 1,
  })
  const box = boxOfData(store, paths)
  const home = (): MapView => homeView(header.view, box, map.viewport)
  map.resize()
  map.show(home())
  window.addEventListener('resize', () => map.resize())
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') inspector.hide()
  })
  listen(map, new Glide(map), { home, point: inspector.point, leave: inspector.leave })
  document.documentElement.dataset['state'] = 'ready'
}

start().catch((error: unknown) => {
  const note = document.createElement('p')
  note.id = 'nothing'
  note.textContent = `This map cannot be shown: ${error instanceof Error ? error.message : String(error)}`
  document.body.append(note)
  document.documentElement.dataset['state'] = 'failed'
})
