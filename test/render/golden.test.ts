/**
 * The picture as it was approved by eye. Processors round antialiased edges differently, so small differences pass; set
 * UPDATE_GOLDEN=1 to approve a new picture, and look at it.
 */

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { layers } from '../../src/render/layers/index.ts'
import { type MapData, type MapOptions, renderMap } from '../../src/render/map.ts'
import { styles } from '../../src/render/styles/index.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData, toPoints } from './fixture-data.ts'

/** Root mean square of the differences over all channels, 0 … 255, and the share of channels that differ visibly. */
const MOST_RMS = 1.5
const MOST_VISIBLE = 0.004
const VISIBLE_STEPS = 24

const pixelsOf = async (png: Buffer | string): Promise<Uint8ClampedArray> => {
  const image = await loadImage(png)
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  return context.getImageData(0, 0, image.width, image.height).data
}

const SMALL = { width: 400, height: 225 }

const manyAddresses = ((): Uint32Array => {
  const random = randomStream('golden', 'addresses')
  return Uint32Array.from(
    { length: 20_000 },
    () => 2 ** 24 * (1 + random.nextBelow(30)) + random.nextBelow(2 ** 22),
  ).sort()
})()

const groupsOf = (count: number): MapData => {
  const points = clusteredPoints('groups', 1500)
  const colour = points.weight.map((_, i) => i % count)
  return mapData({
    points: { ...points, colour: Uint8Array.from(colour) },
    colouring: {
      kind: 'groups',
      title: 'Port',
      groups: Array.from({ length: count }, (_, i) => ({ label: String(i * 111), count: 1500 })),
    },
  })
}

const rows: [name: string, options: Partial<MapOptions>, data: ReturnType<typeof mapData>][] = [
  [
    'natural-earth-640',
    { width: 640, height: 360 },
    mapData({ points: clusteredPoints('golden', 8000), paths: [BERLIN_TO_SYDNEY] }),
  ],
  ['equirectangular-400', { width: 400, height: 200, projection: 'equirectangular' }, mapData()],
  ...styles.entries.map((style): (typeof rows)[number] => [`style-${style.name}`, { ...SMALL, style }, mapData()]),
  ...layers.entries.map((layer): (typeof rows)[number] => [
    `layer-${layer.name}`,
    { ...SMALL, layer: layer.name, style: 'light' },
    mapData({ points: clusteredPoints('layers', 300) }),
  ]),
  ...['orthographic', 'azimuthal-equidistant', 'mercator'].map((projection): (typeof rows)[number] => [
    `projection-${projection}`,
    { ...SMALL, projection },
    mapData({ paths: [BERLIN_TO_SYDNEY] }),
  ]),
  [
    'across-180',
    { ...SMALL, view: { box: { south: -50, west: 150, north: 20, east: -150 } }, style: 'light' },
    mapData({ paths: [BERLIN_TO_SYDNEY] }),
  ],
  ['groups', { ...SMALL, style: 'dark' }, groupsOf(6)],
  ['arcs-and-night', { ...SMALL, arcsTo: { latitude: 50, longitude: 8 }, nightAtUs: 1.7e15 }, mapData()],
  [
    'ranking',
    { width: 640, height: 360, style: 'light' },
    mapData({
      rankings: [{ title: 'Countries', rows: [1, 2, 3].map((i) => ({ label: `Country ${i}`, count: 90 / i })) }],
    }),
  ],
  ['address-space', { width: 640, height: 360, projection: 'hilbert' }, mapData({ addresses: manyAddresses })],
  ['empty-400', { width: 400, height: 225 }, mapData({ points: toPoints([]), counts: { located: 0, unlocated: 12 } })],
]

describe('approved pictures', () => {
  it.each(rows)('%s', async (name, options, data) => {
    const path = fileURLToPath(new URL(`fixtures/${name}.png`, import.meta.url))
    const png = await renderMap(data, options)
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(path, png)
    const [actual, approved] = await Promise.all([pixelsOf(png), pixelsOf(path)])
    expect(actual.length).toBe(approved.length)
    let squares = 0
    let visible = 0
    for (let i = 0; i < actual.length; i += 1) {
      const difference = Math.abs(actual[i]! - approved[i]!)
      squares += difference ** 2
      if (difference >= VISIBLE_STEPS) visible += 1
    }
    expect(Math.sqrt(squares / actual.length)).toBeLessThan(MOST_RMS)
    expect(visible / actual.length).toBeLessThan(MOST_VISIBLE)
  })
})
