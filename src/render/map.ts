/** The whole way from points to a picture. */

import { backends } from './backends/index.ts'
import { detailForWidth, loadBasemap } from './basemap.ts'
import { makeTextMeasure } from './font.ts'
import { DEFAULT_MAP_OPTIONS, type MapData, type MapOptions } from './map-data.ts'
import { checkPictureSize } from './picture-limits.ts'
import { projections } from './projection/index.ts'
import { styles } from './styles/index.ts'

export type { MapData, MapOptions, MapPath, MapPoints, PathPoint } from './map-data.ts'

/**
 * Draws a map. The same data and options give the same bytes.
 * @throws InterplotError ERR_USAGE for a size out of range, ERR_UNKNOWN_NAME for a projection, style or backend that is
 * not there, ERR_INPUT_FILE when a file of the installation is missing.
 */
export const renderMap = async (data: MapData, options: Partial<MapOptions> = {}): Promise<Buffer> => {
  const { width, height, ...names } = { ...DEFAULT_MAP_OPTIONS, ...options }
  checkPictureSize(width, height)
  const projection = projections.get(names.projection)
  const style = styles.get(names.style)
  const backend = backends.get(names.backend)
  const basemap = await loadBasemap(detailForWidth(width))
  const scene = style.compose({ data, width, height, projection, basemap, measure: makeTextMeasure() })
  return backend.paint(scene)
}
