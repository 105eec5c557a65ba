/**
 * Maps, as issue 5 counts them; prints one JSON object for each part, with the machine's load beside it.
 *
 * npx tsx bench/map.ts [part…]
 *
 * - file-1m, file-10m, file-50m: whole `interplot render` of a results file with so many addresses to 4096×2048 (needs `npm run build`)
 * - projections: nanoseconds for a point from degrees to its pixel's sum, for every projection, and beside equirectangular
 * - sizes: bytes of an SVG of 100,000 points and of an HTML map of 1 million
 * - staticmaps: 10,000 markers on tiles from the loopback interface with that package alone, and our PNG of the same points
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import StaticMaps from 'staticmaps'
import { renderMap } from '../src/render/map.ts'
import { DEFAULT_MAP_OPTIONS } from '../src/render/map-data.ts'
import { fitMap } from '../src/render/map-fit.ts'
import { projectPoints } from '../src/render/point-projection.ts'
import { earthProjections } from '../src/render/projection/index.ts'
import { makeTilePicture } from '../src/render/tiles/tile-picture.ts'
import { parseTileTemplate } from '../src/render/tiles/tile-template.ts'
import { chooseTiles } from '../src/render/tiles/tile-view.ts'
import { clusteredMap } from './clustered-map.ts'
import { makeLocatedFile } from './located-file.ts'
import { timeProgram } from './whole-process.ts'

const ROUNDS = 5
const SIZE = { width: 1600, height: 900 }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const withFolder = async <T>(work: (folder: string) => T | Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'interplot-map-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const fileMap = (addresses: number): Promise<unknown> =>
  withFolder((folder) => {
    makeLocatedFile(join(folder, 'results.db'), addresses)
    const steps = Array.from({ length: 3 }, () =>
      timeProgram(folder, ['render', 'results.db', '-o', 'map.png', '--size', '4096x2048']),
    )
    return {
      addresses,
      seconds: median(steps.map(({ seconds }) => seconds)),
      residentMb: Math.max(...steps.map(({ residentMb }) => residentMb)),
      all: steps,
    }
  })

const projectionTimes = (): unknown => {
  const { points } = clusteredMap(4_000_000)
  const [width, height] = [4096, 2048]
  const values = new Float32Array(width * height)
  const times = new Map<string, number[]>()
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const projection of earthProjections.entries) {
      const fit = fitMap(
        projection,
        { latitude: 0, longitude: 0 },
        { x: 2, y: 2, width: width - 4, height: height - 4 },
        [],
      )
      values.fill(0)
      const startMs = performance.now()
      projectPoints(fit, points, (x, y, weight) => {
        values[Math.floor(y) * width + Math.floor(x)]! += weight
      })
      const ns = ((performance.now() - startMs) * 1e6) / points.weight.length
      // The first round warms up.
      if (round > 0) times.set(projection.name, [...(times.get(projection.name) ?? []), ns])
    }
  }
  const base = median(times.get('equirectangular') ?? [])
  return Object.fromEntries(
    [...times].map(([name, all]) => {
      const ns = median(all)
      return [name, { nsPerPoint: Number(ns.toFixed(1)), toEquirectangular: Number((ns / base).toFixed(2)) }]
    }),
  )
}

const sizes = async (): Promise<unknown> => {
  const size = async (count: number, backend: string, layer: string): Promise<number> =>
    (await renderMap(clusteredMap(count), { backend, layer })).length
  return {
    svgOf100000: { density: await size(100_000, 'svg', 'density'), dots: await size(100_000, 'svg', 'dots') },
    htmlOf1000000: await size(1_000_000, 'html', 'density'),
  }
}

/** Answers every question with the same tile, in a process of its own. */
const TILE_SERVER = `
const tile = require('node:fs').readFileSync(process.argv[1])
const server = require('node:http').createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': tile.length }).end(tile)
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit())
`

/** No more rounds after so long. */
const MOST_ROUNDS_MS = 300_000

interface Rounds {
  readonly ms: number
  readonly rounds: number
}

