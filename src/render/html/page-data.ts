/** Everything that a page shows, as one packed block (page-format.ts says how). */

import { deflateSync } from 'node:zlib'
import type { Drawing } from '../backends/contract.ts'
import type { Basemap } from '../basemap.ts'
import { isDrawable } from '../point-projection.ts'
import type { Theme } from '../styles/contract.ts'
import { packOutline } from './outline-packing.ts'
import { COLUMNS, type ColumnName, type PageHeader, type PagePath, type PageTheme } from './page-format.ts'
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
  blend: theme.blend,
  bloom: theme.bloom,
  coastWidth: theme.coastWidth,
  borderWidth: theme.borderWidth,
})

const toDegrees = (value: number): number => Math.round(value * 1e4) / 1e4

const pagePaths = (drawing: Drawing): PagePath[] =>
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

export interface PageData {
  /** Compressed. */
  readonly bytes: Buffer
  readonly points: PackedPoints
  readonly paths: number
}

export const packPage = (drawing: Drawing, basemap: Basemap): PageData => {
  const { data, options, theme } = drawing
  const points = packPoints(data.points)
  const columns: Record<ColumnName, Uint8Array> = {
    positions: points.positions,
    weights: points.weights,
    colours: data.colouring === undefined ? new Uint8Array(0) : points.colours,
    cities: points.cities,
    networks: points.networks,
    addresses: points.addresses,
    land: packOutline(basemap.land, true),
    borders: packOutline(basemap.borders, false),
    lakes: packOutline(basemap.lakes, true),
  }
  const paths = pagePaths(drawing)
  const lengths = Object.fromEntries(COLUMNS.map((name) => [name, columns[name].length]))
  const header: PageHeader = {
    columns: lengths as Record<ColumnName, number>,
    records: points.records,
    fractional: points.fractional,
    theme: pageTheme(theme),
    tone: options.tone,
    graticule: options.graticule,
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
