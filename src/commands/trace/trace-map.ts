/** `interplot trace --map FILE`: the traces of this run, drawn by the work of `interplot render`. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InterplotError } from '../../core/errors.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import type { TraceOptions } from './trace-options.ts'

export interface TraceMap {
  /** The results file that is drawn from; false = none is kept and no map was asked for. */
  readonly db: string | false
  draw(runId: number): Promise<void>
  /** Removes what was only there for the map. */
  dispose(): void
}

/** What can be wrong with the map is said before a probe leaves. @throws InterplotError ERR_USAGE, ERR_UNKNOWN_NAME, ERR_OUTPUT_FILE */
export const openTraceMap = async (options: TraceOptions): Promise<TraceMap> => {
  const { map: outputFile, db: wanted = DEFAULT_RESULTS_FILE, maskHops, quiet } = options
  if (outputFile === undefined) return { db: wanted, draw: async () => undefined, dispose: () => undefined }
  if (outputFile === '-') {
    throw new InterplotError('ERR_USAGE', '--map wants a file: the hops are on standard output already', {
      advice: 'Like --map path.png',
    })
  }
  const [{ backendFor, render }, { checkOutput }] = await Promise.all([
    import('../render/render-stage.ts'),
    import('../output-path.ts'),
  ])
  backendFor({ outputFile })
  checkOutput(outputFile, wanted === false ? [] : [wanted])
  const folder = wanted === false ? mkdtempSync(join(tmpdir(), 'interplot-trace-')) : null
  const db = folder === null ? (wanted as string) : join(folder, 'traces.db')
  return {
    db,
    async draw(run) {
      await render({
        ...{ file: db, outputFile, run, fit: true, tone: 'log', graticule: true },
        ...(maskHops === undefined ? {} : { maskHops }),
        ...(quiet === undefined ? {} : { quiet }),
      })
    },
    dispose() {
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
    },
  }
}
