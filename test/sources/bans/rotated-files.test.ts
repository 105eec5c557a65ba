/** Which files make one log, and in which order. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { rotatedFiles } from '../../../src/sources/bans/rotated-files.ts'
import { errorCodeOf } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const folder = temporaryFolder('rotated')

const lay = (name: string, files: readonly string[]): string => {
  const made = folderFor(folder, name)
  for (const file of files) writeFileSync(join(made, file), '')
  return made
}

test.each<[string, string[], string, string[]]>([
  [
    'numbers',
    ['fail2ban.log', 'fail2ban.log.1', 'fail2ban.log.10.gz', 'fail2ban.log.2.gz', 'auth.log.1'],
    'fail2ban.log',
    ['fail2ban.log.10.gz', 'fail2ban.log.2.gz', 'fail2ban.log.1', 'fail2ban.log'],
  ],
  [
    'dates',
    ['fail2ban.log', 'fail2ban.log-20260301.gz', 'fail2ban.log-20251231.gz'],
    'fail2ban.log',
    ['fail2ban.log-20251231.gz', 'fail2ban.log-20260301.gz', 'fail2ban.log'],
  ],
  ['one alone', ['fail2ban.log', 'fail2ban.log.old'], 'fail2ban.log', ['fail2ban.log']],
  ['gone, its rotated ones there', ['fail2ban.log.1'], 'fail2ban.log', ['fail2ban.log.1']],
  ['a rotated one by its name', ['fail2ban.log', 'fail2ban.log.1'], 'fail2ban.log.1', ['fail2ban.log.1']],
  ['a folder', ['b.log', 'a.log.1', 'a.log'], '', ['a.log.1', 'a.log', 'b.log']],
])('%s', async (name, files, asked, expected) => {
  const made = lay(name, files)
  mkdirSync(join(made, 'fail2ban.log.9'))
  expect((await rotatedFiles(join(made, asked))).map((path) => basename(path))).toEqual(expected)
})

test('nothing there', async () => {
  expect(await errorCodeOf(rotatedFiles(join(lay('nothing', []), 'fail2ban.log')))).toBe('ERR_INPUT_FILE')
  expect(await errorCodeOf(rotatedFiles(join(folder, 'no-folder', 'fail2ban.log')))).toBe('ERR_INPUT_FILE')
})
