/** A backend: makes a file of what is to be drawn. One file each, listed in index.ts. */

import type { Described } from '../../core/registry.ts'
import type { MapData, MapOptions } from '../map-data.ts'
import type { Scene } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'

/** A map that is decided on and not yet painted. */
export interface Drawing {
  readonly data: MapData
  readonly options: MapOptions
  readonly theme: Theme
  /** Composed when it is asked for: a backend that draws from the data alone does not pay for it. */
  scene(): Promise<Scene>
  /** One scene for each of `data.frames`. Layers that do not change from frame to frame are the same objects, first in order. */
  frames(): Promise<{ readonly count: number; scene(index: number): Scene }>
}

/** The name is what `--format` takes. */
export interface Backend extends Described {
  /** File name extensions that ask for it, with their dot, in lower case; the first is its own. */
  readonly extensions: readonly string[]
  readonly mediaType: string
  /** The scene has no words around the map: the backend writes its own. */
  readonly wordless?: boolean
  /** It can show tiles of a street map below everything else. */
  readonly backdrop?: boolean
  /** What of the data and options such a file leaves out, a line each. @param layer the one that is asked for, or the style's. */
  remarks?(data: MapData, options: MapOptions, layer: string): readonly string[]
  /** Its letters are painted with the shipped typeface: what that lacks cannot be shown. */
  readonly painted?: boolean
  /** It shows one frame after the other. */
  readonly animated?: boolean
  /** @returns the whole file. The same drawing gives the same bytes. */
  write(drawing: Drawing): Promise<Buffer>
}
