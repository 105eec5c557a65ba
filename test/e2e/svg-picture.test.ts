/**
 * The SVG in a browser beside the PNG of the same map: edges and letters are rounded differently, so means of
 * small squares are compared.
 */

import { existsSync } from 'node:fs'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MapOptions, renderMap } from '../../src/render/map.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData } from '../render/fixture-data.ts'

const CHROMIUM = '/usr/bin/chromium'
const SIZE = { width: 1200, height: 675 }
const BLOCK = 15
/** Root mean square of the differences over all channels, 0 … 255, and the largest of them. */
const MOST_RMS = 1.8
const MOST_DIFFERENCE = 25

/** Means of red, green and blue in squares. */
const blockMeans = async (png: Buffer): Promise<Float64Array> => {
  const image = await loadImage(png)
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, image.width, image.height)
  const across = image.width / BLOCK
  const means = new Float64Array(across * (image.height / BLOCK) * 3)
  for (let i = 0; i < data.length; i += 1) {
    if ((i & 3) === 3) continue
    const pixel = i >> 2
    const row = Math.floor(pixel / image.width / BLOCK)
    const column = Math.floor((pixel % image.width) / BLOCK)
    means[(row * across + column) * 3 + (i & 3)]! += data[i]! / BLOCK ** 2
  }
  return means
}

const differenceOf = (actual: Float64Array, wanted: Float64Array): { rms: number; largest: number } => {
  let squares = 0
  let largest = 0
  for (let i = 0; i < actual.length; i += 1) {
    const difference = Math.abs(actual[i]! - wanted[i]!)
    squares += difference ** 2
    largest = Math.max(largest, difference)
  }
  return { rms: Math.sqrt(squares / actual.length), largest }
}

const data = mapData({ points: clusteredPoints('svg-picture', 4000), paths: [BERLIN_TO_SYDNEY] })

const rows: [name: string, options: Partial<MapOptions>][] = [
  ['density on dark', {}],
  ['density on light', { style: 'light' }],
  ['markers and names', { layer: 'markers', labels: 15 }],
  ['pins', { layer: 'pins' }],
  ['dots on a globe', { layer: 'dots', projection: 'orthographic' }],
]

describe.skipIf(!existsSync(CHROMIUM))('SVG beside PNG', () => {
  let browser: Browser
  const screenshot = async (svg: Buffer): Promise<Buffer> => {
    // What the document asks of the network is counted: it must ask nothing.
    const page = await browser.newPage({ viewport: SIZE })
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.route('http://map.test/**', (route) => route.fulfill({ body: svg, contentType: 'image/svg+xml' }))
    await page.goto('http://map.test/map.svg')
    await page.evaluate('document.fonts.ready')
    const png = await page.screenshot()
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual(['http://map.test/map.svg'])
    await page.close()
    return png
  }
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
  })

  it.each(rows)('%s', async (_, options) => {
    const [svg, png] = [
      await renderMap(data, { ...options, ...SIZE, backend: 'svg' }),
      await renderMap(data, { ...options, ...SIZE, backend: 'png' }),
    ]
    const [actual, wanted] = [await blockMeans(await screenshot(svg)), await blockMeans(png)]
    expect(actual.length).toBe(wanted.length)
    expect(differenceOf(actual, wanted).rms).toBeLessThan(MOST_RMS)
    expect(differenceOf(actual, wanted).largest).toBeLessThan(MOST_DIFFERENCE)
  })

  it('a density that is missing is noticed', async () => {
    const svg = (await renderMap(data, { ...SIZE, backend: 'svg' })).toString('utf8').replace(/<image[^>]*>/, '')
    const png = await renderMap(data, { ...SIZE, backend: 'png' })
    const { rms, largest } = differenceOf(await blockMeans(await screenshot(Buffer.from(svg))), await blockMeans(png))
    expect(rms).toBeGreaterThan(MOST_RMS)
    expect(largest).toBeGreaterThan(MOST_DIFFERENCE)
  })
})
