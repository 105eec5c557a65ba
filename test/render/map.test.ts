import { describe, expect, it } from 'vitest'
import { formatBytes } from '../../src/core/units.ts'
import { backends } from '../../src/render/backends/index.ts'
import { renderMap } from '../../src/render/map.ts'
import { checkPictureSize, memoryEstimateBytes } from '../../src/render/picture-limits.ts'
import { projections } from '../../src/render/projection/index.ts'
import { styles } from '../../src/render/styles/index.ts'
import { BERLIN_TO_SYDNEY, mapData, toPoints } from './fixture-data.ts'

const SMALL = { width: 320, height: 180 }

/** Width and height that a PNG declares. */
const sizeOf = (png: Buffer): [number, number] => [png.readUInt32BE(16), png.readUInt32BE(20)]

describe('renderMap', () => {
  it.each([
    [64, 64],
    [400, 200],
    [199, 500],
    [777, 64],
    [1200, 675],
  ])('draws %i × %i pixels', async (width, height) => {
    expect(sizeOf(await renderMap(mapData(), { width, height }))).toEqual([width, height])
  })

  it('gives the same bytes for the same input', async () => {
    const data = mapData({ paths: [BERLIN_TO_SYDNEY] })
    expect((await renderMap(data, SMALL)).equals(await renderMap(data, SMALL))).toBe(true)
  })

  it('draws what it is given: other points, another picture', async () => {
    const one = await renderMap(mapData({ points: toPoints([[10, 10, 1]]) }), SMALL)
    const other = await renderMap(mapData({ points: toPoints([[10, 60, 1]]) }), SMALL)
    expect(one.equals(other)).toBe(false)
  })

  it('draws a map without points, and one of points that are not on Earth', async () => {
    const counts = { located: 0, unlocated: 3 }
    const empty = await renderMap(mapData({ points: toPoints([]), counts }), SMALL)
    const nowhere = [
      [Number.NaN, 1, 1],
      [1, Infinity, 1],
      [91, 0, 1],
      [0, -181, 1],
      [5, 5, Number.NaN],
      [5, 5, 0],
    ] as const
    const absent = await renderMap(mapData({ points: toPoints(nowhere), counts, paths: [{ points: [] }] }), SMALL)
    expect(sizeOf(empty)).toEqual([320, 180])
    expect(sizeOf(absent)).toEqual([320, 180])
  })

  it.each([
    [63, 200, 'ERR_USAGE'],
    [200, 16385, 'ERR_USAGE'],
    [200.5, 200, 'ERR_USAGE'],
    [Number.NaN, 200, 'ERR_USAGE'],
  ])('refuses %d × %d pixels before any work', async (width, height, code) => {
    await expect(renderMap(mapData(), { width, height })).rejects.toMatchObject({ code })
  })

  it('refuses what is beyond the memory of the machine', () => {
    expect(() => checkPictureSize(16384, 16384, {}, 4 * 1024 ** 3)).toThrow(/needs about 6.00 GiB/)
    expect(() => checkPictureSize(16384, 16384, {}, 16 * 1024 ** 3)).not.toThrow()
    const kind = { coloured: true, animated: true }
    expect(() => checkPictureSize(16384, 16384, kind, 16 * 1024 ** 3)).toThrow(/needs about 15.0 GiB/)
  })

  it('estimates memory that a real machine has for the largest usual size', () => {
    expect(formatBytes(memoryEstimateBytes(8192, 4096))).toBe('768 MiB')
  })

  it.each([{ projection: 'flat' }, { style: 'neon' }, { backend: 'bmp' }])(
    'lists what there is for %o',
    async (wrong) => {
      await expect(renderMap(mapData(), { ...SMALL, ...wrong })).rejects.toMatchObject({
        code: 'ERR_UNKNOWN_NAME',
        advice: expect.stringContaining('Known: '),
      })
    },
  )
})

const TINY = { width: 160, height: 90 }

describe('every projection with every style, and with every backend', () => {
  const pictures = projections.entries.flatMap((projection) =>
    styles.entries.map((style) => [projection.name, style.name, 'png'] as const),
  )
  const files = backends.entries.flatMap((backend) => [
    ...projections.entries.map((projection) => [projection.name, 'dark', backend.name] as const),
    ...styles.entries.map((style) => ['natural-earth', style.name, backend.name] as const),
  ])

  it.each(pictures)('%s, %s, %s: shows what there is', async (projection, style, backend) => {
    const options = { ...TINY, projection, style, backend }
    const full = await renderMap(mapData({ paths: [BERLIN_TO_SYDNEY] }), options)
    const empty = await renderMap(mapData({ points: toPoints([]), addresses: new Uint32Array(0) }), options)
    expect(full.equals(empty)).toBe(false)
  })

  it.each(files)('%s, %s, %s: the same bytes each time', async (projection, style, backend) => {
    const options = { ...TINY, projection, style, backend }
    const full = await renderMap(mapData({ paths: [BERLIN_TO_SYDNEY] }), options)
    expect(full.equals(await renderMap(mapData({ paths: [BERLIN_TO_SYDNEY] }), options))).toBe(true)
  })

  it.each([...projections.entries, ...styles.entries, ...backends.entries])(
    '$name describes itself',
    ({ name, help }) => {
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(help.length).toBeGreaterThan(5)
    },
  )
})
