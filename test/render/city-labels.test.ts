import { beforeAll, describe, expect, it } from 'vitest'
import { type Basemap, loadBasemap } from '../../src/render/basemap.ts'
import { makeTextMeasure } from '../../src/render/font.ts'
import { overlaps, textBoxes } from '../../src/render/label-placement.ts'
import { DEFAULT_MAP_OPTIONS, type MapData, type MapOptions } from '../../src/render/map-data.ts'
import { planMap } from '../../src/render/map-plan.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import type { Scene, TextLayer } from '../../src/render/scene.ts'
import { styles } from '../../src/render/styles/index.ts'
import { lacksLetters } from '../../src/render/typeface-coverage.ts'
import { composeMap, layGround } from '../../src/render/world-map.ts'
import { mapData, toPoints } from './fixture-data.ts'

const measure = makeTextMeasure()
let basemap: Basemap

beforeAll(async () => {
  basemap = await loadBasemap('110m')
})

const compose = (data: MapData, change: Partial<MapOptions>, painted = true): Scene => {
  const options = { ...DEFAULT_MAP_OPTIONS, width: 900, height: 600, labels: 20, ...change }
  const [theme, projection] = [styles.get('dark').theme, earthProjections.get('natural-earth')]
  const plan = planMap({ data, options, theme, projection, measure, wordless: false, painted })
  return composeMap(layGround(plan, basemap), data.points).scene
}

const wordsOf = ({ layers }: Scene): TextLayer[] => layers.filter((layer) => layer.kind === 'text')

/** Far from each other, wherever they are. */
const CITIES = [
  ['Berlin', 52.5, 13.4, 5000],
  ['東京', 35.7, 139.7, 4000],
  ['New York', 40.7, -74, 9000],
  ['القاهرة', 30, 31.2, 3000],
  ['Lima', -12, -77, 2500],
  ['Αθήνα', -33.9, 151.2, 2000],
  ['Москва', 62, 100, 1500],
] as const

const towns = (): MapData => {
  const details = {
    city: CITIES.map(([name]) => name),
    countryCode: CITIES.map(() => null),
    country: CITIES.map(() => null),
    asn: new Uint32Array(CITIES.length),
    asOrganization: CITIES.map(() => null),
  }
  return mapData({ points: { ...toPoints(CITIES.map(([, ...place]) => place)), details } })
}

describe('names of places', () => {
  it.each(['markers', 'pins'])('keep off the %s and the numbers in them', (layer) => {
    const scene = compose(towns(), { layer })
    const words = wordsOf(scene).filter(({ role }) => role === 'labels')
    const [names, counts] = [false, true].map((numeric) => words.filter(({ text }) => /^\d/.test(text) === numeric))
    expect([names!.length, counts!.length].every((length) => length >= 3)).toBe(true)
    const boxes = textBoxes(counts!, measure)
    const circles = scene.layers.flatMap((mark) =>
      mark.kind === 'dots' && mark.role === 'points'
        ? Array.from(mark.radii ?? [], (radius, i) => ({
            x: mark.centres[2 * i]!,
            y: mark.centres[2 * i + 1]!,
            radius,
          }))
        : [],
    )
    for (const box of textBoxes(names!, measure)) {
      expect(boxes.some((each) => overlaps(each, box))).toBe(false)
      const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      const own = circles.toSorted(
        (one, other) =>
          Math.hypot(one.x - middle.x, one.y - middle.y) - Math.hypot(other.x - middle.x, other.y - middle.y),
      )[0]
      if (own === undefined) continue
      const nearest = Math.hypot(
        Math.max(box.x - own.x, 0, own.x - box.x - box.width),
        Math.max(box.y - own.y, 0, own.y - box.y - box.height),
      )
      expect(nearest).toBeGreaterThanOrEqual(own.radius)
    }
  })

  it('are left out of paintings where the typeface has no letters for them, and stay elsewhere', () => {
    const shown = (painted: boolean) =>
      wordsOf(compose(towns(), { layer: 'dots' }, painted))
        .map(({ text }) => text)
        .filter((text) => CITIES.some(([name]) => name === text))
    expect(shown(true).sort()).toEqual(['Berlin', 'New York', 'Lima', 'Αθήνα', 'Москва'].sort())
    expect(shown(false)).toHaveLength(CITIES.length)
  })

  it.each([
    ['Zürich, 7 µm → ©™ №', false],
    ['Łódź Ἀθῆναι Київ', false],
    ['東京', true],
    ['서울', true],
    ['تهران', true],
    ['party 🎉', true],
  ])('%j: letters that the typeface lacks: %s', (text, lacking) => {
    expect(lacksLetters(text)).toBe(lacking)
  })
})

describe('what a map says of its points', () => {
  it.each(['density', 'markers', 'pins', 'dots'])('a scale of colours is explained on %s', (layer) => {
    const data = towns()
    data.points = { ...data.points, colour: Uint8Array.from(CITIES, (_, i) => i * 30) }
    data.colouring = { kind: 'scale', title: 'Round trip time', ticks: [{ at: 0.5, label: '20 ms' }] }
    const texts = wordsOf(compose(data, { layer, labels: 0 })).map(({ text }) => text)
    expect(texts).toEqual(expect.arrayContaining(['Round trip time', '20 ms']))
  })

  it.each(['markers', 'pins'])('a number on %s is darker or lighter than its colour', (layer) => {
    const data = towns()
    data.points = { ...data.points, colour: Uint8Array.from(CITIES, (_, i) => (i % 2) * 255) }
    data.colouring = { kind: 'scale', title: 'Round trip time', ticks: [] }
    const counts = wordsOf(compose(data, { layer, labels: 0 })).filter(({ role }) => role === 'labels')
    expect(new Set(counts.map(({ colour }) => colour)).size).toBe(2)
  })

  it('a part of the world without points does not say that nothing has a place', () => {
    const box = { south: -40, west: -30, north: -30, east: -20 }
    const texts = wordsOf(compose(towns(), { view: { box } })).map(({ text }) => text)
    expect(texts).toContain('No address on this map')
    expect(texts).toContain('27,000 outside this map')
  })
})
