/** `--tiles`: a street map from the person's own tile server below everything else. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatCount } from '../../core/units.ts'
import { userAgent } from '../../geo/online/json-client.ts'
import type { Backend } from '../../render/backends/contract.ts'
import type { MapData, MapOptions } from '../../render/map-data.ts'
import { mercator } from '../../render/projection/mercator.ts'
import { tileFolder } from '../../render/tiles/tile-cache.ts'
import { makeTilePicture, type TileOrder, type TilePicture } from '../../render/tiles/tile-picture.ts'
import { parseTileTemplate } from '../../render/tiles/tile-template.ts'
import { chooseTiles } from '../../render/tiles/tile-view.ts'
import type { Terminal } from '../terminal.ts'

export interface TileOptions {
  tiles?: string
  tilesAttribution?: string
}

const MOST_ATTRIBUTION = 200

const attributionOf = (text: string | undefined): string => {
  if (text === undefined || text.trim() === '') {
    throw new InterplotError('ERR_USAGE', '--tiles wants --tiles-attribution', {
      advice: 'Say whose map it is, as the licence of the tiles asks: --tiles-attribution "© Example Maps".',
    })
  }
  if (text.length > MOST_ATTRIBUTION || /\p{Cc}/u.test(text)) {
    throw new InterplotError('ERR_USAGE', `--tiles-attribution wants one line of at most ${MOST_ATTRIBUTION} letters`)
  }
  return text.trim()
}

/**
 * What is to be asked of the tile server; undefined where there is none.
 * @throws InterplotError ERR_USAGE for what does not go together.
 */
export const tileOrder = (
  { tiles, tilesAttribution, projection }: TileOptions & { projection?: string },
  backend: Backend,
): TileOrder | undefined => {
  if (tiles === undefined) {
    if (tilesAttribution === undefined) return undefined
    throw new InterplotError('ERR_USAGE', '--tiles-attribution is for --tiles')
  }
  if (projection !== undefined && projection !== mercator.name) {
    throw new InterplotError('ERR_USAGE', `tiles are in the projection ${mercator.name}, not ${projection}`, {
      advice: 'Leave --projection out, or --tiles.',
    })
  }
  if (backend.backdrop !== true) {
    throw new InterplotError('ERR_USAGE', `${backend.name} shows no tiles`, {
      advice: 'With --tiles: png, svg, gif or apng.',
    })
  }
  return {
    template: parseTileTemplate(tiles),
    attribution: attributionOf(tilesAttribution),
    userAgent: userAgent(),
    cacheFolder: tileFolder(process.env),
    nowMs: systemClock.nowUs() / 1000,
  }
}

const tell = ({ wanted, tally, cacheProblem }: TilePicture, host: string, terminal: Terminal): void => {
  const missing = tally.absent + tally.failed
  if (missing > 0) {
    const why = [
      ...(tally.absent > 0 ? [`${formatCount(tally.absent)} that the server does not have`] : []),
      ...[...tally.reasons].map(([reason, count]) => `${formatCount(count)}: ${reason}`),
    ]
    terminal.note(
      `${formatCount(missing)} of ${formatCount(wanted)} tiles from ${host} are missing (${why.join('; ')})`,
    )
  }
  if (cacheProblem !== null) terminal.note(`tiles are not kept for the next time (${cacheProblem})`)
}

/** Fetches what the map lies on. @throws InterplotError ERR_USAGE, ERR_TILES. */
export const addBackdrop = async (
  data: MapData,
  look: MapOptions,
  order: TileOrder,
  terminal: Terminal,
): Promise<void> => {
  const { host } = order.template
  terminal.live(`tiles from ${host}`)
  const picture = await makeTilePicture(chooseTiles(data, look.view, look), order)
  look.backdrop = picture.backdrop
  tell(picture, host, terminal)
}
