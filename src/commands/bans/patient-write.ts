/**
 * Writes while another program may hold the results file: an import on a timer, a report, a backup. Who follows a log for weeks
 * waits for it, says so once, and loses nothing.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { InterplotError } from '../../core/errors.ts'
import type { Terminal } from '../terminal.ts'

export interface Patience {
  terminal: Pick<Terminal, 'note'>
  /** Ends the waiting. */
  stop: AbortSignal
  /** Between two tries, beside what SQLite itself waits. */
  pauseMs?: number
}

const PAUSE_MS = 1000

/** @throws what the work throws, ERR_STORE_BUSY only when it was told to stop. */
export const writePatiently = async <T>(
  work: () => T | Promise<T>,
  { terminal, stop, pauseMs = PAUSE_MS }: Patience,
): Promise<T> => {
  for (let told = false; ; told = true) {
    try {
      const made = await work()
      if (told) terminal.note('the results file is free again')
      return made
    } catch (error) {
      if (!(error instanceof InterplotError) || error.code !== 'ERR_STORE_BUSY' || stop.aborted) throw error
      if (!told) terminal.note(`${error.message}; what happens meanwhile is kept, and written when it is free`)
    }
    await wait(pauseMs, undefined, { signal: stop }).catch(() => undefined)
  }
}
