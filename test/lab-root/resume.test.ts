/** Scans of kernel-answered addresses that are killed and gone on with: nothing missed, at most a second repeated. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import type { KernelLab } from '../../src/lab/namespaces.ts'
import { query as queryFile } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { capture, isRoot, shell, startLab } from './kernel-lab.ts'

const folder = temporaryFolder('lab-resume')
const TARGETS = 65_536
const EXIT_USAGE = 2
const EXIT_FAILED = 1

let lab: KernelLab
beforeAll(async () => {
  if (isRoot) lab = await startLab()
})
afterAll(() => lab?.stop())

const query = (cwd: string, sql: string): string => queryFile(join(cwd, 'results.db'), sql)

/** Echo replies that the vantage point's kernel has seen: the other one answers each request that it gets. */
const echoReplies = async (): Promise<number> => {
  const icmp = (await shell(lab, "grep '^Icmp:' /proc/net/snmp")).trim().split('\n')
  const [names, values] = icmp.map((line) => line.split(' '))
  return Number(values![names!.indexOf('InEchoReps')])
}

/** Scans, and sends the signal so many seconds after the start of the process. */
const scanAndSignal = (cwd: string, args: string, signal: string, seconds: number): Promise<string> =>
  shell(
    lab,
    `cd '${cwd}'; interplot scan ${args} -q & sleep ${seconds}; kill -${signal} $!; wait $! || echo "ended with $?"`,
  )

const resume = (cwd: string, args: readonly string[] = []) =>
  capture(lab, 'interplot', ['scan', '--resume', join(cwd, 'results.db'), '-c', '1', ...args])

const expectComplete = (cwd: string): void => {
  expect(query(cwd, 'SELECT count(*), count(DISTINCT address) FROM observations')).toBe(`${TARGETS}|${TARGETS}`)
  expect(query(cwd, 'SELECT outcome FROM runs')).toBe('done')
  expect(query(cwd, 'SELECT (SELECT count(*) FROM scan_plans) + (SELECT count(*) FROM checkpoints)')).toBe('0')
}

const expectUnfinished = (cwd: string): void => {
  const found = Number(query(cwd, 'SELECT count(*) FROM observations'))
  expect(found).toBeGreaterThan(0)
  expect(found).toBeLessThan(TARGETS)
}

const ROWS = [
  { seed: 'kill 1', signal: 'KILL', ended: 137, ratePps: 20_000, senders: 1 },
  { seed: 'kill 2', signal: 'KILL', ended: 137, ratePps: 30_000, senders: 1 },
  { seed: 'kill 3', signal: 'KILL', ended: 137, ratePps: 20_000, senders: 2 },
  { seed: 'interrupt', signal: 'INT', ended: 130, ratePps: 20_000, senders: 1 },
] as const

/** Between the first rows of the slowest start and the last probe of the quickest. */
const momentOf = (seed: string, ratePps: number): number => {
  const [earliest, latest] = [1.3, TARGETS / ratePps]
  return earliest + randomStream(seed, 'moment').nextFloat() * (latest - earliest)
}

describe.skipIf(!isRoot)('a scan of 65,536 kernel-answered addresses that is gone on with', () => {
  it.each(ROWS)(
    'after SIG$signal (seed "$seed", $ratePps pps, $senders senders) finds every one exactly once',
    async ({ seed, signal, ended, ratePps, senders }) => {
      const cwd = folderFor(folder, seed)
      const before = await echoReplies()
      const args = `10.64.0.0/16 -r ${ratePps} -T ${senders} -e '${seed}'`
      expect(await scanAndSignal(cwd, args, signal, momentOf(seed, ratePps))).toContain(`ended with ${ended}`)
      expectUnfinished(cwd)
      const { code, errors } = await resume(cwd)
      expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
      expectComplete(cwd)
      const requests = (await echoReplies()) - before
      expect(requests).toBeGreaterThanOrEqual(TARGETS)
      expect(requests).toBeLessThanOrEqual(TARGETS + ratePps)
    },
  )

  it('is finished by a second resume when the first is killed, too, and then there is nothing to go on with', async () => {
    const cwd = folderFor(folder, 'twice')
    await scanAndSignal(cwd, "10.64.0.0/16 -r 20k -e 'twice'", 'KILL', 1.6)
    expectUnfinished(cwd)
    await scanAndSignal(cwd, '--resume results.db', 'KILL', 1.4)
    expectUnfinished(cwd)
    expect((await resume(cwd)).code).toBe(0)
    expectComplete(cwd)
    const again = await resume(cwd)
    expect(again.code).toBe(EXIT_USAGE)
    expect(again.errors).toMatch(/ERR_USAGE: there is no unfinished scan/)
    expectComplete(cwd)
  })

  it('goes on with a list of pairs, and only with the same one', async () => {
    const cwd = folderFor(folder, 'pairs')
    const list = join(cwd, 'pairs.txt')
    // Two ports, one open and one closed: each address has one of them.
    const pairs = Array.from({ length: TARGETS }, (_, i) => `10.64.${i >>> 8}.${i & 255}:${i % 2 === 0 ? 80 : 443}`)
    writeFileSync(list, `${pairs.join('\n')}\n`)
    await scanAndSignal(cwd, `-I '${list}' -r 20k -e 'pairs'`, 'KILL', 2)
    expectUnfinished(cwd)

    writeFileSync(list, `${pairs.slice(1).join('\n')}\n`)
    const refused = await resume(cwd)
    expect(refused.code).toBe(EXIT_FAILED)
    expect(refused.errors).toMatch(/ERR_INPUT_FILE: .* is not the list that the unfinished scan was about/)

    writeFileSync(list, `${pairs.join('\n')}\n`)
    expect((await resume(cwd)).code).toBe(0)
    expectComplete(cwd)
    expect(query(cwd, 'SELECT port, classification, count(*) FROM observations GROUP BY 1, 2 ORDER BY 1')).toBe(
      `80|1|${TARGETS / 2}\n443|2|${TARGETS / 2}`,
    )
  })
})
