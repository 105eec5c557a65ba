/** A layer of points: one way to show how much lies where. One file each, listed in index.ts. */

import type { Described } from '../../core/registry.ts'
import type { Basemap } from '../basemap.ts'
import type { Page } from '../furniture.ts'
import type { Legend, LegendShape } from '../legend.ts'
import type { MapData, MapOptions, MapPoints } from '../map-data.ts'
import type { MapFit } from '../map-fit.ts'
import type { Layer } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'
import type { ToneScale } from '../tone-scale.ts'

export interface LayerInput {
  readonly fit: MapFit
  readonly page: Page
  readonly theme: Theme
  readonly basemap: Basemap
  readonly data: MapData
  /** Those of `data`, or of one frame of it. */
  readonly points: MapPoints
  readonly options: MapOptions
  /** A scale that was found before, so that frames can be compared. */
  readonly scale?: ToneScale
}

export interface DrawnLayer {
  /** Between the land and its borders. */
  readonly below: readonly Layer[]
  /** On top of the basemap. */
  readonly above: readonly Layer[]
  /** What the colours and sizes mean; null when nothing is drawn. */
  readonly legend: Legend | null
  readonly scale?: ToneScale
}

export interface PointLayer extends Described {
  /** What its legend will need before anything is drawn: rows of words, or 0 for a bar of colours; null for no legend. */
  legendShape(data: MapData): LegendShape | null
  /** Its marks have an extent, and numbers in them: names of places keep off. */
  readonly isMarked?: boolean
  /** How far it reaches above its points, pixels. */
  headroom?(page: Page): number
  draw(input: LayerInput): DrawnLayer
}
