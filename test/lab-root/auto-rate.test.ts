/** `--rate auto` behind a line that loses what is more than 20,000 packets a second, out of the scanner's sight. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { interplot } from '../e2e/interplot.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('auto-rate')
const LINE_PPS = 20_000
const SECONDS = 25

const SCRIPT = `
nft add table netdev line
nft add chain netdev line in '{ type filter hook ingress device lab0 priority 0; policy accept; }'
nft add rule netdev line in ip protocol tcp limit rate over ${LINE_PPS}/second burst 200 packets drop
interplot scan 10.64.0.0/12 -p 80 -r auto -c 1 -t ${SECONDS} --no-db -q -o /dev/null -u status.csv --json > summary.json
`

describe.skipIf(process.getuid?.() !== 0)('the rate that finds itself, in the kernel', () => {
  it('settles near what the line carries, and loses little on the way', async () => {
    const cwd = folderFor(folder, 'line')
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-ec', SCRIPT], { cwd })
    expect([code, stderr.replace(/^in a lab.*\n/m, '')]).toEqual([0, ''])
    const rates = readFileSync(join(cwd, 'status.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[7]))
    const settled = rates.slice(SECONDS - 9, SECONDS - 1)
    const mean = settled.reduce((sum, rate) => sum + rate, 0) / settled.length
    expect(mean).toBeGreaterThan(LINE_PPS * 0.6)
    expect(mean).toBeLessThan(LINE_PPS * 1.1)
    const summary = JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))
    expect(summary.success / summary.targets).toBeGreaterThan(0.94)
    expect(summary.lostBy).toBe('canaries')
  })
})
