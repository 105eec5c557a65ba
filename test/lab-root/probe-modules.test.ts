/** Probe modules against addresses that a kernel answers: what its stack makes of their packets. */

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { interplot } from '../e2e/interplot.ts'
import { query as queryFile } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('lab-modules')
const isRoot = process.getuid?.() === 0
const HOSTS = 4096

/** Scans in the lab, and returns what `sql` says about the results. */
const scan = async (name: string, target: string, args: string[], sql: string): Promise<string> => {
  const cwd = folderFor(folder, name)
  const command = ['lab', 'run', '-q', '--', 'interplot', 'scan', target, '-c', '1', '-r', '50k', ...args]
  const { code, stderr } = await interplot(command, { cwd })
  expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
  return queryFile(join(cwd, 'results.db'), sql)
}

const BY_CLASS = 'SELECT classification, success, count(*), count(DISTINCT target) FROM results GROUP BY 1, 2'

describe.skipIf(!isRoot)('a kernel answers', () => {
  it('icmp-echo-time, and each answer has its round trip', async () => {
    const sql = 'SELECT count(*), min(rtt_us) > 0, max(rtt_us) < 2e6 FROM observations'
    expect(await scan('time', '10.64.0.0/20', ['-M', 'icmp_echo_time'], sql)).toBe(`${HOSTS}|1|1`)
  })

  it.each(['80', '443'])('tcp-synack to port %s with RST', async (port) => {
    const found = await scan(`synack-${port}`, '10.64.0.0/20', ['-M', 'tcp_synackscan', '-p', port], BY_CLASS)
    expect(found).toBe(`rst|1|${HOSTS}|${HOSTS}`)
  })

  it.each(['windows', 'linux', 'bsd', 'smallest-probes'])('tcp-syn with the options of %s', async (name) => {
    const args = ['-M', 'tcp_synscan', '-p', '80', '--probe-args', name]
    expect(await scan(`syn-${name}`, '10.64.0.0/20', args, BY_CLASS)).toBe(`syn-ack|1|${HOSTS}|${HOSTS}`)
  })

  // One target each: a kernel limits its ICMP errors.
  it.each([
    ['dns', 3],
    ['ntp', 3],
    ['quic-initial', 3],
    ['ipip', 2],
  ])('%s with an ICMP error that is recognised', async (module, icmpCode) => {
    const sql = 'SELECT classification, flags & 1, port, icmp & 255 FROM observations'
    const found = await scan(`error-${module}`, '10.64.0.9', ['-M', module, '-p', '53'], sql)
    expect(found).toBe(`4|0|53|${icmpCode}`)
  })
})
