/** A log and what logrotate made of it (`NAME.1`, `NAME.2.gz`; with dateext `NAME-20260102.gz`), the oldest first; or all such logs of a folder. */

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError } from '../../core/errors.ts'

const ROTATED = /^(.+?)(?:\.(\d{1,4})|-(\d{8}(?:-?\d{2,10})?))(\.gz)?$/

interface LogFile {
  file: string
  log: string
  /** The higher, the older. */
  number: number
  /** The lower, the older. */
  date: string
}

/** Numbers and dates as far as there is a log of that name, too, or anything else that was rotated. */
const logFile = (file: string): LogFile => {
  const found = ROTATED.exec(file)
  if (found === null) return { file, log: file, number: 0, date: '~' }
  return { file, log: found[1]!, number: Number(found[2] ?? 0), date: found[3] ?? '~' }
}

const byAge = (a: LogFile, b: LogFile): number => {
  if (a.date !== b.date) return a.date < b.date ? -1 : 1
  return b.number - a.number
}

/** @returns paths. @throws InterplotError ERR_INPUT_FILE when there is nothing to read. */
export const rotatedFiles = async (path: string): Promise<string[]> => {
  try {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    )
    const folder = isFolder ? path : dirname(path)
    const entries = await readdir(folder, { withFileTypes: true })
    const all = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => logFile(name))
    const wanted = isFolder ? all : all.filter(({ file, log }) => file === basename(path) || log === basename(path))
    if (wanted.length === 0) await stat(path)
    const logs = [...new Set(wanted.map(({ log }) => log))].sort()
    return logs.flatMap((log) =>
      wanted
        .filter((each) => each.log === log)
        .sort(byAge)
        .map(({ file }) => join(folder, file)),
    )
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}
