/** Whose the results file is when the process stays root's under sudo. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCallersFile } from '../../src/commands/run-privileges.ts'
import { openStore } from '../../src/store/store.ts'
import { isRoot } from './kernel-lab.ts'

const NOBODY = 65_534

describe.skipIf(!isRoot)('a new results file under sudo', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'interplot-'))
    vi.stubEnv('SUDO_UID', String(NOBODY))
    vi.stubEnv('SUDO_GID', String(NOBODY))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('is the caller’s, with what is beside it', () => {
    const path = join(folder, 'results.db')
    makeCallersFile(path)
    const store = openStore(path, { mode: 'write' })
    expect(['', '-wal', '-shm'].map((end) => statSync(path + end).uid)).toEqual([NOBODY, NOBODY, NOBODY])
    store.close()
  })

  it('is left as it is where it is there', () => {
    const path = join(folder, 'results.db')
    openStore(path, { mode: 'write' }).close()
    makeCallersFile(path)
    expect(statSync(path).uid).toBe(0)
  })
})
