/** Everything that a page shows, as one packed block (page-format.ts says how). */

import { deflateSync } from 'node:zlib'
import type { Drawing } from '../backends/contract.ts'
import type { Basemap } from '../basemap.ts'
import type { MapData, MapPoints } from '../map-data.ts'
import { isDrawable } from '../point-projection.ts'
import type { Theme } from '../styles/contract.ts'
import { packAreas } from './area-packing.ts'
import { packNight } from './night-packing.ts'
import { packOutline } from './outline-packing.ts'
import {
  COLUMNS,
  type ColumnName,
  type PageHeader,
  type PageLayer,
  type PagePath,
  type PageTheme,
} from './page-format.ts'
import { type PackedPoints, packPoints } from './point-packing.ts'

const pageTheme = (theme: Theme): PageTheme => ({
  background: theme.background,
  ocean: theme.ocean,
  land: theme.land,
  coast: theme.coast,
  border: theme.border,
  graticule: theme.graticule,
  title: theme.title,
  halo: theme.halo,
  vantage: theme.vantage,
  pathStart: theme.pathStart,
  pathEnd: theme.pathEnd,
  hop: theme.hop,
  marker: theme.marker,
  groups: theme.groups,
  ramp: Array.from(theme.ramp.rgb, Math.round),
  night: theme.night,
  blend: theme.blend,
  bloom: theme.bloom,
  coastWidth: theme.coastWidth,
  borderWidth: theme.borderWidth,
})

const toDegrees = (value: number): number => Math.round(value * 1e4) / 1e4

const pagePaths = (drawing: Pick<Drawing, 'data'>): PagePath[] =>
  drawing.data.paths
    .map((path) => ({
      ...path,
      points: path.points
        .filter(({ latitude, longitude }) => isDrawable(latitude, longitude))
        .map((point) => ({
          ...point,
          latitude: toDegrees(point.latitude),
          longitude: toDegrees(point.longitude),
        })),
    }))
    .filter(({ points }) => points.length > 0)

/** Frames that nothing says the times of are none. */
const framed = ({ points, frames }: MapData): MapPoints => {
  if (frames !== undefined) return points
  const { frame: _frame, ...rest } = points
  return rest
}

/** Pins and hexagons are pictures of one zoom: a page that zooms shows the density instead (page-remarks.ts says so). */
const PAGE_LAYERS: readonly PageLayer[] = ['density', 'dots', 'markers', 'choropleth']

export const pageLayer = (layer: string): PageLayer => PAGE_LAYERS.find((each) => each === layer) ?? 'density'

export interface PageData {
  /** Compressed. */
  readonly bytes: Buffer
  readonly points: PackedPoints
  readonly paths: number
}

export const packPage = (drawing: Pick<Drawing, 'data' | 'options' | 'theme'>, basemap: Basemap): PageData => {
  const { data, options, theme } = drawing
  const points = packPoints(framed(data), options.accuracy)
  const layer = pageLayer(options.layer ?? theme.layer)
  const areas = layer === 'choropleth' ? packAreas(data, basemap) : null
  const night = options.nightAtUs === undefined ? [] : packNight(options.nightAtUs)
  const columns: Record<ColumnName, Uint8Array> = {
    positions: points.positions,
    weights: points.weights,
    colours: data.colouring === undefined ? new Uint8Array(0) : points.colours,
    cities: points.cities,
    networks: points.networks,
    addresses: points.addresses,
    frames: points.frames,
    accuracy: points.accuracy,
    land: packOutline(basemap.land, true),
    borders: packOutline(basemap.borders, false),
    lakes: packOutline(basemap.lakes, true),
    areas: areas?.bytes ?? new Uint8Array(0),
    night: Buffer.concat(night),
  }
  const paths = pagePaths(drawing)
  const lengths = Object.fromEntries(COLUMNS.map((name) => [name, columns[name].length]))
  const header: PageHeader = {
    columns: lengths as Record<ColumnName, number>,
    records: points.records,
    fractional: points.fractional,
    theme: pageTheme(theme),
    tone: options.tone,
    layer,
    graticule: options.graticule,
    labels: options.labels,
    ...(data.frames === undefined ? {} : { frames: data.frames }),
    ...(areas === null ? {} : { areas: areas.areas }),
    night: night.map(({ length }) => length),
    ...(options.arcsTo === undefined ? {} : { arcsTo: options.arcsTo }),
    ...(data.counted === undefined ? {} : { counted: data.counted }),
    located: data.counts.located,
    view: options.view,
    ...(data.colouring === undefined ? {} : { colouring: data.colouring }),
    paths,
    rankings: data.rankings ?? [],
    countries: points.countryNames,
    cities: points.cityNames,
    networks: points.networkNames,
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  const all = Buffer.concat([length, json, ...COLUMNS.map((name) => columns[name])])
  return { bytes: deflateSync(all, { level: 9 }), points, paths: paths.length }
}
