/** Starting, entering and ending the processes that hold the lab's namespaces. */

import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants as fileModes } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { InterplotError } from '../core/errors.ts'

const READY_MS = 15_000
const END_MS = 5000

export interface Namespace {
  /** The process that holds it; `/proc/<pid>/ns/net` is the namespace. */
  readonly pid: number
  /** Ends the holder, and with it all that runs in the namespace. */
  end(): Promise<void>
}

/** Whether a command is on the path. */
export const commandExists = (name: string): boolean => {
  const { PATH = '' } = process.env
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), fileModes.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The arguments that run the sibling module with this Node.js: as it is when built, through tsx from the sources. */
const holderCommand = (): string[] => {
  if (!import.meta.url.endsWith('.ts')) return [fileURLToPath(new URL('./namespace-holder.js', import.meta.url))]
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return ['--import', loader, fileURLToPath(new URL('./namespace-holder.ts', import.meta.url))]
}

const labError = (what: string, detail: string): InterplotError =>
  new InterplotError('ERR_LAB', `${what}: ${detail.trim() || 'no reason given'}`, {
    advice: 'Network namespaces need root and a kernel that allows them (some containers do not).',
  })

const untilReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = ''
    let errors = ''
    const timer = setTimeout(() => reject(labError('a namespace did not come up', errors)), READY_MS)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      act()
    }
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('ready\n')) settle(resolve)
    })
    child.once('error', (error) => settle(() => reject(labError('unshare does not start', error.message))))
    child.once('exit', () => settle(() => reject(labError('a namespace cannot be made', errors))))
  })

const endChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.stdin?.end()
  })

/**
 * A new, unnamed network namespace. A plain one is held by `cat`; one that answers on TCP ports or runs commands by a
 * process of our own (namespace-holder.ts). The holder gets a session of its own, so that Ctrl-C in the terminal reaches
 * the command that runs in the lab and not the lab.
 * @throws InterplotError ERR_LAB
 */
export const makeNamespace = async (kind: 'plain' | { ports: readonly number[] }): Promise<Namespace> => {
  const command =
    kind === 'plain'
      ? ['sh', '-c', 'echo ready; exec cat > /dev/null']
      : [process.execPath, ...holderCommand(), ...kind.ports.map(String)]
  const child = spawn('unshare', ['--net', '--', ...command], { stdio: 'pipe', detached: true })
  child.stdin.on('error', () => undefined)
  try {
    await untilReady(child)
  } catch (error) {
    await endChild(child)
    throw error
  }
  return { pid: child.pid!, end: () => endChild(child) }
}

const enter = ({ pid }: Namespace): string[] => [`--net=/proc/${pid}/ns/net`, '--']

/**
 * Runs a shell script in the namespace.
 * @throws InterplotError ERR_LAB with what the script said on standard error.
 */
export const runScript = (namespace: Namespace, script: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('nsenter', [...enter(namespace), 'sh', '-e'], { stdio: ['pipe', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.stdin.on('error', () => undefined)
    child.once('error', (error) => reject(labError('nsenter does not start', error.message)))
    child.once('close', (code) => (code === 0 ? resolve() : reject(labError('the lab cannot be set up', errors))))
    child.stdin.end(script)
  })

export interface CommandOptions {
  stdio?: 'inherit' | 'ignore' | 'pipe'
  env?: Readonly<Record<string, string>>
  /** Called with the running process, for whoever reads its output. */
  onStart?: (child: ChildProcess) => void
}

const SIGNAL_BASE = 128
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/**
 * Runs a command in the namespace.
 * @returns its exit code; 128 + n when signal n ended it, 127 when there is no such command.
 */
export const runCommand = (
  namespace: Namespace,
  command: readonly string[],
  { stdio = 'inherit', env = {}, onStart }: CommandOptions,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('nsenter', [...enter(namespace), ...command], { stdio, env: { ...process.env, ...env } })
    child.once('error', (error) => reject(labError('nsenter does not start', error.message)))
    child.once('close', (code, signal) => resolve(code ?? SIGNAL_BASE + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)))
    onStart?.(child)
  })
