import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type MapData, renderMap } from '../../src/render/map.ts'
import type { MapOptions } from '../../src/render/map-data.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData, toPoints } from '../render/fixture-data.ts'

const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim()
const HOSTILE = `</script><img src=x onerror="window.hit=1">`
const DESKTOP = { width: 1600, height: 900 }
const PHONE = { width: 400, height: 700 }

/** Two groups at one place in Berlin, and one address in Munich. */
const GERMANY = mapData({
  points: {
    ...toPoints([
      [52.52, 13.405, 1200],
      [52.52, 13.405, 34],
      [48.14, 11.58, 1],
    ]),
    colour: Uint8Array.of(0, 1, 1),
    details: {
      countryCode: ['DE', 'DE', 'DE'],
      country: ['Germany', 'Germany', 'Germany'],
      city: ['Berlin', 'Berlin', HOSTILE],
      asn: Uint32Array.of(64500, 64501, 64502),
      asOrganization: ['One', 'Two', HOSTILE],
      address: [null, null, '192.0.2.9'],
    },
  },
  colouring: {
    kind: 'groups',
    title: 'Port',
    groups: [
      { label: '443', count: 1200 },
      { label: HOSTILE, count: 35 },
    ],
  },
  rankings: [{ title: 'Cities', rows: [{ label: HOSTILE, count: 3 }] }],
})

