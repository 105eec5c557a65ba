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
      // Now, since work may not let its timer come up for seconds.
      spinner.render()
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
      let doingNow = label
      let startMs = performance.now()
      let startDone = 0
      let drawnMs = Number.NEGATIVE_INFINITY
      return ({ done, total, unit, doing = label }) => {
        const nowMs = performance.now()
        if (doing !== doingNow) {
          doingNow = doing
          startMs = nowMs
          startDone = done
        }
        if (nowMs - drawnMs < REDRAW_INTERVAL_MS) return
        drawnMs = nowMs
        const perMs = (done - startDone) / (nowMs - startMs)
        const known = Number.isFinite(perMs) && perMs > 0
        const rate = known ? `, ${formatStep(Math.round(perMs * 1000), unit)}/s` : ''
        const left = total === undefined || !known ? '' : `, ${formatDuration(((total - done) / perMs) * 1000)} left`
        // The unit once: "524,288 of 8,434,240 networks, 513,114 networks/s".
        const at = total === undefined || unit === 'bytes' ? formatStep(done, unit) : formatCount(done)
        const of = total === undefined ? '' : ` of ${formatStep(total, unit)}`
        live(`${doing}: ${at}${of}${rate}${left}`)
      }
    },
  }
}
