/** A map without anything on it, for pages that put their own things there: land, borders, lakes and the theme, packed. */

import { loadBasemap } from '../basemap.ts'
import { DEFAULT_MAP_OPTIONS, type MapData } from '../map-data.ts'
import type { Theme } from '../styles/contract.ts'
import { packPage } from './page-data.ts'

const NOTHING: MapData = {
  points: { latitude: new Float64Array(0), longitude: new Float64Array(0), weight: new Float64Array(0) },
  paths: [],
  counts: { located: 0, unlocated: 0 },
  title: '',
  subtitle: '',
  attributions: [],
  addresses: new Uint32Array(0),
}

/** @returns the block that html/page-format.ts describes, compressed. */
export const packGround = async (theme: Theme): Promise<Buffer> =>
  packPage({ data: NOTHING, options: DEFAULT_MAP_OPTIONS, theme }, await loadBasemap('50m')).bytes
