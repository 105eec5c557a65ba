import { spawnSync } from 'node:child_process'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { type LiveMap, openLiveMap } from '../../src/services/live-map/live-map.ts'
import type { LiveConnection, LiveHome } from '../../src/services/live-map/protocol.ts'
import { aConnection, BAN_TOTALS, placeAt, totalsOf } from '../services/live-map/live-fixtures.ts'

const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim()
const HOSTILE = `<img src=x onerror="window.hit=1">`
const WIDE = { width: 1600, height: 1000 }
const SIZES = [WIDE, { width: 1024, height: 768 }, { width: 390, height: 844 }]
const HOME: LiveHome = { latitude: 52.52, longitude: 13.4, label: 'Berlin, Germany' }
const WAIT = { timeout: 15_000 }
const NEW_YORK = placeAt(40.7, -74, 'New York')

describe.skipIf(CHROMIUM === '')('the live map in Chromium', () => {
  let browser: Browser
  let page: Page
  let map: LiveMap
  const wrong: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    await page.close()
    await map.close()
    expect(wrong.splice(0)).toEqual([])
  })

  const serve = async (port = 0, home: LiveHome | null = HOME): Promise<void> => {
    const parts = { title: 'Test gateway', sources: ['eth0'], attributions: ['Places by Example'] }
    map = await openLiveMap({ ...parts, home, port, clock: systemClock })
  }
  /** Whatever it complains about, or asks of anybody else, is kept in `wrong`. */
  const open = async (viewport = WIDE, reducedMotion: 'reduce' | 'no-preference' = 'reduce'): Promise<void> => {
    page = await browser.newPage({ viewport, reducedMotion })
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => {
      // What the browser says of a server that is gone.
      if (!message.text().includes('net::ERR_')) wrong.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(map.url) && !request.url().startsWith('data:')) wrong.push(request.url())
    })
    await page.goto(map.url)
    await page.waitForSelector('html[data-state=ready][data-picture=sharp]')
  }
  const feed = (connections: LiveConnection[], ended: number[] = [], flows = connections.length): void =>
    map.connections(connections, ended, totalsOf({ flows, bitsPerSecond: 12_000_000, packetsPerSecond: 1500 }))
  const names = (): Promise<string[]> => page.locator('#list .name').allTextContents()
  // Functions in words would be against the page's own policy: it is asked again and again from here.
  const says = (id: string, words: string): Promise<void> =>
    expect.poll(() => page.locator(`#${id}`).textContent(), WAIT).toContain(words)
  const lines = (count: number): Promise<void> =>
    expect.poll(() => page.locator('#list > li').count(), WAIT).toBe(count)
  /** Pixels of what lies above the ground. */
  const painted = (layer = 'still'): Promise<number> =>
    page.evaluate<number>(`{
      const layer = document.getElementById('${layer}')
      const copy = document.createElement('canvas')
      copy.width = layer.width
      copy.height = layer.height
      const context = copy.getContext('2d', { willReadFrequently: true })
      context.drawImage(layer, 0, 0)
      const { data } = context.getImageData(0, 0, copy.width, copy.height)
      let some = 0
      for (let i = 3; i < data.length; i += 4) if (data[i] > 20) some += 1
      some
    }`)

  it('shows what is there, what comes and what ends', async () => {
    await serve()
    feed([aConnection(1, { place: NEW_YORK, name: 'www.example.org', process: 'firefox' }), aConnection(2)])
    await open()
    expect(await page.locator('#title').textContent()).toBe('Test gateway')
    expect(await page.locator('#state').textContent()).toContain('eth0')
    expect((await names()).sort()).toEqual(['203.0.113.9', 'www.example.org'])
    expect(await page.locator('#counts').textContent()).toBe('2 connections · 1 on the map · 1 without a place')
    expect(await page.locator('#bits').textContent()).toBe('12.0 Mbit/s')
    const arc = await painted()
    expect(arc).toBeGreaterThan(800)
    feed([aConnection(3, { place: placeAt(-33.9, 151.2, 'Sydney'), remote: '198.51.100.3' })], [], 3)
    await lines(3)
    await expect.poll(() => painted(), WAIT).toBeGreaterThan(arc + 500)
    feed([], [1, 3], 12_345)
    await lines(1)
    await says('counts', 'and 12,344 more, not listed')
    expect(await page.locator('#losses').isVisible()).toBe(false)
    map.connections([], [], totalsOf({ dropped: 3, evicted: 120 }))
    await says('losses', '3 packets dropped by the kernel · 120 connections forgotten for want of room')
  })

  it('draws no arc and no home where there is none', async () => {
    await serve(0, null)
    feed([aConnection(1, { place: NEW_YORK })])
    await open()
    const alone = await painted()
    expect(alone).toBeGreaterThan(10)
    map.setHome(HOME)
    await expect.poll(() => painted(), WAIT).toBeGreaterThan(alone + 500)
  })

  it('moves lights where bytes flow, until it is paused or somebody wants no motion', async () => {
    await serve()
    const flowing = setInterval(() => feed([aConnection(1, { place: NEW_YORK, bytesIn: Date.now() })]), 300)
    try {
      feed([aConnection(1, { place: NEW_YORK, bytesIn: 0 })])
      await open(WIDE, 'no-preference')
      await expect.poll(() => painted('moving'), WAIT).toBeGreaterThan(15)
      await page.emulateMedia({ reducedMotion: 'reduce' })
      await expect.poll(() => painted('moving'), WAIT).toBe(0)
    } finally {
      clearInterval(flowing)
    }
  })

  it('lets words of strangers be nothing but words', async () => {
    await serve()
    const place = { ...placeAt(40.7, -74, HOSTILE), organization: HOSTILE, country: HOSTILE }
    feed([aConnection(1, { name: HOSTILE, process: HOSTILE, service: HOSTILE, place })])
    const ban = { act: 'ban', address: '198.51.100.1', jail: HOSTILE, host: HOSTILE, timeUs: 1, place } as const
    map.bans([ban], BAN_TOTALS)
    await open()
    expect(await names()).toEqual([HOSTILE])
    await page.locator('.line').click()
    expect(await page.locator('.details').textContent()).toContain(HOSTILE)
    await page.locator('#by-service').click()
    expect(await page.locator('#legend .label').allTextContents()).toContain(HOSTILE)
    const box = await page.locator('#map').boundingBox()
    await page.locator('#map').press('+')
    expect(box?.width).toBeGreaterThan(1000)
    await page.locator('#tab-bans').click()
    expect(await page.locator('#ban-list .about').textContent()).toContain(HOSTILE)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.evaluate('window.hit')).toBeUndefined()
  })

  it('tells what is under the pointer, and lists it alone on a click', async () => {
    await serve(0, { ...HOME, latitude: 0, longitude: 0, label: 'Nowhere' })
    const here = [1, 2].map((id) => aConnection(id, { place: NEW_YORK, name: `host${id}.example` }))
    feed([...here, aConnection(3, { place: placeAt(35.7, 139.7, 'Tokyo') })])
    await open()
    // As homeView has it: the whole world as wide as the map, its middle between 72° north and 56° south.
    const box = (await page.locator('#map').boundingBox())!
    const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + (40.7 * Math.PI) / 360)) / (2 * Math.PI)
    const [px, py] = [box.width * (106 / 360), box.height / 2 + (y - 0.45) * box.width]
    await page.mouse.move(px, py)
    expect(await page.locator('#tip strong').textContent()).toBe('New York, Germany')
    expect(await page.locator('#tip span').first().textContent()).toBe('2 connections')
    await page.mouse.click(px, py)
    await lines(2)
    expect(await page.locator('#chip-name').textContent()).toBe('Only New York, Germany')
    await page.locator('#chip-end').click()
    await lines(3)
  })

  it('finds by name, address, country, network and process', async () => {
    await serve()
    feed([
      aConnection(1, { name: 'mail.example.net', process: 'thunderbird', place: NEW_YORK }),
      aConnection(2, { remote: '2001:db8::7' }),
    ])
    await open()
    await page.keyboard.press('/')
    for (const [words, count] of [
      ['mail', 1],
      ['2001:db8', 1],
      ['germany', 1],
      ['as64500', 1],
      ['thunder new york', 1],
      ['nothing like it', 0],
      ['', 2],
    ] as const) {
      await page.locator('#query').fill(words)
      await lines(count)
    }
  })

  it('freezes when it is paused, says how much waits, and goes on with all of it', async () => {
    await serve()
    feed([aConnection(1)])
    await open()
    await page.keyboard.press('Space')
    await says('state', 'paused, nothing waiting')
    feed([aConnection(2), aConnection(3)])
    await says('state', 'paused, 2 changes waiting')
    expect(await names()).toHaveLength(1)
    await page.locator('#pause').click()
    await lines(3)
    expect(await page.locator('#state').textContent()).toContain('eth0')
  })

  it('says that the program is gone, and comes back to another run of it', async () => {
    await serve()
    feed([aConnection(1, { name: 'first.example' })])
    await open()
    const port = Number(new URL(map.url).port)
    await map.close()
    await says('state', 'connection to the program lost')
    expect(await names()).toEqual(['first.example'])
    await serve(port)
    feed([aConnection(1, { name: 'second.example' })])
    await expect.poll(names, WAIT).toEqual(['second.example'])
    expect(await page.locator('#state').textContent()).toContain('eth0')
  })

  it('lists bans as they come', async () => {
    await serve()
    await open()
    expect(await page.locator('#tabs').isVisible()).toBe(false)
    const events = ['198.51.100.1', '2001:db8::/64'].map(
      (address) => ({ act: 'ban', address, jail: 'sshd', host: 'web1', timeUs: 1, place: NEW_YORK }) as const,
    )
    map.bans(events, { ...BAN_TOTALS, bans: 2 })
    await page.waitForSelector('#ban-list li')
    expect(await page.locator('#ban-list .name').allTextContents()).toEqual(['2001:db8::/64', '198.51.100.1'])
    expect(await page.locator('#ban-list .about').first().textContent()).toContain('banned by sshd · web1 · New York')
    expect(await page.locator('#counts').textContent()).toBe('2 bans')
    const long = { ...events[0]!, address: '2001:db8:1234:5678:9abc:def0:1234:5678' }
    map.bans([long], { ...BAN_TOTALS, bans: 3 })
    await expect.poll(() => page.locator('#ban-list li').count(), WAIT).toBe(3)
    const cut = "{ const name = document.querySelector('#ban-list .name'); name.scrollWidth > name.clientWidth }"
    expect(await page.evaluate<boolean>(cut)).toBe(false)
    expect(await painted()).toBeGreaterThan(20)
  })

  it.each(SIZES)('has room for everything at $width × $height', async (viewport) => {
    await serve()
    const many = Array.from({ length: 300 }, (_, i) =>
      aConnection(i + 1, { name: `${'long-name.'.repeat(i % 20)}example`, place: placeAt(i / 5, i - 150, 'City') }),
    )
    feed(many, [], 5000)
    map.bans(
      [{ act: 'ban', address: '198.51.100.1', jail: 'sshd', host: null, timeUs: 1, place: NEW_YORK }],
      BAN_TOTALS,
    )
    await open(viewport)
    const boxes = await page.evaluate<{ id: string; left: number; top: number; right: number; bottom: number }[]>(`
      ['legend', 'controls', 'attributions', 'panel'].map((id) => {
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
    const wide = await page.evaluate(`document.scrollingElement.scrollWidth > innerWidth`)
    expect(wide).toBe(false)
    expect(await page.locator('#list > li').count()).toBe(200)
    await page.keyboard.press('l')
    expect(await page.locator('#rest').isVisible()).toBe(false)
    await page.keyboard.press('l')
    expect(await page.locator('#list > li').first().isVisible()).toBe(true)
  })
})
