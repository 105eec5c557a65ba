/** Land, borders and lakes of the world (Natural Earth) from files in the package and its dependencies: no network. */

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { geoArea } from 'd3-geo'
import type { Feature, MultiLineString, MultiPolygon, Polygon } from 'geojson'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { fileError } from '../core/errors.ts'
import { packageRoot } from '../core/package-root.ts'
import { countryOfShape } from './country-shapes.ts'

/** Scale of the source: 1:110 million, 1:50 million, 1:10 million. */
export type BasemapDetail = '110m' | '50m' | '10m'

export interface Basemap {
  readonly land: MultiPolygon
  readonly borders: MultiLineString
  readonly lakes: MultiPolygon
  /** Shapes of countries by their code, read when they are asked for. */
  countries(): readonly CountryShape[]
}

export interface CountryShape {
  /** ISO 3166-1 alpha-2. */
  readonly code: string
  readonly shape: MultiPolygon
}

/** Coarser data looks angular, finer data is lost in the pixels and costs time. */
export const detailForWidth = (widthPixels: number): BasemapDetail =>
  widthPixels < 640 ? '110m' : widthPixels < 5000 ? '50m' : '10m'

const require = createRequire(import.meta.url)

/** These files hold the land as well as the countries. */
const FILE_OF: Readonly<Record<BasemapDetail, () => string>> = {
  '110m': () => require.resolve('world-atlas/countries-110m.json'),
  '50m': () => require.resolve('world-atlas/countries-50m.json'),
  '10m': () => require.resolve('world-atlas/countries-10m.json'),
}

const loaded = new Map<BasemapDetail, Promise<Basemap>>()

const readTopology = async (path: string | URL): Promise<Topology> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', String(path), error)
  }
}

const areasOf = (topology: Topology, name: string): Polygon['coordinates'][] => {
  const object = topology.objects[name]
  if (object === undefined) return []
  const found = feature(topology, object)
  return (found.type === 'FeatureCollection' ? found.features : [found]).flatMap(({ geometry }) => {
    if (geometry.type === 'Polygon') return [geometry.coordinates]
    return geometry.type === 'MultiPolygon' ? geometry.coordinates : []
  })
}

/** The 1:10 million land has three atolls wound the wrong way round: d3 would take them for the whole rest of the world. */
const isWoundRight = (rings: Polygon['coordinates']): boolean =>
  rings.some((ring) => ring.length > 4) || geoArea({ type: 'Polygon', coordinates: rings }) <= 2 * Math.PI

const isCollection = (object: Topology['objects'][string] | undefined): object is GeometryCollection =>
  object?.type === 'GeometryCollection'

/** Borders between countries, each once, without coasts. */
const bordersOf = (topology: Topology): MultiLineString => {
  const countries = topology.objects['countries']
  return isCollection(countries)
    ? mesh(topology, countries, (a, b) => a !== b)
    : { type: 'MultiLineString', coordinates: [] }
}

const countriesOf = (topology: Topology): CountryShape[] => {
  const collection = topology.objects['countries']
  if (!isCollection(collection)) return []
  const byCode = new Map<string, Polygon['coordinates'][]>()
  for (const geometry of collection.geometries) {
    const { id, properties } = geometry
    const name = properties !== undefined && 'name' in properties ? String(properties['name']) : undefined
    const code = countryOfShape(id === undefined ? undefined : String(id), name)
    if (code === null) continue
    const { geometry: shape } = feature(topology, geometry) as Feature
    const areas =
      shape.type === 'Polygon' ? [shape.coordinates] : shape.type === 'MultiPolygon' ? shape.coordinates : []
    byCode.set(code, [...(byCode.get(code) ?? []), ...areas.filter(isWoundRight)])
  }
  return [...byCode].map(([code, coordinates]) => ({ code, shape: { type: 'MultiPolygon', coordinates } }))
}

const load = async (detail: BasemapDetail): Promise<Basemap> => {
  const [countries, lakes] = await Promise.all([
    readTopology(FILE_OF[detail]()),
    readTopology(new URL('data/lakes-50m.json', packageRoot)),
  ])
  let shapes: readonly CountryShape[] | undefined
  return {
    countries() {
      shapes ??= countriesOf(countries)
      return shapes
    },
    land: { type: 'MultiPolygon', coordinates: areasOf(countries, 'land').filter(isWoundRight) },
    borders: bordersOf(countries),
    lakes: { type: 'MultiPolygon', coordinates: areasOf(lakes, 'lakes').filter(isWoundRight) },
  }
}

/** Read once and kept. @throws InterplotError ERR_INPUT_FILE when the installation is incomplete. */
export const loadBasemap = (detail: BasemapDetail): Promise<Basemap> => {
  const known = loaded.get(detail)
  if (known !== undefined) return known
  const basemap = load(detail)
  loaded.set(detail, basemap)
  basemap.catch(() => loaded.delete(detail))
  return basemap
}
