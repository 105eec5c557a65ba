/** The file of a scan's metadata: what goes into it by hand, and that it is there whole or not at all. */

import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { fileError, InterplotError } from '../../core/errors.ts'
import { writeAtomically } from '../../output/atomic-file.ts'

/** @throws InterplotError ERR_USAGE for --user-metadata that is no JSON. */
export const parseUserMetadata = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InterplotError('ERR_USAGE', `--user-metadata wants JSON, not "${text.slice(0, 60)}"`, {
      advice: `Quote it for the shell: --user-metadata '{"purpose": "research"}'`,
      cause,
    })
  }
}

/** Finds out before the scan whether the file can be written after it. @throws InterplotError ERR_OUTPUT_FILE. */
export const checkMetadataFile = (path: string): void => {
  if (path === '-') return
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (cause) {
    throw fileError('ERR_OUTPUT_FILE', path, cause)
  }
}

/** @param path `-` for standard output. @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL. */
export const writeMetadata = async (path: string, metadata: Record<string, unknown>): Promise<void> => {
  const text = `${JSON.stringify(metadata)}\n`
  if (path === '-') process.stdout.write(text)
  else await writeAtomically(path, async (file) => void (await file.write(text)))
}
