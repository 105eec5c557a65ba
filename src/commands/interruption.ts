/** Ctrl-C and SIGTERM: the first asks the work to end and keep what it has, the second ends the program at once. */

import type { Terminal } from './terminal.ts'

export interface Interruption {
  readonly requested: boolean
  /** Ends the listening; to be called when the work is over. */
  dispose(): void
}

export const EXIT_INTERRUPTED = 130

/** One Ctrl-C arrives twice where a parent (npx, sudo, timeout) passes on what the terminal has sent to all already. */
const SAME_PRESS_MS = 500

export const onInterruption = (stop: () => void): Interruption => {
  let requested = false
  let requestedMs = 0
  const handle = (): void => {
    if (!requested) {
      requested = true
      requestedMs = performance.now()
      stop()
    } else if (performance.now() - requestedMs > SAME_PRESS_MS) process.exit(EXIT_INTERRUPTED)
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    get requested() {
      return requested
    },
    dispose() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}

/**
 * Work that Ctrl-C ends by a signal, as downloads are.
 * @returns what the work returns, or EXIT_INTERRUPTED. @throws what it throws by itself.
 */
export const abortable = async (
  terminal: Pick<Terminal, 'clear'>,
  work: (cancelSignal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const abort = new AbortController()
  const interruption = onInterruption(() => abort.abort())
  try {
    return await work(abort.signal)
  } catch (error) {
    terminal.clear()
    if (interruption.requested) return EXIT_INTERRUPTED
    throw error
  } finally {
    interruption.dispose()
  }
}
