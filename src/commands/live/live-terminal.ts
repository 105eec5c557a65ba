/**
 * The terminal while a live view has it: the alternate screen without a cursor and without line wrapping (xterm's private modes
 * 1049, 25 and 7), keys one by one. However the program ends, also by an exception or a signal, the terminal gets back what
 * it had: leaving is synchronous and hangs on the process' exit.
 */

import { writeSync } from 'node:fs'
import { type Key, makeKeyReader } from './keys.ts'
import { type Screen, screenDifference } from './screen.ts'

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[0m\u001b[2J\u001b[H'
const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l'
/** At most ten frames a second. */
const FRAME_MS = 100
/** A terminal sends a key's sequence at once; what comes later is another key. */
const ESCAPE_MS = 50
const USUAL = { columns: 80, rows: 24 }

export interface LiveTerminalOptions {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  /** Draws what is to be seen now. */
  draw(columns: number, rows: number): Screen
  onKey(key: Key): void
  /** The terminal is gone. */
  onGone(): void
}

export interface LiveTerminal {
  /** Something has changed: paints soon. */
  refresh(): void
  /** Paints everything anew, as a terminal that was written over needs it. */
  repaint(): void
  /** Stops the program until it is told to go on (Ctrl-Z). */
  suspend(): void
  close(): void
}

export const openLiveTerminal = ({ input, output, draw, onKey, onGone }: LiveTerminalOptions): LiveTerminal => {
  let shown: Screen | null = null
  let inside = false
  let timer: NodeJS.Timeout | undefined
  let escapeTimer: NodeJS.Timeout | undefined
  let paintedMs = Number.NEGATIVE_INFINITY
  const keys = makeKeyReader()

  const paint = (): void => {
    timer = undefined
    // A slow line: what it has not taken yet would only grow older in front of this frame.
    if (!inside || output.writableNeedDrain) return
    paintedMs = performance.now()
    let screen: Screen
    try {
      screen = draw(output.columns ?? USUAL.columns, output.rows ?? USUAL.rows)
    } catch (error) {
      // What is wrong would be written where nobody sees it any more.
      leave()
      throw error
    }
    const difference = screenDifference(shown, screen)
    shown = screen
    if (difference !== '') output.write(difference)
  }
  const refresh = (): void => {
    if (timer !== undefined || !inside) return
    timer = setTimeout(paint, Math.max(0, paintedMs + FRAME_MS - performance.now()))
  }
  const repaint = (): void => {
    shown = null
    refresh()
  }
  const enter = (): void => {
    inside = true
    shown = null
    input.setRawMode(true)
    output.write(ENTER)
    refresh()
  }
  const leave = (): void => {
    if (!inside) return
    inside = false
    clearTimeout(timer)
    timer = undefined
    try {
      input.setRawMode(false)
      writeSync((output as unknown as { fd: number }).fd, LEAVE)
    } catch {
      // The terminal is gone: there is nothing to give back.
    }
  }
  const onData = (data: Buffer): void => {
    clearTimeout(escapeTimer)
    for (const key of keys.read(data.toString('utf8'))) onKey(key)
    if (keys.pending()) {
      escapeTimer = setTimeout(() => {
        for (const key of keys.flush()) onKey(key)
      }, ESCAPE_MS)
    }
  }
  const onStop = (): void => {
    leave()
    process.kill(process.pid, 'SIGSTOP')
  }
  const onResize = (): void => repaint()
  const onContinue = (): void => {
    if (!inside) enter()
  }

  process.on('exit', leave)
  process.on('SIGTSTP', onStop)
  process.on('SIGCONT', onContinue)
  process.on('SIGHUP', onGone)
  output.on('resize', onResize)
  output.on('error', onGone)
  output.on('drain', refresh)
  input.on('data', onData)
  input.on('end', onGone)
  input.on('error', onGone)
  input.resume()
  enter()
  return {
    refresh,
    repaint,
    // The whole job, as the terminal's own Ctrl-Z does: sudo or a script around this program stops, too.
    suspend: () => process.kill(0, 'SIGTSTP'),
    close() {
      leave()
      clearTimeout(escapeTimer)
      process.off('exit', leave)
      process.off('SIGTSTP', onStop)
      process.off('SIGCONT', onContinue)
      process.off('SIGHUP', onGone)
      output.off('resize', onResize)
      output.off('error', onGone)
      output.off('drain', refresh)
      input.off('data', onData)
      input.off('end', onGone)
      input.off('error', onGone)
      input.pause()
    },
  }
}
