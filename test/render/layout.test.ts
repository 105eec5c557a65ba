import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Basemap, loadBasemap } from '../../src/render/basemap.ts'
import { makeTextMeasure } from '../../src/render/font.ts'
import type { MapData } from '../../src/render/map.ts'
import { DEFAULT_MAP_OPTIONS } from '../../src/render/map-data.ts'
import { planMap } from '../../src/render/map-plan.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import type { ShapeLayer, TextLayer, TextMeasure } from '../../src/render/scene.ts'
import { styles } from '../../src/render/styles/index.ts'
import { composeMap, layGround } from '../../src/render/world-map.ts'
import { mapData, toPoints } from './fixture-data.ts'

interface TextBox {
  text: string
  left: number
  right: number
  top: number
  bottom: number
}

let basemap: Basemap
let measure: TextMeasure

beforeAll(async () => {
  basemap = await loadBasemap('110m')
  measure = makeTextMeasure()
})

const boxOf = (layer: TextLayer): TextBox => {
  const width = measure(layer.text, layer)
  const left = layer.align === 'left' ? layer.x : layer.align === 'right' ? layer.x - width : layer.x - width / 2
  return {
    text: layer.text,
    left,
    right: left + width,
    top: layer.y - layer.size * 0.74,
    bottom: layer.y + layer.size * 0.2,
  }
}

const overlap = (a: TextBox, b: TextBox): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** The basemap's first layer is the sphere. */
const sphereTouches = (sphere: ShapeLayer, box: TextBox): boolean => {
  const { coordinates } = sphere.outline
  for (let i = 0; i < coordinates.length; i += 2) {
    const [x, y] = [coordinates[i]!, coordinates[i + 1]!]
    if (x > box.left && x < box.right && y > box.top && y < box.bottom) return true
  }
  return false
}

const compose = (style: string, projection: string, data: MapData, width: number, height: number) =>
  composeMap(
    layGround(
      planMap({
        data,
        options: { ...DEFAULT_MAP_OPTIONS, width, height, style },
        theme: styles.get(style).theme,
        projection: earthProjections.get(projection),
        measure,
        wordless: false,
      }),
      basemap,
    ),
    data.points,
  ).scene

const text = fc.string({ maxLength: 120 })

describe.each(styles.entries)('the words of style $name', ({ name }) => {
  // Where words go depends on the projection, and on the style's layer alone.
  it.each(name === 'dark' ? earthProjections.entries : [earthProjections.get('natural-earth')])(
    'stay in the frame and off each other and the map: $name',
    (projection) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 64, max: 2400 }),
          fc.integer({ min: 64, max: 1400 }),
          fc.record({ title: text, subtitle: text, attributions: fc.array(text, { maxLength: 4 }) }),
          fc.nat({ max: 4e9 }),
          (width, height, words, located) => {
            const data = mapData({
              points: toPoints([
                [1, 1, 1],
                [2, 2, 3],
              ]),
              counts: { located, unlocated: 123456 },
              ...words,
            })
            const { layers } = compose(name, projection.name, data, width, height)
            const texts = layers.filter((layer) => layer.kind === 'text')
            for (const { left, right, top, bottom } of texts.map(boxOf)) {
              expect(Math.min(left, top), 'words in the frame').toBeGreaterThanOrEqual(0)
              expect(right, 'words in the frame').toBeLessThanOrEqual(width + 0.5)
              expect(bottom, 'words in the frame').toBeLessThanOrEqual(height)
            }
            const boxes = texts.filter(({ role }) => role !== 'labels').map(boxOf)
            const sphere = layers.find((layer) => layer.kind === 'shape')
            for (const [i, box] of boxes.entries()) {
              const place = `"${box.text}" in ${width} × ${height}`
              expect(box.left, place).toBeGreaterThanOrEqual(0)
              expect(box.right, place).toBeLessThanOrEqual(width + 0.5)
              expect(box.top, place).toBeGreaterThanOrEqual(0)
              expect(box.bottom, place).toBeLessThanOrEqual(height)
              for (const other of boxes.slice(i + 1))
                expect(overlap(box, other), `${place} and "${other.text}"`).toBe(false)
              if (sphere !== undefined) expect(sphereTouches(sphere, box), place).toBe(false)
            }
          },
        ),
        { numRuns: name === 'dark' ? 25 : 15 },
      )
    },
  )

  it('tell the counts, and say when there is nothing', () => {
    const texts = (data: MapData) =>
      compose(name, 'natural-earth', data, 1600, 900).layers.flatMap((layer) =>
        layer.kind === 'text' ? [layer.text] : [],
      )
    const shown = texts(mapData({ counts: { located: 1234567, unlocated: 89 } }))
    expect(shown).toContain('1,234,567')
    expect(shown).toContain('addresses located · 89 without a place')
    expect(shown.join(' ')).toContain('IP Geolocation by DB-IP')
    const odd = texts(mapData({ counts: { located: 7, unlocated: 89, private: 12, anycast: 3 } }))
    expect(odd).toContain('addresses located · 74 without a place')
    expect(odd).toContain('12 private · 3 anycast')
    expect(texts(mapData({ points: toPoints([]) }))).toContain('No address with a place')
    expect(
      texts(
        mapData({
          points: toPoints([
            [1, 1, 1],
            [99, 0, 1],
          ]),
        }),
      ),
    ).toContain('1 left out: not on Earth')
  })
})
