/** A backend: paints a scene into a file format. One file each, listed in index.ts. */

import type { Described } from '../../core/registry.ts'
import type { Scene } from '../scene.ts'

/** The name is the file name extension. */
export interface Backend extends Described {
  readonly mediaType: string
  /** @returns the whole file. */
  paint(scene: Scene): Promise<Buffer>
}
