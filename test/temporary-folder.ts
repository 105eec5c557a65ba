/** A folder for one test file, removed when it is done. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export const temporaryFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `interplot-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
