/** Files that are there whole or not at all: written beside their place, made durable, then renamed over it. */

import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError } from '../core/errors.ts'

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Where the file is no regular one (a pipe, a device), it cannot be replaced and is written directly. */
const isSpecial = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isFile()
}

/**
 * Writes `path` through `produce`, which gets an open file. When it throws, nothing is left and the file that was there
 * before is untouched.
 * @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL; whatever `produce` throws that is no file system error.
 */
export const writeAtomically = async (path: string, produce: (file: FileHandle) => Promise<void>): Promise<void> => {
  const special = await isSpecial(path)
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`)
  let file: FileHandle | undefined
  try {
    file = await open(special ? path : beside, special ? 'w' : 'wx')
    await produce(file)
    if (!special) await file.sync()
    await file.close()
    file = undefined
    if (special) return
    await rename(beside, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    await file?.close()
    if (!special) await rm(beside, { force: true })
    throw isSystemError(cause) ? fileError('ERR_OUTPUT_FILE', path, cause) : cause
  }
}

const isSystemError = (cause: unknown): boolean => cause instanceof Error && 'syscall' in cause
