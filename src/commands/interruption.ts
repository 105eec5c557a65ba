/** Ctrl-C and SIGTERM: the first asks the work to end and keep what it has, the second ends the program at once. */

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
