/** The script of an HTML map: reads the data of the page and puts everything together. */

import './viewer.css'
import { POSITIONS } from '../html/page-format.ts'
import { byId } from './element.ts'
import { Glide, listen } from './gestures.ts'
import type { Inspected } from './inspection.ts'
import { Inspector } from './inspector.ts'
import { MapCanvas } from './map-canvas.ts'
import type { MapContent } from './map-content.ts'
import { boxAround, fitted, homeView, type MapView, type WorldBox } from './map-view.ts'
import { makeLegend } from './page-legend.ts'
import { makePageMap } from './page-map.ts'
import { type PageContent, readContent } from './page-reader.ts'
import type { PathSet } from './path-set.ts'
import type { PointStore } from './point-store.ts'
import { SearchBox } from './search-box.ts'
import { SearchIndex } from './search-index.ts'
import { Timeline } from './timeline.ts'
import { amountsByFrame, type Visibility } from './visibility.ts'
import { type ZoomLook, ZoomScales } from './zoom-scale.ts'

const unpack = async (base64: string): Promise<Uint8Array> => {
  const text = atob(base64)
  const packed = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i += 1) packed[i] = text.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
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

const inspectedOf = (
  { header }: PageContent,
  { store, paths, countries, places }: MapContent,
  visibility: Visibility,
  look: () => ZoomLook | null,
): Inspected => ({
  ...{ header, store, paths, countries, places },
  isShown: (i) => visibility.test?.(i) ?? true,
  isAlone: (i) => look()?.alone?.[i] === 1,
})

const makeTimeline = (
  { header }: PageContent,
  { store }: MapContent,
  visibility: Visibility,
  show: (frame: number) => void,
): Timeline | null => {
  const slider = document.getElementById('time')
  const { frames } = header
  if (frames === undefined || !(slider instanceof HTMLInputElement)) return null
  const parts = { slider, play: byId('play'), moment: byId('moment'), figure: byId('figure') }
  return new Timeline(frames, amountsByFrame(store, frames), parts, visibility.frame, show)
}

/** Where the data say what could be looked for. */
const addSearch = ({ header }: PageContent, { store }: MapContent, map: MapCanvas, glide: Glide): void => {
  const query = document.getElementById('query')
  if (!(query instanceof HTMLInputElement)) return
  let index: SearchIndex | null = null
  const theIndex = (): SearchIndex => {
    index ??= new SearchIndex(store, header)
    return index
  }
  const parts = { box: byId('search'), query, list: byId('found'), button: byId('find'), map: map.element }
  new SearchBox(
    parts,
    (words) => theIndex().find(words),
    (entry) => {
      const box = theIndex().boxOf(entry)
      if (box !== null) glide.to(fitted(box, map.viewport))
    },
  )
}

const setRankingBars = (): void => {
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-share]')) {
    row.style.setProperty('--share', `${Number(row.dataset['share']) * 100}%`)
  }
}

const start = async (): Promise<void> => {
  setRankingBars()
  const data = byId('data')
  const page = readContent(await unpack(data.textContent ?? ''))
  data.remove()
  const { header } = page
  const { content, visibility, update } = makePageMap(page)
  const { store, paths } = content
  const scales = new ZoomScales(store, header.tone)
  let look: ZoomLook | null = null
  const canvas = byId('map')
  if (!(canvas instanceof HTMLCanvasElement)) return
  const map: MapCanvas = new MapCanvas(canvas, content, scales, {
    settled: (now, view) => {
      look = now
      showLegend(now, view)
    },
    sharp: (is) => {
      document.documentElement.dataset['picture'] = is ? 'sharp' : 'rough'
      if (is) timeline?.painted()
    },
    moved: () => inspector.hide(),
  })
  const showLegend = makeLegend(page, content, byId('legend'), (visible) => {
    visibility.showGroups(visible)
    scales.show(visibility.ofGroups)
    update()
    map.repaint()
  })
  const inspector = new Inspector(
    map,
    inspectedOf(page, content, visibility, () => look),
    byId('tip'),
  )
  const timeline = makeTimeline(page, content, visibility, (frame) => {
    visibility.showFrame(frame)
    update()
    inspector.hide()
    map.repaint(look)
  })
  const box = boxOfData(store, paths)
  const home = (): MapView => homeView(header.view, box, map.viewport)
  map.resize()
  map.show(home())
  window.addEventListener('resize', () => map.resize())
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') inspector.hide()
    // A button takes the space for itself, and so does a word.
    const own = event.target instanceof HTMLButtonElement || (event.target as Element | null)?.id === 'query'
    if (event.key === ' ' && timeline !== null && !own) {
      event.preventDefault()
      timeline.toggle()
    }
  })
  const glide = new Glide(map)
  listen(map, glide, {
    home,
    point: (x, y, touched) => inspector.point(x, y, touched),
    leave: () => inspector.leave(),
  })
  addSearch(page, content, map, glide)
  document.documentElement.dataset['state'] = 'ready'
}

start().catch((error: unknown) => {
  const note = document.createElement('p')
  note.id = 'nothing'
  note.textContent = `This map cannot be shown: ${error instanceof Error ? error.message : String(error)}`
  document.body.append(note)
  document.documentElement.dataset['state'] = 'failed'
})
