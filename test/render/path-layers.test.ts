import { geoDistance } from 'd3-geo'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MapPath } from '../../src/render/map.ts'
import { fitMap } from '../../src/render/map-fit.ts'
import { pathLayers } from '../../src/render/path-layers.ts'
import type { PathLook } from '../../src/render/path-strokes.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import type { Outline } from '../../src/render/scene.ts'
import { BERLIN_TO_SYDNEY, pathOf } from './fixture-data.ts'

const LOOK: PathLook = {
  legColours: ['#ffffff', '#888888'],
  bundleColours: ['#404040', '#808080', '#ffffff'],
  hop: 'white',
  vantage: 'white',
  label: 'white',
  halo: 'black',
  blend: 'screen',
  labelStyle: { size: 12, weight: 400 },
  picture: { width: 2000, height: 2000 },
  lineWidth: 1,
}
const FRAME = { x: 0, y: 0, width: 1000, height: 520 }
const measure = (text: string): number => text.length * 7

const layersOf = (projection: string, ...paths: MapPath[]) =>
  pathLayers(fitMap(earthProjections.get(projection), { latitude: 0, longitude: 0 }, FRAME, []), paths, LOOK, measure)

/** The lines of the legs, once (they are stroked several times). */
const linesOf = (projection: string, ...paths: MapPath[]): [number, number][][] => {
  const layers = layersOf(projection, ...paths)
  const outlines = layers.filter((layer) => layer.kind === 'shape').map(({ outline }) => outline)
  return outlines.slice(0, LOOK.legColours.length).flatMap(toLines)
}

const toLines = ({ coordinates, starts }: Outline): [number, number][][] =>
  [...starts].map((start, line) => {
    const end = starts[line + 1] ?? coordinates.length / 2
    return Array.from({ length: end - start }, (_, i) => [
      coordinates[(start + i) * 2]!,
      coordinates[(start + i) * 2 + 1]!,
    ])
  })

const longestStep = (lines: [number, number][][]): number =>
  Math.max(0, ...lines.flatMap((line) => line.slice(1).map(([x], i) => Math.abs(x - line[i]![0]))))

const FLAT = earthProjections.entries.filter(({ family }) => family === 'parallels')

