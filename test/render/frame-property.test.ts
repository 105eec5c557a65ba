import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Basemap, type BasemapDetail, loadBasemap } from '../../src/render/basemap.ts'
import { makeTextMeasure } from '../../src/render/font.ts'
import type { MapData } from '../../src/render/map.ts'
import { DEFAULT_MAP_OPTIONS, type MapOptions, type ViewOptions } from '../../src/render/map-data.ts'
import type { MapFit } from '../../src/render/map-fit.ts'
import { planMap } from '../../src/render/map-plan.ts'
import { OVERLAP_PIXELS } from '../../src/render/map-view.ts'
import { projectVisible } from '../../src/render/point-projection.ts'
import { earthProjections } from '../../src/render/projection/index.ts'
import type { Layer, Outline, Role, TextLayer, TextMeasure } from '../../src/render/scene.ts'
import { styles } from '../../src/render/styles/index.ts'
import { composeMap, layGround } from '../../src/render/world-map.ts'
import { mapData, pathOf } from './fixture-data.ts'

const basemaps = new Map<BasemapDetail, Basemap>()
let measure: TextMeasure

beforeAll(async () => {
  for (const detail of ['110m', '10m'] as const) basemaps.set(detail, await loadBasemap(detail))
  measure = makeTextMeasure()
})

const PROJECTIONS = earthProjections.entries.map(({ name }) => name)

const latitude = fc.double({ min: -90, max: 90, noNaN: true })
const longitude = fc.double({ min: -180, max: 180, noNaN: true })
const place = fc.tuple(latitude, longitude)

const VIEWS: Readonly<Record<string, fc.Arbitrary<ViewOptions>>> = {
  whole: fc.oneof(
    fc.constant({}),
    place.map(([north, east]) => ({ center: { latitude: north, longitude: east } })),
  ),
  zoom: fc
    .tuple(place, fc.double({ min: 1.01, max: 500, noNaN: true }))
    .map(([[north, east], zoom]) => ({ center: { latitude: north, longitude: east }, zoom })),
  'box across ±180°': fc
    .tuple(
      fc.double({ min: -80, max: 70, noNaN: true }),
      fc.double({ min: 1, max: 15, noNaN: true }),
      fc.double({ min: 90, max: 179.9, noNaN: true }),
      fc.double({ min: -179.9, max: -60, noNaN: true }),
    )
    .map(([south, high, west, east]) => ({ box: { south, west, north: south + high, east } })),
  'box at a pole': fc
    .tuple(
      fc.boolean(),
      fc.double({ min: 1, max: 40, noNaN: true }),
      longitude,
      fc.double({ min: 5, max: 359, noNaN: true }),
    )
    .map(([isNorth, high, west, wide]) => {
      const east = west + wide > 180 ? west + wide - 360 : west + wide
      return { box: { ...(isNorth ? { south: 90 - high, north: 90 } : { south: -90, north: high - 90 }), west, east } }
    }),
  fit: fc.constant({ fit: true }),
}

const details = (count: number) => ({
  countryCode: Array.from({ length: count }, () => null),
  country: Array.from({ length: count }, () => null),
  city: Array.from({ length: count }, (_, i) => `City ${i}`),
  asn: new Uint32Array(count),
  asOrganization: Array.from({ length: count }, () => null),
})

const data: fc.Arbitrary<MapData> = fc
  .record({
    points: fc.array(fc.tuple(latitude, longitude, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 30 }),
    radiiKm: fc.array(fc.double({ min: 1, max: 9000, noNaN: true }), { minLength: 30, maxLength: 30 }),
    paths: fc.array(fc.array(place, { minLength: 2, maxLength: 8 }), { maxLength: 3 }),
  })
  .map(({ points, radiiKm, paths }) =>
    mapData({
      points: {
        latitude: Float64Array.from(points, ([north]) => north),
        longitude: Float64Array.from(points, ([, east]) => east),
        weight: Float64Array.from(points, ([, , weight]) => weight),
        accuracyKm: Float32Array.from(points, (_, i) => radiiKm[i]!),
        details: details(points.length),
      },
      paths: paths.map((path) => pathOf(...path)),
    }),
  )

