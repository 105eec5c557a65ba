/** The file formats that a map can be written in. */

import { makeRegistry } from '../../core/registry.ts'
import { apng } from './apng.ts'
import type { Backend } from './contract.ts'
import { geojson } from './geojson.ts'
import { gif } from './gif.ts'
import { html } from './html.ts'
import { png } from './png.ts'
import { svg } from './svg.ts'
import { terminal } from './terminal.ts'

export const backends = makeRegistry<Backend>('map format', [png, svg, html, geojson, terminal, gif, apng])
