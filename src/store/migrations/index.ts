/** Forward-only migrations, in order. A released one never changes; a change of the schema is a new file and line. */

import { results } from './0001-results.ts'
import { checkpoints } from './0002-checkpoints.ts'
import { answeringNetworks } from './0003-answering-networks.ts'
import { banners } from './0004-banners.ts'
import { placeStates } from './0005-place-states.ts'
import { traceDetails } from './0006-trace-details.ts'
import { massTraces } from './0007-mass-traces.ts'
import { traceFindings } from './0008-trace-findings.ts'
import { connections } from './0009-connections.ts'
import { bans } from './0010-bans.ts'

export interface Migration {
  /** `PRAGMA user_version` after it ran; 1, 2, 3, … */
  readonly version: number
  readonly name: string
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  results,
  checkpoints,
  answeringNetworks,
  banners,
  placeStates,
  traceDetails,
  massTraces,
  traceFindings,
  connections,
  bans,
]
