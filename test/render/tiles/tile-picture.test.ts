import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { describe, expect, it } from 'vitest'
import { renderMap } from '../../../src/render/map.ts'
import type { Backdrop, ViewOptions } from '../../../src/render/map-data.ts'
import { projectPoints } from '../../../src/render/point-projection.ts'
import { makeTilePicture, type TileOrder, type TilePicture } from '../../../src/render/tiles/tile-picture.ts'
import { parseTileTemplate } from '../../../src/render/tiles/tile-template.ts'
import { chooseTiles, fitBackdrop, placeTiles } from '../../../src/render/tiles/tile-view.ts'
import { errorCodeOf } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'
import { mapData, toPoints } from '../fixture-data.ts'
import { paintTile, sendTile, startTileServer, type TileServer } from './tile-server.ts'

const folder = temporaryFolder('tiles')
let folders = 0
const NOW_MS = Date.UTC(2026, 10, 21)
const SIZE = { width: 640, height: 360 }
const BERLIN_BOX: ViewOptions = { box: { south: 51, west: 11, north: 54, east: 16 } }

const order = (server: Pick<TileServer, 'template'>, change: Partial<TileOrder> = {}): TileOrder => ({
  template: parseTileTemplate(server.template),
  attribution: '© Test Maps',
  userAgent: 'interplot/test',
  cacheFolder: null,
  nowMs: NOW_MS,
  pauseMs: 0,
  ...change,
})

const cacheFolder = (): string => {
  folders += 1
  return folderFor(folder, `cache-${folders}`)
}

const picture = (tileOrder: TileOrder, view: ViewOptions = BERLIN_BOX, size = SIZE): Promise<TilePicture> =>
  makeTilePicture(chooseTiles(mapData(), view, size), tileOrder)

/** Pixels as RGBA. */
const pixelsOf = async (png: Buffer): Promise<{ width: number; data: Uint8ClampedArray }> => {
  const image = await loadImage(png)
  const canvas = createCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  return { width: image.width, data: context.getImageData(0, 0, image.width, image.height).data }
}

const redPixels = async (png: Buffer): Promise<[number, number][]> => {
  const { width, data } = await pixelsOf(png)
  const found: [number, number][] = []
  for (let i = 0; i < data.length; i += 4) {
    if (data[i]! > 200 && data[i + 1]! < 50) found.push([(i / 4) % width, Math.floor(i / 4 / width)])
  }
  return found
}

/** Where the map draws a point, in both of its ways. */
const drawnAt = (backdrop: Backdrop, { width, height }: typeof SIZE, latitude: number, longitude: number) => {
  const fit = fitBackdrop(backdrop, width, height)
  const places: [number, number][] = []
  projectPoints(fit, toPoints([[latitude, longitude, 1]]), (x, y) => places.push([x, y]))
  const direct = fit.projection([longitude, latitude])
  if (direct !== null) places.push(direct)
  return places
}

const distance = ([x, y]: readonly [number, number], [left, top]: readonly [number, number]): number =>
  Math.max(Math.abs(x - left - 0.5), Math.abs(y - top - 0.5))