const look = fc.record({
  width: fc.integer({ min: 64, max: 1200 }),
  height: fc.integer({ min: 64, max: 800 }),
  layer: fc.constantFrom('density', 'markers', 'pins', 'dots', 'hexbin', 'choropleth'),
  labels: fc.constantFrom(0, 10),
  arcsTo: fc.option(
    place.map(([north, east]) => ({ latitude: north, longitude: east })),
    { nil: undefined },
  ),
  nightAtUs: fc.option(
    fc.integer({ min: 0, max: 2e9 }).map((seconds) => seconds * 1e6),
    { nil: undefined },
  ),
})

interface Composed {
  readonly fit: MapFit
  readonly layers: readonly Layer[]
}

const compose = (
  projection: string,
  shown: MapData,
  options: Pick<MapOptions, 'width' | 'height' | 'view'> & { [Key in keyof MapOptions]?: MapOptions[Key] | undefined },
  detail: BasemapDetail = '110m',
): Composed => {
  const defined = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const plan = planMap({
    data: shown,
    options: {
      ...DEFAULT_MAP_OPTIONS,
      accuracy: true,
      ...defined,
      ...{ width: options.width, height: options.height, view: options.view },
    },
    theme: styles.get('dark').theme,
    projection: earthProjections.get(projection),
    measure,
    wordless: false,
  })
  const { scene } = composeMap(layGround(plan, basemaps.get(detail)!), shown.points)
  return { fit: plan.fit, layers: scene.layers }
}

const textBox = (layer: TextLayer): number[] => {
  const width = measure(layer.text, layer)
  const left = layer.align === 'left' ? layer.x : layer.align === 'right' ? layer.x - width : layer.x - width / 2
  const descent = /^[\d.,kM–]+$/.test(layer.text) ? 0 : layer.size * 0.2
  return [left, layer.y - layer.size * 0.74, left + width, layer.y + descent]
}

/** x, y, x, y, … of what a layer draws, and how far outside of the frame it may lie. */
const drawn = (layer: Layer): { coordinates: ArrayLike<number>; overlap: number } => {
  switch (layer.kind) {
    case 'shape':
      return { coordinates: layer.outline.coordinates, overlap: OVERLAP_PIXELS + (layer.stroke?.width ?? 0) / 2 }
    case 'dots':
      return { coordinates: layer.centres, overlap: 1 }
    case 'symbols':
      return { coordinates: layer.positions, overlap: 1 }
    case 'text':
      return { coordinates: textBox(layer), overlap: 0.5 }
    case 'image':
      return { coordinates: [layer.x, layer.y, layer.x + layer.width, layer.y + layer.height], overlap: 0 }
    case 'density':
      // Its edges hold nothing: room for spots.
      return { coordinates: [], overlap: 0 }
  }
}

const outside = ({ layers }: Composed, width: number, height: number): string[] =>
  layers.flatMap((layer) => {
    const { coordinates, overlap } = drawn(layer)
    // Single precision and d3's clipping.
    const room = overlap + 0.1
    for (let i = 0; i < coordinates.length; i += 2) {
      const [x, y] = [coordinates[i]!, coordinates[i + 1]!]
      if (x >= -room && y >= -room && x <= width + room && y <= height + room) continue
      return [`${layer.role} ${layer.kind}${layer.kind === 'text' ? ` "${layer.text}"` : ''} at ${x}, ${y}`]
    }
    return []
  })

const BENDING: ReadonlySet<Role> = new Set([
  'land',
  'countries',
  'borders',
  'lakes',
  'paths',
  'arcs',
  'accuracy',
  'graticule',
  'night',
])

/** Along an edge of the frame or of the world, areas may be closed by a long line; and a pole may be as long as the world is wide. */
const isEdge = (one: number, other: number, edges: readonly number[]): boolean =>
  edges.some((edge) => Math.abs(one - edge) < 1 && Math.abs(other - edge) < 1)

const extremes = ({ coordinates }: Outline, from: number): [number, number] => {
  let [low, high] = [Infinity, -Infinity]
  for (let i = from; i < coordinates.length; i += 2) {
    low = Math.min(low, coordinates[i]!)
    high = Math.max(high, coordinates[i]!)
  }
  return [low, high]
}

