/**
 * What commands say to people, always on stderr: notes, one live progress line on a terminal, a line now and then on a
 * pipe. Machine output goes to stdout and never passes here.
 */

import ora, { type Ora } from 'ora'
import type { ProgressSink } from '../core/progress.ts'
import { formatBytes, formatCount, formatDuration } from '../core/units.ts'

export interface Terminal {
  /** A line that stays. */
  note(line: string): void
  /** Replaces the live line; on a pipe it is printed at most every ten seconds. */
  live(line: string): void
  /** Removes the live line. */
  clear(): void
  /** Live lines "label: done of total unit, rate, time left", for work that reports steps. */
  progress(label: string): ProgressSink
}

const PIPE_INTERVAL_MS = 10_000
const REDRAW_INTERVAL_MS = 100

const formatStep = (value: number, unit: string): string =>
  unit === 'bytes' ? formatBytes(value) : `${formatCount(value)} ${unit}`

export const quietTerminal: Terminal = {
  note: () => undefined,
  live: () => undefined,
  clear: () => undefined,
  progress: () => () => undefined,
}

export const makeTerminal = (stream: NodeJS.WriteStream = process.stderr): Terminal => {
  const isTerminal = stream.isTTY === true
  let spinner: Ora | undefined
  let lastMs = performance.now()
  const clear = (): void => {
    spinner?.stop()
    spinner = undefined
  }
  const live = (line: string): void => {
    if (isTerminal) {
      // Signals stay ours (discardStdin would put the terminal into raw mode, where Ctrl-C is a mere character).
      spinner ??= ora({ stream, discardStdin: false }).start()
      spinner.text = line.slice(0, Math.max(20, stream.columns - 4))
      return
    }
    const nowMs = performance.now()
    if (nowMs - lastMs < PIPE_INTERVAL_MS) return
    lastMs = nowMs
    stream.write(`${line}\n`)
  }
  return {
    note(line) {
      clear()
      stream.write(`${line}\n`)
    },
    live,
    clear,
    progress(label) {
      const startMs = performance.now()
      let drawnMs = Number.NEGATIVE_INFINITY
      return ({ done, total, unit }) => {
        const nowMs = performance.now()
        if (nowMs - drawnMs < REDRAW_INTERVAL_MS) return
        drawnMs = nowMs
        const elapsedMs = nowMs - startMs
        const left =
          total === undefined || done === 0
            ? ''
            : `, ${formatDuration((elapsedMs * 1000 * (total - done)) / done)} left`
        const of = total === undefined ? '' : ` of ${formatStep(total, unit)}`
        live(`${label}: ${formatStep(done, unit)}${of}${left}`)
      }
    },
  }
}
