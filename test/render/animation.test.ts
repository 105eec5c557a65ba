import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeApng } from '../../src/render/apng-encoder.ts'
import { frameDelayMs } from '../../src/render/frame-painter.ts'
import { frameLabel, pointsOfFrame } from '../../src/render/frame-points.ts'
import { renderMap } from '../../src/render/map.ts'
import type { MapData } from '../../src/render/map-data.ts'
import { clusteredPoints, mapData } from './fixture-data.ts'

const HOUR_US = 3600e6
const DAY_US = 24 * HOUR_US
const START_US = Date.parse('2026-11-20T00:00:00Z') * 1000

interface Chunk {
  type: string
  data: Buffer
}

const chunksOf = (png: Buffer): Chunk[] => {
  const chunks: Chunk[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  return chunks
}

/** Plays an APNG as the standard says: frames laid over each other, transparent pixels left as they are. */
const play = (png: Buffer): { frames: Buffer[]; delays: number[] } => {
  const chunks = chunksOf(png)
  const header = chunks.find(({ type }) => type === 'IHDR')!.data
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const canvas = Buffer.alloc(width * height * 4)
  const frames: Buffer[] = []
  const delays: number[] = []
  let control = Buffer.alloc(26)
  let sequence = 0
  for (const { type, data } of chunks) {
    if (type === 'fcTL' || type === 'fdAT') {
      expect(data.readUInt32BE(0)).toBe(sequence)
      sequence += 1
    }
    if (type === 'fcTL') control = Buffer.from(data)
    if (type !== 'IDAT' && type !== 'fdAT') continue
    const [w, h, x, y] = [4, 8, 12, 16].map((at) => control.readUInt32BE(at)) as [number, number, number, number]
    const rows = inflateSync(type === 'fdAT' ? data.subarray(4) : data)
    for (let row = 0; row < h; row += 1) {
      expect(rows[row * (w * 4 + 1)]).toBe(0)
      for (let column = 0; column < w; column += 1) {
        const from = row * (w * 4 + 1) + 1 + column * 4
        if (rows[from + 3] === 0) continue
        rows.copy(canvas, ((y + row) * width + x + column) * 4, from, from + 4)
      }
    }
    frames.push(Buffer.from(canvas))
    delays.push((1000 * control.readUInt16BE(20)) / control.readUInt16BE(22))
  }
  return { frames, delays }
}

describe('an animated PNG', () => {
  it('plays exactly the frames that it was made of', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.array(fc.tuple(fc.nat(143), fc.nat(0xffffff)), { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        async (width, height, changes) => {
          let pixels = new Uint32Array(width * height).fill(0xff000000)
          const frames = changes.map((change) => {
            pixels = pixels.slice()
            for (const [at, colour] of change) pixels[at % pixels.length] = (0xff000000 | colour) >>> 0
            return Buffer.from(pixels.slice().buffer)
          })
          const png = await encodeApng({
            ...{ width, height, count: frames.length },
            frame: (index) => frames[index]!,
            delayMs: (index) => 40 + index,
          })
          const played = play(png)
          expect(played.frames.length).toBe(frames.length)
          for (const [i, frame] of frames.entries()) expect(played.frames[i]!.equals(frame)).toBe(true)
          expect(played.delays).toEqual(frames.map((_, i) => 40 + i))
        },
      ),
      { numRuns: 60 },
    )
  })
})

const growing = (count: number, cumulative: boolean): MapData => {
  const points = clusteredPoints('growing', 300)
  return mapData({
    points: { ...points, frame: Uint32Array.from(points.weight, (_, i) => i % count) },
    frames: { count, startUs: START_US, lengthUs: HOUR_US, cumulative },
  })
}

const SMALL = { width: 240, height: 135 }

describe('maps that move', () => {
  it('have a frame for each length of time, the last as the map that stands still', async () => {
    const data = growing(5, true)
    const { frames, delays } = play(await renderMap(data, { ...SMALL, backend: 'apng' }))
    expect(frames.length).toBe(5)
    expect(new Set(frames.map((frame) => frame.toString('base64'))).size).toBe(5)
    expect(delays.at(-1)).toBeGreaterThan(delays[0]!)
  })

  it.each(['gif', 'apng'])('%s: the same bytes each time, and one frame where there are none', async (backend) => {
    const data = growing(3, false)
    const [one, other] = [await renderMap(data, { ...SMALL, backend }), await renderMap(data, { ...SMALL, backend })]
    expect(one.equals(other)).toBe(true)
    expect((await renderMap(mapData(), { ...SMALL, backend })).length).toBeGreaterThan(500)
  })

  it('a GIF says its size, repeats for ever and has all frames', async () => {
    const gif = await renderMap(growing(4, true), { ...SMALL, backend: 'gif' })
    expect(gif.toString('latin1', 0, 6)).toBe('GIF89a')
    expect([gif.readUInt16LE(6), gif.readUInt16LE(8)]).toEqual([240, 135])
    expect(gif.includes('NETSCAPE2.0')).toBe(true)
    // A graphic control extension of four bytes before each frame: 0x21 0xf9 0x04 … 0x00, then the frame's 0x2c.
    const begin = Buffer.from([0x21, 0xf9, 0x04])
    let controls = 0
    for (let at = gif.indexOf(begin); at >= 0; at = gif.indexOf(begin, at + 1)) {
      if (gif[at + 7] === 0 && gif[at + 8] === 0x2c) controls += 1
    }
    expect(controls).toBe(4)
  })

  it('show what has appeared until then, or each time alone', () => {
    const sum = (data: MapData, index: number): number =>
      pointsOfFrame(data, index).weight.reduce((total, each) => total + each, 0)
    expect([0, 1, 2].map((index) => sum(growing(3, true), index))).toEqual([100, 200, 300])
    expect([0, 1, 2].map((index) => sum(growing(3, false), index))).toEqual([100, 100, 100])
  })

  it.each([
    [HOUR_US, true, 0, 'until 2026-11-20 01:00 UTC'],
    [HOUR_US, false, 2, '2026-11-20 02:00 UTC'],
    [DAY_US, false, 1, '2026-11-21 UTC'],
    [7 * DAY_US, false, 0, '2026-11-20 – 2026-11-26'],
    [10e6, true, 0, 'until 2026-11-20 00:00:10 UTC'],
  ])('say when: frames of %d µs, cumulative %s, number %i', (lengthUs, cumulative, index, expected) => {
    expect(frameLabel({ count: 9, startUs: START_US, lengthUs, cumulative }, index)).toBe(expected)
  })

  it('take about ten seconds, and no frame less than a 25th of one', () => {
    expect([2, 20, 100, 1000].map(frameDelayMs)).toEqual([500, 500, 100, 40])
  })
})
