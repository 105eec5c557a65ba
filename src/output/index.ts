/** The output formats. A new one is a file and a line here. */

import { makeRegistry } from '../core/registry.ts'
import { csv } from './csv.ts'
import { json, ndjson } from './json.ts'
import { text } from './text.ts'

export const outputFormats = makeRegistry('output format', [csv, ndjson, json, text])
