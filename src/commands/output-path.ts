/** Which paths an output may not go to: what is being read, and results files. */

import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileError, InterplotError } from '../core/errors.ts'
import { isResultsFile } from '../store/results-file.ts'

const isSameFile = (one: string, other: string): boolean => {
  if (resolve(one) === resolve(other)) return true
  try {
    const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
    return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino
  } catch (cause) {
    throw fileError('ERR_OUTPUT_FILE', one, cause)
  }
}

/**
 * Opening an output empties the file: refuses one that is also an input, or holds results.
 * @param others the command's other files; `-` among them is none.
 * @throws InterplotError ERR_USAGE
 */
export const refuseOverwriting = (outputFile: string, others: readonly string[]): void => {
  if (outputFile === '-') return
  if (others.some((other) => other !== '-' && isSameFile(outputFile, other))) {
    throw new InterplotError('ERR_USAGE', `${outputFile} cannot be the output: this command uses it otherwise`, {
      advice: 'Give the output another name.',
    })
  }
  if (isResultsFile(outputFile)) {
    throw new InterplotError('ERR_USAGE', `${outputFile} is a results file, and the output would replace it`, {
      advice: 'Give the output another name; to keep results in that file, name it with --db.',
    })
  }
}

/**
 * Whether an output can be written at all, before any work is done for it.
 * @throws InterplotError ERR_USAGE as refuseOverwriting, ERR_OUTPUT_FILE for a folder that is missing or read-only.
 */
export const checkOutput = (outputFile: string, others: readonly string[]): void => {
  if (outputFile === '-') return
  refuseOverwriting(outputFile, others)
  const found = statSync(outputFile, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) {
    throw new InterplotError('ERR_OUTPUT_FILE', `${outputFile} is a folder`, { advice: 'Name a file in it.' })
  }
  if (found !== undefined && !found.isFile()) return
  try {
    accessSync(dirname(resolve(outputFile)), constants.W_OK)
  } catch (cause) {
    throw fileError('ERR_OUTPUT_FILE', dirname(resolve(outputFile)), cause)
  }
}
