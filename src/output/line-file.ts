/** A file that grows by lines, each of which is with the kernel before the next is written: for logs and status files. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { fileError } from '../core/errors.ts'

export interface LineFile {
  /** @param line without its line break. @throws InterplotError ERR_OUTPUT_FILE. */
  write(line: string): void
  close(): void
}

/** Empties the file, or makes it. @throws InterplotError ERR_OUTPUT_FILE. */
export const openLineFile = (path: string): LineFile => {
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw fileError('ERR_OUTPUT_FILE', path, cause)
    }
  }
  const descriptor = guarded(() => openSync(path, 'w'))
  return {
    write: (line) => void guarded(() => writeSync(descriptor, `${line}\n`)),
    close: () => closeSync(descriptor),
  }
}