describe('points on tiles', () => {
  it.each<[string, number, number, ViewOptions, typeof SIZE]>([
    ['Berlin in a box', 52.52, 13.405, BERLIN_BOX, SIZE],
    ['Berlin on the whole world', 52.52, 13.405, {}, { width: 1600, height: 900 }],
    ['Sydney by centre and zoom', -33.8688, 151.2093, { center: { latitude: -30, longitude: 150 }, zoom: 7.3 }, SIZE],
    ['Suva across ±180°', -18.1248, 178.4501, { box: { south: -30, west: 165, north: -5, east: -160 } }, SIZE],
    ['Apia across ±180°', -13.8507, -171.7514, { box: { south: -30, west: 165, north: -5, east: -160 } }, SIZE],
    [
      'Longyearbyen in an odd size',
      78.2232,
      15.6267,
      { box: { south: 70, west: 0, north: 82, east: 30 } },
      { width: 641, height: 333 },
    ],
    [
      'Quito on a world around Fiji',
      -0.1807,
      -78.4678,
      { center: { latitude: 0, longitude: 178 } },
      { width: 700, height: 700 },
    ],
    ['Tokyo in a street', 35.6895, 139.6917, { box: { south: 35.68, west: 139.68, north: 35.7, east: 139.7 } }, SIZE],
  ])('%s lies on its pixel', async (_name, latitude, longitude, view, size) => {
    const server = await startTileServer((tile, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end(paintTile(tile, [[latitude, longitude]]))
    })
    const { backdrop } = await picture(order(server), view, size)
    const red = await redPixels(backdrop.png)
    expect(red).toHaveLength(1)
    const places = drawnAt(backdrop, size, latitude, longitude)
    expect(places).toHaveLength(2)
    for (const place of places) expect(distance(place, red[0]!)).toBeLessThanOrEqual(1)
  })

  it('lie there in the finished PNG, too, with everything of the basemap left out', async () => {
    const server = await startTileServer()
    const { backdrop } = await picture(order(server))
    const [[x, y]] = drawnAt(backdrop, SIZE, 52.52, 13.405) as [[number, number]]
    const data = mapData({ points: toPoints([[52.52, 13.405, 5]]), attributions: [], title: '', subtitle: '' })
    const options = { ...SIZE, projection: 'mercator', style: 'seed', layer: 'dots', backdrop }
    const drawn = await pixelsOf(await renderMap(data, options))
    const tiles = await pixelsOf(backdrop.png)
    let [sumX, sumY, changed, asTiles] = [0, 0, 0, 0]
    for (let i = 0; i < drawn.data.length; i += 4) {
      const px = (i / 4) % SIZE.width
      const py = Math.floor(i / 4 / SIZE.width)
      // Words lie in the corners.
      if (py < 100 || py > 300 || Math.abs(px - x) > 40) continue
      if ([0, 1, 2].every((k) => drawn.data[i + k] === tiles.data[i + k])) asTiles += 1
      if ([0, 1, 2].some((k) => Math.abs(tiles.data[i + k]! - drawn.data[i + k]!) > 60)) {
        ;[sumX, sumY, changed] = [sumX + px + 0.5, sumY + py + 0.5, changed + 1]
      }
    }
    expect(changed).toBeGreaterThan(3)
    expect(Math.hypot(sumX / changed - x, sumY / changed - y)).toBeLessThan(1)
    expect(asTiles).toBeGreaterThan(10_000)
  })
})

