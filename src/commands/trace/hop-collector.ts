/** Hops wait here for one large append a second, which a results file takes much faster than many small ones. */

import { type HopBatch, joinHopBatches } from '../../core/hop-batch.ts'
import type { Store } from '../../store/store.ts'

const MAX_ROWS = 131_072

export interface HopCollector {
  add(batch: HopBatch): void
  /** Appends what waits: before a state that knows of it, and at the end. */
  flush(): void
}

export const collectHops = (store: Store, runId: number): HopCollector => {
  let waiting: HopBatch[] = []
  let rows = 0
  const flush = (): void => {
    if (rows === 0) return
    const batch = joinHopBatches(waiting)
    waiting = []
    rows = 0
    store.appendHops(runId, batch)
  }
  return {
    add(batch) {
      waiting.push(batch)
      rows += batch.count
      if (rows >= MAX_ROWS) flush()
    },
    flush,
  }
}
