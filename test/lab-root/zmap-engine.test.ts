/** The installed zmap as an engine of the built program, in a lab that nothing leaves. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Finished, interplot } from '../e2e/interplot.ts'
import { query as queryFile } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('zmap-engine')
const isRoot = process.getuid?.() === 0
const hasZmap = spawnSync('zmap', ['--version']).error === undefined
const HOSTS = 4096

/** Process ids of the lab's own zmap, never of another: process ids are not the namespace's. */
const OWN_ZMAP = `own() { for p in $(pgrep -x zmap); do [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo $p; done; }`

const inLab = (cwd: string, args: string[]): Promise<Finished> =>
  interplot(['lab', 'run', '-q', '--', 'interplot', 'scan', '--engine', 'zmap', '-c', '1', ...args], { cwd })
const query = (cwd: string, sql: string): string => queryFile(join(cwd, 'results.db'), sql)

describe.skipIf(!isRoot || !hasZmap)('the zmap engine', () => {
  it('finds open and closed ports, each host once, and writes rows as the native engine does', async () => {
    const cwd = folderFor(folder, 'tcp')
    const more = ['-p', '80,443', '-r', '10k', '-o', 'all.csv', '-f', 'saddr,sport,classification', '--all-replies']
    const { code, stderr } = await inLab(cwd, ['10.64.0.0/20', ...more])
    expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    expect(stderr).toMatch(/zmap \d+\.\d+\.\d+, lab0, from 10\.99\.0\.1/)
    const summary = JSON.parse(query(cwd, 'SELECT summary FROM runs'))
    expect(summary).toMatchObject({
      sent: 2 * HOSTS,
      targets: 2 * HOSTS,
      malformed: 0,
      unrelated: 0,
      repeats: 0,
      failed: 0,
    })
    const sql =
      'SELECT port, classification, count(*), count(DISTINCT address) FROM observations GROUP BY 1, 2 ORDER BY 1'
    const [open = [], closed = [], ...others] = query(cwd, sql)
      .split('\n')
      .map((line) => line.split('|').map(Number))
    expect([open.slice(0, 2), closed.slice(0, 2), others]).toEqual([[80, 1], [443, 2], []])
    expect([open[2], closed[2]]).toEqual([open[3], closed[3]])
    // zmap 2.1.1 by itself drops a single reply that it has received in about one run of ten; what it hands over is all here.
    expect(open[2]! + closed[2]!).toBe(summary.accepted)
    expect(summary).toMatchObject({ success: open[2], received: 2 * HOSTS })
    for (const [, , count] of [open, closed]) expect(count).toBeGreaterThanOrEqual(HOSTS - 3)
    const lines = readFileSync(join(cwd, 'all.csv'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(summary.accepted + 1)
    expect(lines[1]).toMatch(/^10\.64\.\d+\.\d+,80,synack$/)
  })

  it('keeps the selection exactly: allowlist less blocklist', async () => {
    const cwd = folderFor(folder, 'selection')
    const line = [
      'printf "10.64.1.0/24\\n10.64.7.3\\n" > allow; echo 10.64.1.128/25 > block',
      'interplot scan -w allow -b block --engine zmap -c 1 -r 10k -q',
    ].join('; ')
    const { code } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], { cwd })
    expect(code).toBe(0)
    const sql = `SELECT count(*), sum(address BETWEEN 171966720 AND 171966847), sum(address = 171968259) FROM observations`
    // See above for the one that zmap may drop; none is there that should not be.
    const [count, inAllowed, single] = query(cwd, sql).split('|').map(Number)
    expect(count).toBe(inAllowed! + single!)
    expect(count).toBeGreaterThanOrEqual(128)
  })

  it('keeps what was found when it is interrupted, and leaves no zmap behind', async () => {
    const cwd = folderFor(folder, 'interrupted')
    const scan = 'interplot scan 10.64.0.0/12 -r 5k --engine zmap'
    const line = `${OWN_ZMAP}; ${scan} & sleep 2; own | wc -l > during; kill -INT $!; wait $!; code=$?; own | wc -l > left; exit $code`
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], { cwd })
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted: the [\d,]+ replies so far are kept$/m)
    expect(query(cwd, 'SELECT outcome FROM runs')).toBe('interrupted')
    expect(Number(query(cwd, 'SELECT count(*) FROM observations'))).toBeGreaterThan(3000)
    const counted = ['during', 'left'].map((name) => readFileSync(join(cwd, name), 'utf8').trim())
    expect(counted).toEqual(['1', '0'])
  })

  it('ends with an error of ours, and keeps what was found, when zmap fails', async () => {
    const cwd = folderFor(folder, 'failed')
    const line = `${OWN_ZMAP}; (sleep 3; kill -KILL $(own)) & interplot scan 10.64.0.0/12 -r 5k --engine zmap`
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/ERR_CHILD_PROCESS: zmap: it was ended by SIGKILL/)
    expect(query(cwd, 'SELECT outcome FROM runs')).toBe('failed')
    expect(Number(query(cwd, 'SELECT count(*) FROM observations'))).toBeGreaterThan(1000)
  })

  it('ends after so many results', async () => {
    const cwd = folderFor(folder, 'enough')
    const { code } = await inLab(cwd, ['10.64.0.0/12', '-r', '5k', '-N', '50'])
    expect([code, query(cwd, 'SELECT count(*) FROM observations')]).toEqual([0, '50'])
  })

  it.each([
    ['--probe-ttl', '9', /zmap 2\.\S+ has no --probe-ttl/],
    ['--canaries', '-v0', /the zmap engine has no --canaries/],
    ['-M', 'ntp', /the zmap engine has no probe module ntp/],
  ])('refuses %s %s', async (option, value, message) => {
    const cwd = folderFor(folder, `refuses${option}`)
    const ports = value === 'ntp' ? ['-p', '123'] : []
    const { code, stderr } = await inLab(cwd, ['10.64.0.0/24', option, value, ...ports])
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('without zmap', () => {
  it('says how to install it', async () => {
    const cwd = folderFor(folder, 'missing')
    const args = ['scan', '127.0.0.1', '--allow-special', '127.0.0.0/8', '--engine', 'zmap', '--no-db']
    const { code, stderr } = await interplot(args, { cwd, env: { PATH: cwd } })
    expect(code).toBe(1)
    expect(stderr).toMatch(isRoot ? /ERR_LINK_UNAVAILABLE: zmap is not installed\. Install it/ : /ERR_/)
  })
})