describe('a picture of tiles', () => {
  it('asks for each tile once, two at a time, under its own name', async () => {
    const server = await startTileServer((tile, response, request) => {
      setTimeout(() => sendTile(tile, response, request), 5)
    })
    const { wanted, tally } = await picture(order(server))
    const view = chooseTiles(mapData(), BERLIN_BOX, SIZE)
    expect(wanted).toBe(placeTiles(view).length)
    expect(tally).toMatchObject({ fetched: wanted, cached: 0, absent: 0, failed: 0 })
    expect(new Set(server.asked.map(({ url }) => url)).size).toBe(server.asked.length)
    expect(server.asked).toHaveLength(wanted)
    expect(server.mostAtOnce()).toBeLessThanOrEqual(2)
    for (const { headers } of server.asked) {
      expect(headers).toMatchObject({ 'user-agent': 'interplot/test', accept: 'image/png,image/jpeg,image/webp' })
    }
  })

  it('keeps every colour of the tiles', async () => {
    const server = await startTileServer((_tile, response) => {
      const canvas = createCanvas(256, 256)
      const image = canvas.getContext('2d').createImageData(256, 256)
      for (let i = 0; i < 65_536; i += 1) image.data.set([i & 255, i >> 8, 128, 255], i * 4)
      canvas.getContext('2d').putImageData(image, 0, 0)
      response.writeHead(200, { 'content-type': 'image/png' }).end(canvas.toBuffer('image/png'))
    })
    const { data } = await pixelsOf((await picture(order(server))).backdrop.png)
    const colours = new Set(Array.from({ length: data.length / 4 }, (_, i) => data[i * 4]! * 256 + data[i * 4 + 1]!))
    expect(colours.size).toBeGreaterThan(60_000)
  })

  it('shows the world once: beside it and beyond its poles is nothing', async () => {
    const server = await startTileServer()
    const size = { width: 700, height: 300 }
    const { backdrop } = await picture(order(server), {}, size)
    expect(backdrop.zoom).toBe(0)
    expect(server.asked.map(({ url }) => url)).toEqual(['/0/0/0.png'])
    const { data } = await pixelsOf(backdrop.png)
    expect(data[3]).toBe(0)
    const drawn = await pixelsOf(
      await renderMap(mapData({ points: toPoints([]) }), { ...size, projection: 'mercator', backdrop }),
    )
    // Between the words: the style's background at the sides, a tile in the middle.
    const at = (x: number): number[] => [
      ...drawn.data.subarray((150 * size.width + x) * 4, (150 * size.width + x) * 4 + 3),
    ]
    expect(at(5)).toEqual(at(694))
    expect(at(350)).not.toEqual(at(5))
  })

  it('leaves out what the server lacks, and says so', async () => {
    const server = await startTileServer((tile, response, request) => {
      if ((tile.x + tile.y) % 2 === 0) sendTile(tile, response, request)
      else response.writeHead(404).end()
    })
    const { wanted, tally, backdrop } = await picture(order(server))
    expect(tally.absent).toBe(server.asked.filter(({ x, y }) => (x + y) % 2 === 1).length)
    expect(tally.fetched + tally.absent).toBe(wanted)
    const { data } = await pixelsOf(backdrop.png)
    const clear = Array.from({ length: data.length / 4 }, (_, i) => data[i * 4 + 3]).filter((alpha) => alpha === 0)
    expect(clear.length).toBeGreaterThan(SIZE.width * SIZE.height * 0.2)
  })

  it.each<[string, Parameters<typeof startTileServer>[0], RegExp, number]>([
    ['is not there', (_t, response) => void response.writeHead(404).end(), /it has none there/, 1],
    ['lets nobody in', (_t, response) => void response.writeHead(403).end(), /HTTP status 403/, 1],
    ['fails', (_t, response) => void response.writeHead(500).end(), /HTTP status 500/, 2],
    ['cuts', (_t, response) => void response.socket?.destroy(), /connection|ECONNRESET/, 2],
    [
      'sends a page',
      (_t, response) => void response.writeHead(200, { 'content-type': 'image/png' }).end('<html>'),
      /no picture/,
      1,
    ],
    [
      'sends double tiles',
      (_t, response) => void response.end(createCanvas(512, 512).toBuffer('image/png')),
      /512 × 512/,
      1,
    ],
    [
      'sends without end',
      (_t, response) => void response.writeHead(200).end(Buffer.alloc(3 * 1024 ** 2)),
      /too long/,
      1,
    ],
    [
      'sends halves',
      (_t, response) => void response.end(paintTile({ z: 1, x: 1, y: 1 }).subarray(0, 200)),
      /damaged/,
      1,
    ],
    ['waits for ever', () => undefined, /timeout/, 2],
    ['redirects', (_t, response) => void response.writeHead(302, { location: '/0/0/0.png' }).end(), /redirects/, 1],
  ])('refuses a server that %s, after few requests and without its URL', async (_name, answer, reason, tries) => {
    const server = await startTileServer(answer)
    const secret = parseTileTemplate(server.template.replace('http://', 'http://joe:sesame@').concat('?key=hidden'))
    const asking = picture(
      order(server, { template: secret, requestTimeoutMs: reason.source === 'timeout' ? 100 : 10_000 }),
    )
    await expect(asking).rejects.toMatchObject({ code: 'ERR_TILES', message: expect.stringMatching(reason) })
    await expect(asking).rejects.not.toMatchObject({ message: expect.stringMatching(/sesame|hidden|joe/) })
    const most = new Map<string, number>()
    for (const { url } of server.asked) most.set(url, (most.get(url) ?? 0) + 1)
    expect(Math.max(...most.values())).toBe(tries)
    if (!/none there/.test(reason.source)) expect(server.asked.length).toBeLessThanOrEqual(9 * tries)
  })

  it('tries again once, and sends name and password as a header', async () => {
    const failed = new Set<string>()
    const server = await startTileServer((tile, response, request) => {
      const url = request.url ?? ''
      if (failed.has(url)) sendTile(tile, response, request)
      else {
        failed.add(url)
        response.writeHead(503).end()
      }
    })
    const template = parseTileTemplate(server.template.replace('http://', 'http://joe:ses%40me@'))
    const { tally, wanted } = await picture(order(server, { template }))
    expect(tally).toMatchObject({ fetched: wanted, failed: 0 })
    expect(server.asked[0]!.headers.authorization).toBe(`Basic ${Buffer.from('joe:ses@me').toString('base64')}`)
  })

  it('refuses bulk download before any request', async () => {
    const server = await startTileServer()
    const big = { width: 4096, height: 4096 }
    expect(await errorCodeOf(picture(order(server), { ...BERLIN_BOX }, big))).toBe('ERR_USAGE')
    expect(server.asked).toEqual([])
  })

  it('needs room for the attribution', async () => {
    const server = await startTileServer()
    const small = { width: 190, height: 100 }
    const { backdrop } = await picture(order(server), BERLIN_BOX, small)
    const options = { projection: 'mercator', backdrop }
    expect(await errorCodeOf(renderMap(mapData(), { ...small, ...options }))).toBe('ERR_USAGE')
    const wide = await picture(order(server, { attribution: 'word '.repeat(40).trim() }), BERLIN_BOX, {
      width: 300,
      height: 200,
    })
    expect(
      await errorCodeOf(
        renderMap(mapData(), { width: 300, height: 200, projection: 'mercator', backdrop: wide.backdrop }),
      ),
    ).toBe('ERR_USAGE')
  })

  it('is embedded in an SVG with the attribution as text', async () => {
    const server = await startTileServer()
    const { backdrop } = await picture(order(server))
    const text = (await renderMap(mapData(), { ...SIZE, projection: 'mercator', backend: 'svg', backdrop })).toString()
    expect(text).toContain(backdrop.png.toString('base64').slice(0, 200))
    expect(text).toContain('© Test Maps')
    expect(text).not.toContain('Natural Earth')
  })
})

