/** What standard input is: a pipe or a file that somebody feeds us, or just the terminal or cron's emptiness. */

import { createReadStream, fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** True when somebody pipes or redirects something into the program. Cron's /dev/null is not that. */
export const isFed = (): boolean => {
  try {
    const status = fstatSync(0)
    return status.isFIFO() || status.isFile() || status.isSocket()
  } catch {
    // Standard input is closed: nobody feeds it.
    return false
  }
}

const FILE_BLOCK_BYTES = 1024 * 1024

/** A file's or, for `-`, standard input's bytes. Errors come from reading it. */
export const openInput = (path: string): Readable =>
  path === '-' ? process.stdin : createReadStream(path, { highWaterMark: FILE_BLOCK_BYTES })

/** How messages call it. */
export const inputName = (path: string): string => (path === '-' ? 'standard input' : path)
