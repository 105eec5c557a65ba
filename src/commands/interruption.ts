/** Ctrl-C and SIGTERM: the first asks the work to end and keep what it has, the second ends the program at once. */

export interface Interruption {
  readonly requested: boolean
  /** Ends the listening; to be called when the work is over. */
  dispose(): void
}

export const EXIT_INTERRUPTED = 130

export const onInterruption = (stop: () => void): Interruption => {
  let requested = false
  const handle = (): void => {
    if (requested) process.exit(EXIT_INTERRUPTED)
    requested = true
    stop()
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
