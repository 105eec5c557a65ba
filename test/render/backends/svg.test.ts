/** What is in the file, told from small scenes; whether it looks like the PNG is for test/e2e/svg-picture.test.ts. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderMap } from '../../../src/render/map.ts'
import { projections } from '../../../src/render/projection/index.ts'
import { type Layer, type Outline, rectangle, type Scene } from '../../../src/render/scene.ts'
import { svgDocument } from '../../../src/render/svg/document.ts'
import { numberText, pathData } from '../../../src/render/svg/path-data.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData } from '../fixture-data.ts'
import { pathPoints, readMarkup } from './markup.ts'

const sceneOf = (...layers: Layer[]): Scene => ({
  title: 'A title',
  description: 'What it shows',
  width: 300,
  height: 200,
  background: '#102030',
  layers,
})

const withoutFonts = (text: string): string => text.replaceAll(/base64,[A-Za-z0-9+/=]{200,}/g, 'base64,…')

const line = (...coordinates: number[]): Outline => ({
  coordinates: Float32Array.from(coordinates),
  starts: Uint32Array.of(0),
  closed: false,
})

const EVERY_KIND: Layer[] = [
  {
    kind: 'shape',
    role: 'sea',
    outline: rectangle(10, 10, 280, 180),
    fill: { x: 150, y: 100, radius: 150, colours: ['#0a1322', '#18263c'] },
  },
  { kind: 'shape', role: 'graticule', outline: line(10, 50, 290, 50), stroke: { colour: '#7ea4dc1a', width: 0.5 } },
  {
    kind: 'shape',
    role: 'land',
    outline: rectangle(50.25, 60.5, 100.125, 80),
    fill: '#18263c',
    stroke: { colour: '#2e4363', width: 0.9, dash: [4, 2.5] },
  },
  {
    kind: 'shape',
    role: 'paths',
    outline: line(20, 20, 120.333, 90.666),
    stroke: { colour: 'rgba(89, 230, 211, 0.85)', width: 2 },
    blend: 'screen',
  },
  { kind: 'dots', role: 'points', centres: Float32Array.of(5, 6, 7.5, 8.25), radius: 1.5, fill: '#ff0000' },
  {
    kind: 'dots',
    role: 'points',
    centres: Float32Array.of(50, 60),
    radius: 3,
    fill: '#00ff00',
    stroke: { colour: '#fff', width: 1 },
  },
  {
    kind: 'dots',
    role: 'points',
    centres: Float32Array.of(70, 60, 75, 65),
    radius: 3,
    radii: Float32Array.of(4, 8),
    fill: '#ffa50080',
  },
  {
    kind: 'symbols',
    role: 'points',
    parts: [{ outline: rectangle(-2, -4, 4, 4), fill: '#e33' }],
    positions: Float32Array.of(100, 100, 110.5, 90),
  },
  {
    kind: 'shape',
    role: 'legend',
    outline: rectangle(10, 180, 60, 6),
    fill: { x0: 10, x1: 70, colours: ['#000000', '#ffffff'] },
  },
]

/** Maps of a part of the Earth are cut that far outside, so that the edges of the cut are not seen. */
const CUT_OUTSIDE = 24