/** Segments longer than half of the world is wide. */
const smears = ({ fit, layers }: Composed): string[] => {
  const [left, right] = extremes(fit.sphere, 0)
  const longest =
    (fit.whole ? right - left : Math.max(fit.worldWidth, 2 * (fit.box.width + 2 * OVERLAP_PIXELS + 2))) / 2
  const frame = [-OVERLAP_PIXELS, fit.box.height + OVERLAP_PIXELS]
  const edges = fit.whole ? [...extremes(fit.sphere, 1), fit.box.y, fit.box.y + fit.box.height] : frame
  return layers.flatMap((layer) => {
    if (layer.kind !== 'shape' || !BENDING.has(layer.role)) return []
    const { coordinates, starts } = layer.outline
    for (let line = 0; line < starts.length; line += 1) {
      const end = starts[line + 1] ?? coordinates.length / 2
      for (let i = starts[line]! + 1; i < end; i += 1) {
        const [x0, y0, x1, y1] = coordinates.subarray(2 * i - 2, 2 * i + 2) as unknown as [
          number,
          number,
          number,
          number,
        ]
        if (Math.abs(x1 - x0) <= longest) continue
        if (isEdge(y0, y1, edges)) continue
        return [`${layer.role} from ${x0}, ${y0} to ${x1}, ${y1}`]
      }
    }
    return []
  })
}

describe.each(PROJECTIONS)('%s', (projection) => {
  it.each(Object.keys(VIEWS))('%s: nothing is drawn outside of the frame, and nothing is smeared', (name) => {
    fc.assert(
      fc.property(data, VIEWS[name]!, look, (shown, view, options) => {
        const composed = compose(projection, shown, { ...options, view })
        expect(outside(composed, options.width, options.height)).toEqual([])
        expect(smears(composed)).toEqual([])
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })
})

const SEA = {
  'the Indian Ocean': [-25, 80],
  'beside the Maldives': [2, 71.5],
  'the Arabian Sea': [12, 63],
  'the Pacific': [5, -140],
  'the south Pacific': [-45, -120],
  'the Pacific at the antimeridian': [30, 179],
  'the Atlantic': [30, -45],
  'the Arctic Ocean': [86, -150],
} as const
const LAND = {
  Sahara: [23, 8],
  Siberia: [63, 105],
  Australia: [-25, 134],
  Kansas: [38.5, -98],
  'the coast of Antarctica': [-74, 100],
  Chukotka: [66.5, 178],
} as const

/** By the rule of non-zero winding, as the canvas fills. */
const covers = ({ coordinates, starts }: Outline, x: number, y: number): boolean => {
  let winding = 0
  for (let line = 0; line < starts.length; line += 1) {
    const end = starts[line + 1] ?? coordinates.length / 2
    const start = starts[line]!
    for (let i = start; i < end; i += 1) {
      const next = i + 1 === end ? start : i + 1
      const [x0, y0, x1, y1] = [
        coordinates[2 * i]!,
        coordinates[2 * i + 1]!,
        coordinates[2 * next]!,
        coordinates[2 * next + 1]!,
      ]
      if (y0 <= y === y1 <= y) continue
      if (x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) winding += y1 > y0 ? 1 : -1
    }
  }
  return winding !== 0
}

const WORLD_VIEWS: readonly (readonly [string, ViewOptions])[] = [
  ['the whole world', {}],
  ['around the Indian Ocean', { center: { latitude: -10, longitude: 75 }, zoom: 2.2 }],
  ['around the Pacific', { center: { latitude: 10, longitude: 180 }, zoom: 1.6 }],
  ['around the north pole', { center: { latitude: 80, longitude: 170 }, zoom: 2 }],
  ['across ±180°', { box: { south: -50, west: 130, north: 75, east: -100 } }],
]

describe('land and sea', () => {
  it.each(
    PROJECTIONS.flatMap((projection) =>
      WORLD_VIEWS.flatMap(([name, view]) =>
        (['110m', '10m'] as const).map((detail) => [projection, name, detail, view] as const),
      ),
    ),
  )('%s, %s, %s: each where it is', (projection, _name, detail, view) => {
    const composed = compose(projection, mapData(), { width: 1000, height: 600, view }, detail)
    const land = composed.layers.find(({ role }) => role === 'land')
    if (land?.kind !== 'shape') throw new Error('no land')
    let seen = 0
    const wrong = [...Object.entries(SEA), ...Object.entries(LAND)].flatMap(([what, [north, east]]) => {
      const at = projectVisible(composed.fit, { latitude: north, longitude: east })
      if (at === null) return []
      seen += 1
      return covers(land.outline, ...at) === what in LAND ? [] : [what]
    })
    expect(seen).toBeGreaterThan(0)
    expect(wrong).toEqual([])
    expect(smears(composed)).toEqual([])
    expect(outside(composed, 1000, 600)).toEqual([])
  })
})