describe.skipIf(CHROMIUM === '')('an HTML map in Chromium', () => {
  let folder = ''
  let browser: Browser
  let page: Page
  const wrong: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'interplot-page-'))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(async () => {
    await page.close()
    expect(wrong.splice(0)).toEqual([])
  })

  /** From the disk, as a person would; whatever it complains about or asks for is kept in `wrong`. */
  const open = async (data: MapData, options: Partial<MapOptions> = {}, viewport = DESKTOP): Promise<void> => {
    const path = join(folder, 'map.html')
    writeFileSync(path, await renderMap(data, { ...options, backend: 'html' }))
    page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => wrong.push(message.text()))
    page.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) wrong.push(request.url())
    })
    await page.goto(pathToFileURL(path).href)
    await sharp()
  }
  const sharp = (): Promise<unknown> => page.waitForSelector('html[data-state=ready][data-picture=sharp]')
  const tip = (): Promise<string[]> => page.locator('#tip:visible').locator('strong, span').allTextContents()
  const view = (latitude: number, longitude: number): Partial<MapOptions> => ({
    view: { center: { latitude, longitude }, zoom: 8 },
  })
  /** How many pixels of the map differ from the sea and land that an empty one shows there. */
  const painted = (): Promise<number> =>
    page.evaluate<number>(`{
      const map = document.getElementById('map')
      const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height)
      let bright = 0
      for (let i = 0; i < data.length; i += 4) if (data[i] > 150) bright += 1
      bright
    }`)

  it('shows points, more of them than an empty map', async () => {
    await open(mapData({ points: toPoints([]) }))
    const empty = await painted()
    expect(await page.locator('#nothing').textContent()).toBe('No address with a place')
    await page.close()
    await open(mapData({ points: clusteredPoints('e2e', 5000) }))
    expect(await painted()).toBeGreaterThan(empty + 500)
  })

  it('tells what lies under the pointer, and Escape ends it', async () => {
    await open(GERMANY, view(52.52, 13.405))
    await page.mouse.move(800, 450)
    expect(await tip()).toEqual([
      'Berlin, Germany',
      '1,234 addresses',
      'AS64500 One · 1,200',
      'AS64501 Two · 34',
      'Port: 443',
    ])
    await page.keyboard.press('Escape')
    expect(await tip()).toEqual([])
  })

  it('lets words of the data be nothing but words', async () => {
    await open(GERMANY, view(48.14, 11.58))
    await page.mouse.move(800, 450)
    expect(await tip()).toEqual([`${HOSTILE}, Germany`, '192.0.2.9', `AS64502 ${HOSTILE}`, `Port: ${HOSTILE}`])
    await page.locator('#rankings summary').click()
    expect(await page.locator('#rankings th').allTextContents()).toEqual([HOSTILE])
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.evaluate('window.hit')).toBeUndefined()
  })

  it('switches groups off and on', async () => {
    await open(GERMANY, view(52.52, 13.405))
    await page.locator('#legend button').first().click()
    await sharp()
    await page.mouse.move(800, 450)
    expect(await tip()).toContain('34 addresses')
    await page.locator('#legend button').first().click()
    await page.mouse.move(800, 451)
    expect(await tip()).toContain('1,234 addresses')
  })

  it('moves by keys, buttons, wheel and dragging, and comes home', async () => {
    await open(GERMANY, view(52.52, 13.405))
    const atMiddle = async (): Promise<boolean> => {
      await sharp()
      await page.keyboard.press('Escape')
      await page.locator('#map').press('Enter')
      return (await tip()).includes('1,234 addresses')
    }
    expect(await atMiddle()).toBe(true)
    for (const key of ['ArrowLeft', 'ArrowUp']) {
      await page.locator('#map').press(key)
      expect(await atMiddle()).toBe(false)
      await page.locator('#map').press('0')
      expect(await atMiddle()).toBe(true)
    }
    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, -300)
    expect(await atMiddle()).toBe(false)
    await page.locator('#home').click()
    expect(await atMiddle()).toBe(true)
    await page.mouse.move(400, 300)
    await page.mouse.down()
    await page.mouse.move(500, 320)
    await page.mouse.up()
    expect(await atMiddle()).toBe(false)
    await page.locator('#home').click()
    await page.locator('#zoom-in').click()
    await page.locator('#zoom-out').click()
    expect(await atMiddle()).toBe(true)
  })

  it('tells about hops of a trace', async () => {
    const path = { ...BERLIN_TO_SYDNEY, name: 'example.org' }
    const points = path.points.map((point) => ({ ...point, address: '192.0.2.1', rttUs: 12_345, city: 'Somewhere' }))
    await open(mapData({ points: toPoints([]), paths: [{ ...path, points }] }), view(35.68, 139.69))
    await page.mouse.move(800, 450)
    expect(await tip()).toEqual(['Somewhere', 'Hop 4', '192.0.2.1 · 12.3 ms', 'on the way to example.org'])
  })

  it('tells about countries where they are coloured', async () => {
    await open(GERMANY, { ...view(50, 10), layer: 'choropleth' })
    const coloured = await painted()
    await page.mouse.move(800, 450)
    expect(await tip()).toEqual(['Germany', '1,235 addresses'])
    await page.mouse.move(300, 450)
    expect(await tip()).not.toContain('Germany')
    expect(coloured).toBeGreaterThan(50_000)
  })

  it('shows one time after the other', async () => {
    const frames = { count: 3, startUs: 0, lengthUs: 60_000_000, cumulative: false }
    const points = { ...GERMANY.points, frame: Uint32Array.of(0, 2, 2) }
    await open({ ...GERMANY, points, frames }, view(52.52, 13.405))
    const now = async (): Promise<(string | null)[]> => {
      await sharp()
      return [await page.locator('#moment').textContent(), await page.locator('#figure').textContent()]
    }
    expect(await now()).toEqual(['1970-01-01 00:00 UTC', '1,200'])
    await page.locator('#time').press('ArrowRight')
    expect(await now()).toEqual(['1970-01-01 00:01 UTC', '0'])
    await page.mouse.move(800, 450)
    expect(await tip()).toEqual([])
    await page.locator('#map').press('Space')
    await page.waitForSelector('#play[aria-pressed=true]')
    await page.waitForSelector('#play[aria-pressed=false]')
    expect(await now()).toEqual(['1970-01-01 00:02 UTC', '35'])
    await page.mouse.move(800, 451)
    expect(await tip()).toContain('34 addresses')
  })

  it.each([
    ['berl', '1,234 addresses'],
    ['192.0.2', '192.0.2.9'],
    ['as64502', '192.0.2.9'],
  ])('finds what somebody looks for: %s', async (words, found) => {
    await open(GERMANY)
    await page.keyboard.press('/')
    await page.keyboard.type(`${words}nowhere`)
    expect(await page.locator('#found li').allTextContents()).toEqual(['nothing found'])
    await page.locator('#query').fill(words)
    await page.keyboard.press('Enter')
    await sharp()
    expect(await page.locator('#search').isVisible()).toBe(false)
    await page.locator('#map').press('Enter')
    expect(await tip()).toContain(found)
    expect(await page.locator('img').count()).toBe(0)
  })

  it.each(['markers', 'dots'])('sums up what lies in one place: %s', async (layer) => {
    await open(GERMANY, { ...view(52.52, 13.405), layer })
    await page.mouse.move(800, 450)
    expect(await tip()).toContain('1,234 addresses')
  })

  it.each([
    ['a desktop', DESKTOP],
    ['a phone', PHONE],
  ])('has room for all its words on %s', async (_, viewport) => {
    const frames = { count: 3, startUs: 0, lengthUs: 60_000_000, cumulative: true }
    await open({ ...GERMANY, frames, points: { ...GERMANY.points, frame: new Uint32Array(3) } }, {}, viewport)
    const boxes = await page.evaluate<{ id: string; left: number; top: number; right: number; bottom: number }[]>(`
      ['head', 'side', 'legend', 'controls', 'attributions', 'timeline'].map((id) => {
        const { left, top, right, bottom } = document.getElementById(id).getBoundingClientRect()
        return { id, left, top, right, bottom }
      })`)
    for (const [i, a] of boxes.entries()) {
      expect(a.left >= 0 && a.top >= 0 && a.right <= viewport.width && a.bottom <= viewport.height, a.id).toBe(true)
      for (const b of boxes.slice(i + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
        expect(apart, `${a.id} and ${b.id}`).toBe(true)
      }
    }
  })
})