const ROLES = ['sea', 'land', 'borders', 'points', 'paths'] as const
const number = fc.oneof(fc.float({ min: 0, max: 300 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e30, -1e-7))
const floats = fc.array(number, { minLength: 2, maxLength: 40 }).map((values) => Float32Array.from(values))
const pairs = floats.map((values) => values.subarray(0, values.length & ~1))
const outline: fc.Arbitrary<Outline> = fc
  .tuple(pairs, fc.boolean())
  .map(([coordinates, closed]) => ({ coordinates, starts: Uint32Array.of(0), closed }))
const role = fc.constantFrom(...ROLES)
const stroke = fc.record({ colour: fc.constantFrom('#fff', '#10203040'), width: number })
const anyLayer: fc.Arbitrary<Layer> = fc.oneof(
  fc.record({ kind: fc.constant('shape' as const), role, outline, stroke }),
  fc.record({ kind: fc.constant('shape' as const), role, outline, fill: fc.constant('rgba(1, 2, 3, 0.123456)') }),
  fc.record({ kind: fc.constant('dots' as const), role, centres: pairs, radius: number, fill: fc.constant('#f00') }),
  fc.record({ kind: fc.constant('dots' as const), role, centres: pairs, radius: number, radii: pairs, stroke }),
  fc.record({
    kind: fc.constant('symbols' as const),
    role,
    parts: fc.array(fc.record({ outline, stroke }), { maxLength: 2 }),
    positions: pairs,
  }),
  fc.record({
    kind: fc.constant('text' as const),
    role,
    text: fc.string({ unit: 'binary' }),
    x: number,
    y: number,
    size: number,
    weight: fc.constantFrom(400, 600),
    align: fc.constantFrom('left' as const, 'right' as const, 'center' as const),
    colour: fc.constant('#fff'),
    halo: fc.constant('#000'),
  }),
)

const withoutStops = (points: readonly [number, number][]): string[] =>
  points.map(([x, y]) => `${x + 0} ${y + 0}`).filter((point, i, all) => point !== all[i - 1])

describe('svg', () => {
  it('writes every kind of layer', async () => {
    expect(await svgDocument(sceneOf(...EVERY_KIND), undefined)).toMatchSnapshot()
  })

  it('has one named group for each role, in the order of the scene', async () => {
    const found = readMarkup(await svgDocument(sceneOf(...EVERY_KIND), undefined))
    const ids = found.filter(({ name }) => name === 'g').flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(ids).toEqual(['sea', 'graticule', 'land', 'paths', 'points', 'legend'])
  })

  it('embeds a weight of the typeface only where words use it', async () => {
    const text = (weight: number): Layer => ({
      kind: 'text',
      role: 'words',
      text: 'a  b',
      x: 10,
      y: 20,
      size: 12,
      weight,
      align: 'right',
      colour: '#fff',
      halo: '#000',
    })
    const one = await svgDocument(sceneOf(text(600)), undefined)
    expect(withoutFonts(one)).toMatchSnapshot()
    expect(one).not.toContain('font-weight:400')
    expect(await svgDocument(sceneOf(text(400), text(600)), undefined)).toContain('font-weight:400')
  })

  it('has its size in inches where dots per inch are asked for', async () => {
    expect(await svgDocument(sceneOf(), 150)).toContain('width="2in" height="1.33in" viewBox="0 0 300 200"')
    expect(await svgDocument(sceneOf(), undefined)).toContain('width="300" height="200" viewBox="0 0 300 200"')
  })

  it.each([
    [0, '0'],
    [-0.001, '0'],
    [1.5, '1.5'],
    [-0.05, '-.05'],
    [12.345, '12.35'],
    [1e-9, '0'],
    [1e30, '100000'],
    [Number.NaN, '0'],
  ])('%d is written as %s', (value, text) => {
    expect(numberText(value)).toBe(text)
  })

  it('escapes words of strangers, and leaves out what XML cannot say', async () => {
    const title = '</title><script>alert("1")</script>&\u0000\u001b\ud800\uffff'
    const text = await svgDocument({ ...sceneOf(), title }, undefined)
    readMarkup(text)
    expect(text).toContain('&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;</title>')
  })

  it('goes where the outline goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -50, max: 350, noNaN: true }), { minLength: 4, maxLength: 60 }),
        (values) => {
          const coordinates = Float32Array.from(values.slice(0, values.length & ~1))
          const found = pathPoints(pathData({ coordinates, starts: Uint32Array.of(0), closed: false }))
          expect(found).toHaveLength(1)
          const written = Array.from({ length: coordinates.length / 2 }, (_, i): [number, number] => [
            Math.round(coordinates[i * 2]! * 100),
            Math.round(coordinates[i * 2 + 1]! * 100),
          ])
          const reached = found[0]!.map(([x, y]): [number, number] => [Math.round(x * 100), Math.round(y * 100)])
          expect(withoutStops(reached)).toEqual(withoutStops(written))
        },
      ),
    )
  })

  it('is well-formed and without what is no number, whatever the scene', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyLayer, { maxLength: 6 }), async (layers) => {
        const text = await svgDocument(sceneOf(...layers), undefined)
        for (const { name, attributes } of readMarkup(text)) {
          for (const [key, value] of attributes) {
            if (key === 'd') pathPoints(value)
            if (/^(?:x|y|r|cx|cy|width|height|stroke-width|font-size)$/.test(key) && name !== 'svg') {
              expect(value).toMatch(/^-?(?:\d+(?:\.\d{1,2})?|\.\d{1,2})$/)
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('many symbols and dots stay small, and none is lost', async () => {
    const count = 100_000
    const positions = Float32Array.from({ length: count * 2 }, (_, i) => ((i * 7919) % 29989) / 100 + (i % 2))
    const symbols = await svgDocument(
      sceneOf({
        kind: 'symbols',
        role: 'points',
        parts: [{ outline: rectangle(-2, -4, 4, 4), fill: '#e33' }],
        positions,
      }),
      undefined,
    )
    const dots = await svgDocument(
      sceneOf({ kind: 'dots', role: 'points', centres: positions, radius: 1, fill: '#e3333380' }),
      undefined,
    )
    expect(symbols.length).toBeLessThan(1.2e6)
    expect(dots.length).toBeLessThan(1.5e6)
    const data = readMarkup(dots)
      .find(({ name }) => name === 'path')!
      .attributes.get('d')!
    expect(pathPoints(data)).toHaveLength(count)
  })

  it.each(
    projections.entries.flatMap(
      ({ name }) =>
        [
          [name, {}],
          [name, { zoom: 3, center: { latitude: 50, longitude: 10 } }],
        ] as const,
    ),
  )('%s, %o: nothing is outside of the frame by more than a line', async (projection, view) => {
    const data = mapData({ points: clusteredPoints('frame', 500), paths: [BERLIN_TO_SYDNEY] })
    const options = { width: 480, height: 270, projection, view, backend: 'svg', layer: 'dots' }
    const text = (await renderMap(data, options)).toString('utf8')
    let reached = 0
    for (const { name, attributes } of readMarkup(text)) {
      if (name !== 'path') continue
      const margin = Number(attributes.get('stroke-width') ?? 0) + CUT_OUTSIDE
      for (const [x, y] of pathPoints(attributes.get('d')!).flat()) {
        reached += 1
        expect(Math.min(x + margin, 480 + margin - x, y + margin, 270 + margin - y)).toBeGreaterThanOrEqual(0)
      }
    }
    expect(reached).toBeGreaterThan(500)
  })

  it('a map of 100,000 points is at most 3 MB, and the same twice', async () => {
    const data = mapData({ points: clusteredPoints('svg', 100_000), paths: [BERLIN_TO_SYDNEY] })
    const [first, second] = [await renderMap(data, { backend: 'svg' }), await renderMap(data, { backend: 'svg' })]
    expect(first.length).toBeLessThan(3e6)
    expect(first.equals(second)).toBe(true)
    const found = readMarkup(first.toString('utf8'))
    expect(found.filter(({ name }) => name === 'image')).toHaveLength(1)
    expect(found.find(({ name }) => name === 'svg')!.attributes.get('role')).toBe('img')
  })
})
