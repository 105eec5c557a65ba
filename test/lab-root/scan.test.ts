/** The built program against a million addresses that a kernel answers. */

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { interplot } from '../e2e/interplot.ts'
import { query as queryFile } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('lab-scan')
const MILLION = 2 ** 20
const isRoot = process.getuid?.() === 0

const inLab = (cwd: string, args: string[]) =>
  interplot(['lab', 'run', '-q', '--', 'interplot', 'scan', '10.64.0.0/12', '-c', '1', ...args], { cwd })

const query = (cwd: string, sql: string): string => queryFile(join(cwd, 'results.db'), sql)

describe.skipIf(!isRoot)('scan of 1,048,576 kernel-answered addresses', () => {
  it('finds every one exactly once with ICMP echo', async () => {
    const cwd = folderFor(folder, 'icmp')
    const { code, stdout, stderr } = await inLab(cwd, ['-r', '250k', '--json'])
    expect(stderr).not.toMatch(/ERR_/)
    expect(code).toBe(0)
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({ sent: MILLION, success: MILLION, repeats: 0, droppedByKernel: 0, failed: 0 })
    expect(query(cwd, 'SELECT count(*), count(DISTINCT address) FROM observations')).toBe(`${MILLION}|${MILLION}`)
  })

  it('tells the open from the closed port of every one with TCP SYN', async () => {
    const cwd = folderFor(folder, 'tcp')
    const { code, stderr } = await inLab(cwd, ['-r', '250k', '-p', '80,443'])
    expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    expect(
      query(
        cwd,
        'SELECT port, classification, count(*), count(DISTINCT address) FROM observations GROUP BY 1, 2 ORDER BY 1',
      ),
    ).toBe(`80|1|${MILLION}|${MILLION}\n443|2|${MILLION}|${MILLION}`)
  })

  it('visits each target once in four shards', async () => {
    const cwd = folderFor(folder, 'shards')
    for (const shard of ['0', '1', '2', '3']) {
      const { code } = await inLab(cwd, ['-r', '250k', '-e', 'one seed', '--shards', '4', '--shard', shard])
      expect(code).toBe(0)
    }
    expect(query(cwd, 'SELECT count(*) FROM observations GROUP BY run')).toBe(`${MILLION / 4}\n`.repeat(4).trim())
    expect(query(cwd, 'SELECT count(DISTINCT address) FROM observations')).toBe(`${MILLION}`)
  })

  it('keeps what was found when it is interrupted', async () => {
    const cwd = folderFor(folder, 'interrupted')
    const scan = 'interplot scan 10.64.0.0/12 -r 20k'
    const line = `${scan} & sleep 3; kill -INT $!; wait $!`
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], { cwd })
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted: the [\d,]+ replies so far are kept/)
    expect(query(cwd, 'SELECT outcome FROM runs')).toBe('interrupted')
    const kept = Number(query(cwd, 'SELECT count(*) FROM observations'))
    expect(kept).toBeGreaterThan(10_000)
    expect(kept).toBeLessThan(80_000)
  })

  it('passes SIGTERM on to the command in the lab, which keeps what it has', async () => {
    const cwd = folderFor(folder, 'terminated')
    const scan = 'interplot scan 10.64.0.0/12 -r 20k & scan=$!'
    const line = `trap 'kill -TERM $scan' TERM; ${scan}; sleep 2; echo now >&2; wait $scan; wait $scan`
    const { code } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], {
      cwd,
      interruptWhen: /^now$/m,
      signal: 'SIGTERM',
    })
    expect(code).toBe(130)
    expect(query(cwd, 'SELECT outcome FROM runs')).toBe('interrupted')
  })

  it('ends with an error, and keeps what was found, when the interface goes down', async () => {
    const cwd = folderFor(folder, 'down')
    const line = '(sleep 2; ip link set lab0 down) & interplot scan 10.64.0.0/12 -r 20k -T 2'
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', line], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/ERR_LINK_SEND: the interface lab0 went down/)
    expect(query(cwd, 'SELECT outcome FROM runs')).toBe('failed')
    expect(Number(query(cwd, 'SELECT count(*) FROM observations'))).toBeGreaterThan(5000)
  })
})

describe('the list of targets', () => {
  it('lists each of 1,048,576 targets exactly once, and four shards partition them', async () => {
    const cwd = folderFor(folder, 'dryrun')
    const list = async (more: string[]): Promise<string[]> => {
      const args = [
        'scan',
        '10.64.0.0/12',
        '--allow-special',
        '10.0.0.0/8',
        '--list-targets',
        '-e',
        'one seed',
        ...more,
      ]
      const { code, stdout } = await interplot(args, { cwd })
      expect(code).toBe(0)
      return stdout.trim().split('\n')
    }
    const whole = new Set(await list([]))
    expect(whole.size).toBe(MILLION)
    const parts = await Promise.all(['0', '1', '2', '3'].map((shard) => list(['--shards', '4', '--shard', shard])))
    expect(parts.map((part) => part.length)).toEqual([MILLION / 4, MILLION / 4, MILLION / 4, MILLION / 4])
    expect(new Set(parts.flat())).toEqual(whole)
    expect(new Set(await list(['-T', '4']))).toEqual(whole)
  })
})