/** Median of ROUNDS, or of as many as there is time for. @param unmeasured rounds to warm up. */
const timesOf = async (work: () => Promise<unknown>, unmeasured = 1): Promise<Rounds> => {
  const times: number[] = []
  const beginMs = performance.now()
  for (let round = 1 - unmeasured; round <= ROUNDS; round += 1) {
    const startMs = performance.now()
    await work()
    if (round > 0) times.push(performance.now() - startMs)
    if (times.length > 0 && performance.now() - beginMs > MOST_ROUNDS_MS) break
  }
  return { ms: Math.round(median(times)), rounds: times.length }
}

const pinPicture = (): Buffer => {
  const canvas = createCanvas(24, 24)
  const context = canvas.getContext('2d')
  context.fillStyle = '#d33'
  context.arc(12, 12, 9, 0, 2 * Math.PI)
  context.fill()
  return canvas.toBuffer('image/png')
}

const besideStaticmaps = (): Promise<unknown> =>
  withFolder(async (folder) => {
    const data = clusteredMap(10_000)
    const { latitude, longitude } = data.points
    const pin = join(folder, 'pin.png')
    const tile = join(folder, 'tile.png')
    writeFileSync(pin, pinPicture())
    writeFileSync(tile, createCanvas(256, 256).toBuffer('image/png'))
    const server = spawn(process.execPath, ['--eval', TILE_SERVER, tile], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const [port] = await once(server.stdout, 'data')
      const tileUrl = `http://127.0.0.1:${String(port).trim()}/{z}/{x}/{y}.png`
      const view = chooseTiles(data, {}, SIZE)
      const theirs = await timesOf(async () => {
        const map = new StaticMaps({ ...SIZE, tileUrl })
        for (let i = 0; i < latitude.length; i += 1) {
          map.addMarker({ img: pin, width: 24, height: 24, coord: [longitude[i]!, latitude[i]!] })
        }
        await map.render([view.center.longitude, view.center.latitude], view.zoom)
        await map.image.save(join(folder, 'map.png'))
        // It takes minutes: warming up would tell nothing.
      }, 0)
      const options = { ...DEFAULT_MAP_OPTIONS, ...SIZE, projection: 'mercator' }
      const write = async (picture: Promise<Buffer>): Promise<void> =>
        writeFileSync(join(folder, 'ours.png'), await picture)
      const pins = await timesOf(() => write(renderMap(data, { ...options, layer: 'pins' })))
      const density = await timesOf(() => write(renderMap(data, options)))
      const template = parseTileTemplate(tileUrl)
      const order = { template, attribution: 'X', userAgent: 'bench', cacheFolder: null, nowMs: 0 }
      const onTiles = await timesOf(async () => {
        const { backdrop } = await makeTilePicture(view, order)
        await write(renderMap(data, { ...options, layer: 'pins', backdrop }))
      })
      const beside = ({ ms, rounds }: Rounds) => ({ ms, rounds, timesAsFast: Number((theirs.ms / ms).toFixed(1)) })
      return {
        ...{ markers: latitude.length, ...SIZE, staticmaps: theirs },
        ...{ pins: beside(pins), density: beside(density), pinsOnTheSameTiles: beside(onTiles) },
      }
    } finally {
      server.kill()
    }
  })

const PARTS: Readonly<Record<string, () => unknown>> = {
  'file-1m': () => fileMap(1_000_000),
  'file-10m': () => fileMap(10_000_000),
  'file-50m': () => fileMap(50_000_000),
  projections: projectionTimes,
  sizes,
  staticmaps: besideStaticmaps,
}

for (const part of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS)) {
  const work = PARTS[part]
  if (work === undefined) throw new Error(`no part "${part}": ${Object.keys(PARTS).join(', ')}`)
  const loadBefore = Number(loadavg()[0]!.toFixed(2))
  const found = await work()
  process.stdout.write(`${JSON.stringify({ part, loadBefore, loadAfter: Number(loadavg()[0]!.toFixed(2)), found })}\n`)
}
