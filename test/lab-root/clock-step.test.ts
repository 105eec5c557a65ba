/** A whole scan during which the system clock is set back and ahead: pace, cooldown, status and the times of rows do not care. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const PRELOAD = fileURLToPath(new URL('./step-date.mjs', import.meta.url))
const TARGETS = '10.64.8.0/22'
const COUNT = 1024
/** Of sending at 256 a second: the clock is set while it sends, twice. */
const SENDING_US = 4_000_000
const COOLDOWN_US = 1_000_000
const US_PER_HOUR = 3_600_000_000

describe.skipIf(!isRoot)('a scan while the system clock is set', () => {
  const folder = temporaryFolder('clock-step')
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('far', `ip route add local ${NETWORK} dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`)
  })
  afterAll(() => pair?.stop())

  it('keeps its pace, its end, and the order of its rows', () => {
    const cwd = folderFor(folder, 'step')
    const [rows, status] = [join(cwd, 'rows.csv'), join(cwd, 'status.csv')]
    const program = ['env', `INTERPLOT_LAB=${NETWORK}`, process.execPath, '--import', PRELOAD, PROGRAM]
    const files = [
      '--db',
      join(cwd, 'results.db'),
      '-o',
      rows,
      '-f',
      'timestamp_ts,timestamp_us',
      '-u',
      status,
      '--json',
    ]
    const startedUs = Date.now() * 1000
    const scan = pair.command('near', [...program, 'scan', ...files, '-r', '256', '-c', '1', TARGETS])
    const finishedUs = Date.now() * 1000
    expect([scan.code, scan.errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])

    const summary = JSON.parse(scan.output) as Record<string, number>
    expect(summary).toMatchObject({ sent: COUNT, success: COUNT, late: expect.any(Number) })
    expect(Math.abs(summary['sendingUs']! / SENDING_US - 1)).toBeLessThan(0.05)
    expect(summary['elapsedUs']).toBeGreaterThan(SENDING_US * 0.95 + COOLDOWN_US)
    expect(summary['elapsedUs']).toBeLessThan(finishedUs - startedUs)

    const lines = readFileSync(rows, 'utf8').trim().split('\n').slice(1)
    const timesUs = lines.map((line) => line.split(',').map(Number)).map(([s, us]) => s! * 1e6 + us!)
    expect(timesUs.length).toBe(COUNT)
    expect(timesUs).toEqual(timesUs.toSorted((a, b) => a - b))
    expect(timesUs[0]).toBeGreaterThan(startedUs)
    expect(timesUs.at(-1)).toBeLessThan(finishedUs)

    const run = query(join(cwd, 'results.db'), 'SELECT started_us, finished_us FROM runs').split('|').map(Number)
    expect(run[0]).toBeGreaterThan(startedUs - 1000)
    expect(run[1]).toBeLessThan(finishedUs + 1000)

    const looks = readFileSync(status, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
    const elapsed = looks.map(([, seconds]) => Number(seconds))
    expect(elapsed.length).toBeGreaterThan(3)
    expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b))
    expect(elapsed.at(-1)).toBeLessThan(US_PER_HOUR / 1e6 / 60)
  })
})