describe.each(FLAT)('traces in $name', ({ name }) => {
  it('are cut at ±180°, not drawn across the whole map', () => {
    const lines = linesOf(name, pathOf([35.7, 139.7], [34, -118.2]))
    expect(lines.length).toBe(2)
    expect(longestStep(lines)).toBeLessThan(FRAME.width / 3)
    const ends = lines.flatMap((line) => [line[0]![0], line.at(-1)![0]])
    expect(Math.min(...ends)).toBeLessThan(FRAME.width * 0.15)
    expect(Math.max(...ends)).toBeGreaterThan(FRAME.width * 0.85)
  })

  it('follow the great circle: New York to Tokyo goes over the Arctic', () => {
    const fit = fitMap(earthProjections.get(name), { latitude: 0, longitude: 0 }, FRAME, [])
    const arctic = fit.projection([0, 66])?.[1] ?? 0
    const lines = linesOf(name, pathOf([40.7, -74], [35.7, 139.7]))
    expect(Math.min(...lines.flat().map(([, y]) => y))).toBeLessThan(arctic)
  })

  it('never leave the frame, whatever the ends', () => {
    const point = fc.tuple(
      fc.double({ min: -89, max: 89, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    )
    fc.assert(
      fc.property(point, point, (from, to) => {
        fc.pre(geoDistance([from[1], from[0]], [to[1], to[0]]) < 3.1)
        return linesOf(name, pathOf(from, to))
          .flat()
          .every(([x, y]) => x >= -0.01 && x <= FRAME.width + 0.01 && y >= -0.01 && y <= FRAME.height + 0.01)
      }),
    )
  })
})

describe('traces', () => {
  it('draw a leg that two of them share once', () => {
    const one = linesOf('equirectangular', pathOf([0, 0], [10, 10], [20, 30]))
    const two = linesOf('equirectangular', pathOf([0, 0], [10, 10], [20, 30]), pathOf([0, 0], [10, 10], [20, 50]))
    expect(one.length).toBe(2)
    expect(two.length).toBe(3)
  })

  it('pass over hops without a place on Earth', () => {
    expect(linesOf('equirectangular', pathOf([0, 0], [Number.NaN, 3], [10, 10])).length).toBe(1)
    expect(layersOf('equirectangular', pathOf([99, 0]), { points: [] })).toEqual([])
  })

  it('number the hops of a single trace, one label for a place', () => {
    const texts = (...paths: MapPath[]) =>
      layersOf('natural-earth', ...paths).flatMap((layer) => (layer.kind === 'text' ? [layer.text] : []))
    expect(texts(BERLIN_TO_SYDNEY)).toEqual(['1', '2', '3', '4', '5'])
    expect(texts(pathOf([52, 13], [30, -40], [30, -40], [30, -40], [40, -74]))).toEqual(['1', '2–4', '5'])
    expect(texts(BERLIN_TO_SYDNEY, BERLIN_TO_SYDNEY)).toEqual([])
  })

  it('dash a leg that only bridges hops, and draw it whole where another trace knows them', () => {
    const bridged = (path: MapPath): MapPath => ({
      points: path.points.map((point, i) => (i === 1 ? { ...point, bridged: true as const } : point)),
    })
    const dashes = (...paths: MapPath[]) =>
      layersOf('natural-earth', ...paths).filter((layer) => layer.kind === 'shape' && layer.stroke?.dash !== undefined)
    const path = pathOf([0, 0], [10, 10], [20, 30])
    expect(dashes(path)).toEqual([])
    expect(
      dashes(bridged(path)).flatMap((layer) => (layer.kind === 'shape' ? toLines(layer.outline) : [])),
    ).toHaveLength(1)
    expect(dashes(bridged(path), path)).toEqual([])
  })

  it('leave a hop that cannot be there out of the line, hollow, and say why', () => {
    const path = pathOf([0, 0], [10, 10], [20, 30])
    const far = { latitude: -33, longitude: 151, label: '7', rttUs: 12_300, tooFar: true as const }
    const layers = layersOf('natural-earth', { points: [...path.points.slice(0, 2), far, path.points[2]!] })
    expect(linesOf('natural-earth', { points: [...path.points, far] }).length).toBe(
      linesOf('natural-earth', path).length,
    )
    const hollow = layers.filter((layer) => layer.kind === 'dots' && layer.fill === LOOK.halo && layer.radius === 2.6)
    expect(hollow).toHaveLength(1)
    expect(layers.flatMap((layer) => (layer.kind === 'text' ? [layer.text] : []))).toContain('7: too far for 12.3 ms')
  })

  it('have a colour each when they are compared', () => {
    const fit = fitMap(earthProjections.get('natural-earth'), { latitude: 0, longitude: 0 }, FRAME, [])
    const look = { ...LOOK, comparedColours: ['#ff0000', '#0000ff'] }
    const layers = pathLayers(fit, [BERLIN_TO_SYDNEY, pathOf([0, 0], [10, 10])], look, measure)
    const strokes = layers.flatMap((layer) => (layer.kind === 'shape' ? [layer.stroke] : []))
    const [red, blue] = ['#ff0000', '#0000ff'].map((colour) => strokes.find((stroke) => stroke?.colour === colour))
    expect(red?.width).toBeGreaterThan(blue?.width ?? 0)
    expect(layers.some(({ kind }) => kind === 'text')).toBe(false)
  })

  it('are a bundle when there are thousands: shared legs wider and above the others', () => {
    const paths = Array.from({ length: 2000 }, (_, i) => pathOf([50, 8], [40, -74], [-60 + (i % 100), i / 10]))
    const strokes = layersOf('natural-earth', ...paths).flatMap((layer) =>
      layer.kind === 'shape' && layer.outline.starts.length > 0 ? [layer.stroke!] : [],
    )
    expect(strokes.at(-1)?.width).toBe(Math.max(...strokes.map(({ width }) => width)))
    expect(strokes.at(-1)?.colour.slice(0, 7)).toBe(LOOK.bundleColours.at(-1))
    expect(strokes[0]?.width).toBeLessThan(LOOK.lineWidth)
  })
})
