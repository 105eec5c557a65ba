/**
 * The pace of a running scan, changed by hand: the keys + and - on a terminal, p for a pause, SIGUSR1 and SIGUSR2 from
 * elsewhere (faster, slower: zmap's signals and its step of 5 %).
 */

const STEP = 1.05
const CTRL_C = '\u0003'
const CTRL_Z = '\u001a'

export interface LiveControl {
  stop(): void
}

export interface LiveControlHandlers {
  /** Multiplies the rate. */
  change(factor: number): void
  togglePause(): void
}

export const startLiveControl = ({ change, togglePause }: LiveControlHandlers, quiet: boolean): LiveControl => {
  const faster = (): void => change(STEP)
  const slower = (): void => change(1 / STEP)
  process.on('SIGUSR1', faster)
  process.on('SIGUSR2', slower)
  const input = process.stdin
  const hasKeys = !quiet && input.isTTY && process.stderr.isTTY
  const onKey = (data: Buffer): void => {
    for (const key of data.toString()) {
      if (key === '+' || key === '=') faster()
      else if (key === '-') slower()
      else if (key === 'p' || key === ' ') togglePause()
      // A terminal that hands over single keys makes no signals of them.
      else if (key === CTRL_C) process.kill(process.pid, 'SIGINT')
      else if (key === CTRL_Z) {
        input.setRawMode(false)
        process.once('SIGCONT', () => input.setRawMode(true))
        process.kill(process.pid, 'SIGTSTP')
      }
    }
  }
  if (hasKeys) {
    input.setRawMode(true)
    input.on('data', onKey)
    input.resume()
  }
  return {
    stop() {
      process.off('SIGUSR1', faster)
      process.off('SIGUSR2', slower)
      if (!hasKeys) return
      input.off('data', onKey)
      input.setRawMode(false)
      input.pause()
    },
  }
}
