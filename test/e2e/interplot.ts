/** Runs the built program as a person would. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('../../dist/bin/interplot.js', import.meta.url))

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd: string
  input?: string
  env?: Record<string, string>
  /** When stderr first matches this, the signal is sent. */
  interruptWhen?: RegExp
  /** SIGINT when absent. */
  signal?: NodeJS.Signals
}

/** @param command the program's arguments, or a whole command when the first is no subcommand but a path. */
export const start = (command: string, args: readonly string[], options: RunOptions): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, CI: '', ...options.env } })
    let stdout = ''
    let stderr = ''
    let interrupted = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (!interrupted && options.interruptWhen?.test(stderr) === true) {
        interrupted = true
        child.kill(options.signal ?? 'SIGINT')
      }
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })

export const interplot = (args: readonly string[], options: RunOptions): Promise<Finished> =>
  start(process.execPath, [PROGRAM, ...args], options)

/** A shell line in which `interplot` is the built program. */
export const shell = (line: string, options: RunOptions): Promise<Finished> =>
  start('bash', ['-o', 'pipefail', '-c', `interplot() { '${process.execPath}' '${PROGRAM}' "$@"; }; ${line}`], options)
