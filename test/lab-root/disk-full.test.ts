/** A scan whose results file has no room left: the disk is two megabytes of memory that only this scan sees. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROGRAM, start } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'

const folder = temporaryFolder('lab-disk-full')
const EXIT_FAILED = 1

const SCENARIO = {
  name: 'x',
  seed: 'full',
  vantage: { address: '10.77.0.1' },
  networks: [{ prefix: '10.64.0.0/14', density: 1 }],
}

/** Scans onto the small disk and copies what is on it afterwards. */
const SCRIPT = `mkdir small && mount -t tmpfs -o size=2m tmpfs small
'${process.execPath}' '${PROGRAM}' scan 10.64.0.0/14 --link sim --scenario scenario.json --allow-special 10.0.0.0/8 -r 100k --db small/results.db -q
code=$?; cp small/results.db* . ; exit $code`

describe.skipIf(!isRoot)('a scan on a disk that fills up', () => {
  it('ends with an error that says so, and keeps what was committed', async () => {
    const cwd = folderFor(folder, 'small')
    writeFileSync(join(cwd, 'scenario.json'), JSON.stringify(SCENARIO))
    const { code, stderr } = await start('unshare', ['-m', 'sh', '-c', SCRIPT], { cwd })
    expect(stderr).toMatch(/ERR_DISK_FULL: no space left while writing small\/results\.db/)
    expect(code).toBe(EXIT_FAILED)
    const copy = join(cwd, 'results.db')
    expect(query(copy, 'PRAGMA integrity_check')).toBe('ok')
    expect(query(copy, 'SELECT outcome FROM runs')).toBe('failed')
    const [rows, addresses] = query(copy, 'SELECT count(*), count(DISTINCT address) FROM observations').split('|')
    expect(Number(rows)).toBeGreaterThan(10_000)
    expect(addresses).toBe(rows)
  })
})
