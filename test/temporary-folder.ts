/** Folders for one test file, removed when it is done. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export const temporaryFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `interplot-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A new empty folder inside `folder` for one test. */
export const folderFor = (folder: string, test: string): string => {
  const path = join(folder, test.replace(/[^a-z0-9]+/gi, '-'))
  mkdirSync(path)
  return path
}

/** Names of what is in a folder. */
export const listFolder = (folder: string): string[] => readdirSync(folder).sort()
