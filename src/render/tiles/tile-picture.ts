/**
 * A background of street-map tiles, put together by staticmaps. Asking for them is not left to that package: it keeps nothing,
 * follows redirects to anywhere, knows no zoom 0 and beyond the edge of the world asks for tiles of the other side. Its method
 * `getTile` is replaced by ours; the URL that it is given only keeps it from one of its own.
 */

import type { TileOutcome, WantedTile } from 'staticmaps'
import { InterplotError } from '../../core/errors.ts'
import type { Backdrop } from '../map-data.ts'
import { openTileCache } from './tile-cache.ts'
import { MOST_REQUESTS, makeTileClient } from './tile-client.ts'
import { makeTileSource, type TileSource, type TileTally } from './tile-source.ts'
import type { TileTemplate } from './tile-template.ts'
import { MOST_TILE_ZOOM, type PlacedTile, placeTiles, TILE_PIXELS, type TileView } from './tile-view.ts'

const REQUEST_TIMEOUT_MS = 10_000
const ALL_TIMEOUT_MS = 180_000
const PAUSE_MS = 500

export interface TileOrder {
  readonly template: TileTemplate
  readonly attribution: string
  readonly userAgent: string
  /** Null to keep nothing. */
  readonly cacheFolder: string | null
  readonly nowMs: number
  readonly requestTimeoutMs?: number
  readonly pauseMs?: number
}

export interface TilePicture {
  readonly backdrop: Backdrop
  /** Different ones. */
  readonly wanted: number
  readonly tally: TileTally
  /** Why tiles are not kept, where that is so. */
  readonly cacheProblem: string | null
}

const compose = async (view: TileView, tiles: readonly PlacedTile[], source: TileSource): Promise<Buffer> => {
  const { default: StaticMaps } = await import('staticmaps')
  const placed = new Map(tiles.map((tile) => [`${tile.left} ${tile.top}`, tile]))
  const tileAt = ([left, top]: WantedTile['box']): PlacedTile | undefined => placed.get(`${left} ${top}`)
  const spoilt: PlacedTile[] = []
  class TileMap extends StaticMaps {
    /** Asked where the zoom is 0. */
    protected override calculateZoom(): number {
      return view.zoom
    }

    protected override async getTile({ url, box }: WantedTile): Promise<TileOutcome> {
      this.#watch()
      const tile = tileAt(box)
      const body = tile === undefined ? null : await source.get(tile)
      return body === null ? { success: false } : { success: true, tile: { url, box, body } }
    }

    /** A picture that cannot be decoded is left out without a word. */
    #watched = false
    #watch(): void {
      if (this.#watched) return
      this.#watched = true
      const { image } = this
      const prepare = image.prepareTileParts.bind(image)
      image.prepareTileParts = async (data) => {
        const part = await prepare(data)
        const tile = part.success ? undefined : tileAt(data.box)
        if (tile !== undefined) spoilt.push(tile)
        return part
      }
    }
  }
  const { width, height, center, zoom } = view
  const map = new TileMap({
    ...{ width, height, tileUrl: '{z}/{x}/{y}', tileSize: TILE_PIXELS, tileRequestLimit: MOST_REQUESTS },
    zoomRange: { min: 1, max: MOST_TILE_ZOOM },
  })
  await map.render([center.longitude, center.latitude], zoom)
  for (const tile of spoilt) await source.spoil(tile)
  return map.image.image
}

const noTiles = ({ template }: TileOrder, { reasons, absent }: TileTally): InterplotError => {
  const why = [...reasons.keys()][0] ?? (absent > 0 ? 'it has none there' : 'no reason given')
  return new InterplotError('ERR_TILES', `not one tile came from ${template.host}: ${why}`, {
    advice:
      'Check the URL in --tiles and whether the server is up and lets you in; without --tiles the map needs no server.',
  })
}

/** @throws InterplotError ERR_USAGE for too many tiles, ERR_TILES when there is not one. */
export const makeTilePicture = async (view: TileView, order: TileOrder): Promise<TilePicture> => {
  const { template, attribution, userAgent, nowMs } = order
  const tiles = placeTiles(view)
  const cache = openTileCache({ folder: order.cacheFolder, template, nowMs })
  const client = makeTileClient({ template, userAgent, timeoutMs: order.requestTimeoutMs ?? REQUEST_TIMEOUT_MS })
  const cancelSignal = AbortSignal.timeout(ALL_TIMEOUT_MS)
  const source = makeTileSource({ cache, client, pauseMs: order.pauseMs ?? PAUSE_MS, cancelSignal })
  try {
    const png = await compose(view, tiles, source)
    await cache.trim()
    const { tally } = source
    if (tally.fetched + tally.cached === 0) throw noTiles(order, tally)
    const { center, zoom } = view
    return {
      backdrop: { png, center, zoom, attribution },
      wanted: new Set(tiles.map(({ x, y }) => `${x} ${y}`)).size,
      tally,
      cacheProblem: cache.problem(),
    }
  } finally {
    await client.close()
  }
}
