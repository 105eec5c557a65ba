/** Asking a terminal: at most one question, an end in any case, and the terminal left as it was. */

import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askTerminal, lookOfTerminal } from '../../../src/commands/render/terminal-graphics.ts'

/** A terminal that answers with these pieces, one after the other. */
const terminalOf = (pieces: readonly string[], isTTY = true) => {
  const modes: boolean[] = []
  const written: string[] = []
  const events = new EventEmitter()
  let paused = true
  const input = Object.assign(events, {
    isTTY,
    setRawMode: (mode: boolean) => modes.push(mode),
    resume: () => {
      paused = false
    },
    pause: () => {
      paused = true
    },
  })
  const output = {
    isTTY,
    columns: 120,
    rows: 40,
    write: (text: string) => {
      written.push(text)
      for (const piece of pieces) queueMicrotask(() => events.emit('data', Buffer.from(piece, 'latin1')))
      return true
    },
  }
  return { input: input as never, output: output as never, modes, written, events, isPaused: () => paused }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('asking the terminal', () => {
  it('ends with the answer, in however many pieces', async () => {
    const terminal = terminalOf(['\u001b[6;18', ';9t\u001b[?62;4', 'c'])
    expect(await askTerminal(terminal.input, terminal.output)).toBe('\u001b[6;18;9t\u001b[?62;4c')
    expect(terminal.modes).toEqual([true, false])
    expect(terminal.isPaused()).toBe(true)
    expect(terminal.events.listenerCount('data')).toBe(0)
  })

  it('ends when nobody answers', async () => {
    const terminal = terminalOf([])
    const asked = askTerminal(terminal.input, terminal.output)
    await vi.advanceTimersByTimeAsync(200)
    expect(await asked).toBe('')
    expect(terminal.modes).toEqual([true, false])
  })

  it('ends when someone types on and on', async () => {
    const terminal = terminalOf(['x'.repeat(2000)])
    expect((await askTerminal(terminal.input, terminal.output)).length).toBe(2000)
    expect(terminal.modes).toEqual([true, false])
  })

  it('asks no pipe', async () => {
    const terminal = terminalOf(['\u001b[?62;4c'], false)
    expect(await askTerminal(terminal.input, terminal.output)).toBe('')
    expect(terminal.written).toEqual([])
  })

  it('finds out what to draw', async () => {
    const env = { LANG: 'C.UTF-8', TERM: 'xterm-256color', COLORTERM: 'truecolor' }
    const { input, output } = terminalOf(['\u001b[6;18;9t\u001b[?62;4c'])
    expect(await lookOfTerminal({ input, output, env })).toEqual({
      columns: 120,
      rows: 39,
      colours: 'truecolor',
      graphics: 'sixel',
      cell: { width: 9, height: 18 },
    })
  })
})
