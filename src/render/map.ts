/** The whole way from points to a picture. */

import { composeAddressMap } from './address-space/address-map.ts'
import type { Backend, Drawing } from './backends/contract.ts'
import { backends } from './backends/index.ts'
import { detailForWidth, loadBasemap } from './basemap.ts'
import { colourMaps } from './colour-maps.ts'
import { rampOnMap } from './colour-ramp.ts'
import { makeTextMeasure } from './font.ts'
import { pointsOfFrame } from './frame-points.ts'
import { DEFAULT_MAP_OPTIONS, type MapData, type MapOptions } from './map-data.ts'
import { planMap } from './map-plan.ts'
import { checkPictureSize } from './picture-limits.ts'
import type { EarthProjection } from './projection/contract.ts'
import { projections } from './projection/index.ts'
import type { Scene } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { styles } from './styles/index.ts'
import type { CellGrid } from './terminal/cell-grid.ts'
import { DOTS_ACROSS, DOTS_DOWN, type TerminalLook } from './terminal/look.ts'
import { sceneCells } from './terminal/scene-cells.ts'
import { composeMap, layGround, type MapGround, withFrameWords } from './world-map.ts'

export type { MapData, MapOptions, MapPath, MapPoints } from './map-data.ts'

const themeOf = ({ style, colourMap }: MapOptions): Theme => {
  const { theme } = typeof style === 'string' ? styles.get(style) : style
  if (colourMap === undefined) return theme
  return { ...theme, ramp: rampOnMap(colourMaps.get(colourMap).ramp, theme.blend === 'screen') }
}

const groundOf = async (
  data: MapData,
  options: MapOptions,
  theme: Theme,
  { projection, backend }: { projection: EarthProjection; backend: Backend },
): Promise<MapGround> => {
  const { wordless = false, painted = false } = backend
  const plan = planMap({ data, options, theme, projection, measure: makeTextMeasure(), wordless, painted })
  return layGround(plan, await loadBasemap(detailForWidth(plan.fit.worldWidth)))
}

/** @throws InterplotError, see renderMap. */
const makeDrawing = (data: MapData, options: MapOptions, backend: Backend): Drawing => {
  const theme = themeOf(options)
  const projection = projections.get(options.projection)
  if (projection.space === 'ipv4') {
    const wordless = backend.wordless === true
    const compose = (): Scene => composeAddressMap({ data, options, theme, measure: makeTextMeasure(), wordless })
    return {
      ...{ data, options, theme },
      scene: async () => compose(),
      frames: async () => ({ count: 1, scene: compose }),
    }
  }
  let ground: Promise<MapGround> | undefined
  const theGround = (): Promise<MapGround> => {
    ground ??= groundOf(data, options, theme, { projection, backend })
    return ground
  }
  return {
    data,
    options,
    theme,
    scene: async (): Promise<Scene> => composeMap(await theGround(), data.points).scene,
    async frames() {
      const laid = await theGround()
      const { scale } = composeMap(laid, data.points)
      const count = Math.max(1, data.frames?.count ?? 1)
      return {
        count,
        scene: (index) => composeMap(withFrameWords(laid, index), pointsOfFrame(data, index), scale).scene,
      }
    },
  }
}

/**
 * Draws a map. The same data and options give the same bytes.
 * @throws InterplotError ERR_USAGE for a size or a view out of range, ERR_UNKNOWN_NAME for a projection, style, layer,
 * colour map or backend that is not there, ERR_INPUT_FILE when a file of the installation is missing.
 */
export const renderMap = async (data: MapData, options: Partial<MapOptions> = {}): Promise<Buffer> => {
  const all = { ...DEFAULT_MAP_OPTIONS, ...options }
  const backend = backends.get(all.backend)
  const kind = { coloured: data.colouring !== undefined, animated: backend.animated === true }
  if (backend.wordless !== true) checkPictureSize(all.width, all.height, kind)
  return backend.write(makeDrawing(data, all, backend))
}

/**
 * The map alone as characters, for a part of a terminal: as large as the look says, without words around it.
 * @throws InterplotError, see renderMap.
 */
export const renderCells = async (
  data: MapData,
  options: Partial<MapOptions>,
  look: TerminalLook,
): Promise<CellGrid> => {
  const size = { width: look.columns * DOTS_ACROSS, height: look.rows * DOTS_DOWN }
  const all = { ...DEFAULT_MAP_OPTIONS, ...options, ...size, backend: 'terminal', terminal: look }
  return sceneCells(await makeDrawing(data, all, backends.get('terminal')).scene(), look)
}