describe('tiles on disk', () => {
  it.each<[string, string | undefined, number, boolean]>([
    ['a week by default', undefined, 6.9 * 86_400, true],
    ['no longer', undefined, 7.1 * 86_400, false],
    ['as long as the server says', 'public, max-age=60', 59, true],
    ['not longer than it says', 'max-age=60', 61, false],
    ['not at all if it says so', 'no-store', 0, false],
    ['at most 30 days', 'max-age=999999999', 31 * 86_400, false],
  ])('are kept: %s', async (_name, header, laterSeconds, kept) => {
    const server = await startTileServer((tile, response) => {
      response.writeHead(200, header === undefined ? {} : { 'cache-control': header }).end(paintTile(tile))
    })
    const cache = cacheFolder()
    const first = await picture(order(server, { cacheFolder: cache }))
    const asked = server.asked.length
    const second = await picture(order(server, { cacheFolder: cache, nowMs: NOW_MS + laterSeconds * 1000 }))
    expect(server.asked.length - asked).toBe(kept ? 0 : first.wanted)
    expect(second.tally).toMatchObject({ cached: kept ? first.wanted : 0 })
    expect(second.backdrop.png.equals(first.backdrop.png)).toBe(true)
  })

  it('of one server are not those of another, and file names say nothing of a key', async () => {
    const server = await startTileServer()
    const cache = cacheFolder()
    const withKey = (key: string) => parseTileTemplate(`${server.template}?key=${key}`)
    await picture(order(server, { cacheFolder: cache, template: withKey('one') }))
    const second = await picture(order(server, { cacheFolder: cache, template: withKey('two') }))
    expect(second.tally.cached).toBe(0)
    expect(readdirSync(cache)).toHaveLength(2)
    expect(readdirSync(cache, { recursive: true }).join(' ')).not.toMatch(/one|two|part/)
  })

  it('that are damaged are fetched again', async () => {
    const server = await startTileServer()
    const cache = cacheFolder()
    await picture(order(server, { cacheFolder: cache }))
    const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files) writeFileSync(join(parentPath, name), 'no tile at all, but long enough')
    expect((await picture(order(server, { cacheFolder: cache }))).tally).toMatchObject({ cached: 0, failed: 0 })
  })

  it('need no folder that can be written', async () => {
    const server = await startTileServer()
    const cache = join(cacheFolder(), 'file')
    writeFileSync(cache, '')
    const made = await picture(order(server, { cacheFolder: cache }))
    expect(made.cacheProblem).toMatch(/^(?:ENOTDIR|EEXIST)$/)
    expect(made.tally.fetched).toBe(made.wanted)
    rmSync(cache)
  })
})
