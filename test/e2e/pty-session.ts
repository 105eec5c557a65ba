/** A program on a terminal: what it shows, and a person's keys. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeTerminalEmulator, type TerminalEmulator } from '../commands/live/terminal-emulator.ts'

const BRIDGE = fileURLToPath(new URL('pty-bridge.py', import.meta.url))
const LONGEST_WAIT_MS = 20_000

export interface PtySession {
  readonly terminal: TerminalEmulator
  /** All that was written. */
  output(): string
  press(keys: string): void
  resize(columns: number, rows: number): void
  signal(number: number): void
  /** Waits until the screen is as wanted. @throws Error with the screen when it never is. */
  until(wanted: (lines: string[]) => boolean): Promise<string[]>
  /** @returns the exit code, and what the terminal's line discipline is afterwards. */
  ended(): Promise<{ code: number | null; modes: string }>
}

export interface PtyOptions {
  cwd: string
  columns?: number
  rows?: number
  env?: Record<string, string>
}

export const startOnPty = (command: readonly string[], options: PtyOptions): PtySession => {
  const { cwd, columns = 80, rows = 24, env = {} } = options
  const terminal = makeTerminalEmulator(columns, rows)
  const child = spawn('python3', [BRIDGE, String(columns), String(rows), ...command], {
    cwd,
    env: {
      ...process.env,
      CI: '',
      TERM: 'xterm-256color',
      LANG: 'C.utf8',
      LC_ALL: '',
      NO_COLOR: '',
      TMUX: '',
      PYTHONCOERCECLOCALE: '0',
      ...env,
    },
  })
  let output = ''
  let modes = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    terminal.write(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    modes += text
  })
  child.stdin.on('error', () => undefined)
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return {
    terminal,
    output: () => output,
    press: (keys) => child.stdin.write(keys),
    resize(newColumns, newRows) {
      terminal.resize(newColumns, newRows)
      child.stdin.write(`\0size ${newColumns} ${newRows}\n`)
    },
    signal: (number) => child.stdin.write(`\0signal ${number}\n`),
    async until(wanted) {
      const endMs = performance.now() + LONGEST_WAIT_MS
      while (performance.now() < endMs) {
        if (wanted(terminal.lines())) return terminal.lines()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`the screen never was as wanted:\n${terminal.lines().join('\n')}`)
    },
    ended: async () => ({ code: await code, modes: modes.trim() }),
  }
}
