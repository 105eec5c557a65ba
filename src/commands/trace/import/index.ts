/** The formats of traces that are JSON. Tables (a SQLite file, CSV) are read by seed-rows.ts. */

import { makeRegistry } from '../../../core/registry.ts'
import { atlas } from './atlas.ts'
import type { TraceFormat } from './contract.ts'
import { mtr } from './mtr.ts'
import { scamper } from './scamper.ts'

export const traceFormats = makeRegistry<TraceFormat>('trace format', [scamper, atlas, mtr])
