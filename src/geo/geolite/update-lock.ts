/** One update at a time: the second says so and goes. A lock whose process has died counts no more. */

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'

/** A lock without a number in it is one that is being written, or was when its process was killed. */
const UNWRITTEN_MS = 10_000

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return systemErrorCode(cause) === 'EPERM'
  }
}

/** The process that holds the lock; 0 for one that is not known; null when nobody does. */
const holderOf = (path: string): number | null => {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    if (pid > 0) return isAlive(pid) ? pid : null
    return Date.now() - statSync(path).mtimeMs < UNWRITTEN_MS ? 0 : null
  } catch {
    // It has just gone.
    return null
  }
}

/** @throws InterplotError ERR_GEO_INSTALL when another update is running. @returns what gives the lock back. */
export const takeUpdateLock = (path: string): (() => void) => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (cause) {
      if (systemErrorCode(cause) !== 'EEXIST') throw fileError('ERR_OUTPUT_FILE', path, cause)
    }
    const holder = holderOf(path)
    if (holder === null && attempt < 3) {
      rmSync(path, { force: true })
      continue
    }
    const who = holder === null || holder === 0 ? '' : ` (process ${holder})`
    throw new InterplotError('ERR_GEO_INSTALL', `another update is running${who}`, {
      advice: `Wait until it has finished. Its lock is ${path}.`,
    })
  }
}
