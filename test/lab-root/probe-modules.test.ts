/** Probe modules against addresses that a kernel answers: what its stack makes of their packets. */

import { writeFileSync } from 'node:fs'
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

/** A host with services on real sockets: DNS, NTP, SSDP and an echo, as short as they can be. */
const SERVER = `
const { createSocket } = require('node:dgram')
const serve = (port, answer) => {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => socket.send(answer(query), from.port, from.address)).bind(port)
}
const hex = (text) => Buffer.from(text, 'hex')
serve(53, (q) => Buffer.concat([q.subarray(0, 2), hex('81800001000100000000'), q.subarray(12), hex('c00c000100010000003c0004c0000221')]))
serve(123, (q) => Buffer.concat([hex('240206e9'), Buffer.alloc(20), q.subarray(40, 48), Buffer.alloc(16, 1)]))
serve(1900, () => Buffer.from('HTTP/1.1 200 OK\\r\\nSERVER: test\\r\\n\\r\\n'))
serve(7, (q) => q)
setTimeout(() => process.exit(), 30_000)
process.stdout.write('ready')
`

/** A namespace inside the lab's: nothing leads out of either. */
const SERVED_LAB = `
wait_for() { for _ in $(seq 200); do if "$@"; then return; fi; sleep 0.05; done; return 1; }
unshare -n sleep 30 & inner=$!
is_apart() { [ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
wait_for is_apart
ip link add v0 type veth peer name v1 netns $inner
ip addr add 10.88.0.1/24 dev v0
ip link set v0 up
nsenter -t $inner -n ip addr add 10.88.0.2/24 dev v1
nsenter -t $inner -n ip link set v1 up
nsenter -t $inner -n node server.cjs > ready & server=$!
wait_for [ -s ready ]
`

describe.skipIf(!isRoot)('real sockets answer', () => {
  it('dns, ntp, upnp and udp, and payloads are kept whole', async () => {
    const cwd = folderFor(folder, 'sockets')
    writeFileSync(join(cwd, 'server.cjs'), SERVER)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a payload template
    writeFileSync(join(cwd, 'template'), '${DADDR} port ${DPORT}')
    const scans = [
      "-M dns -p 53 --probe-args 'A,example.com;AAAA,example.com'",
      '-M ntp -p 123',
      '-M upnp -p 1900',
      '-M udp -p 7 --probe-args template:template',
    ].map((args) => `interplot scan 10.88.0.2 --allow-special 10.0.0.0/8 -i v0 -c 1 -q -r 100 ${args}`)
    const script = `set -eu; ${SERVED_LAB} ${scans.join('\n')}\nkill $server $inner`
    const { code, stderr } = await interplot(['lab', 'run', '-q', '--', 'bash', '-c', script], { cwd })
    expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    const sql = `SELECT u.module, c.name, o.flags & 1, length(o.data), count(*) FROM observations o
      JOIN runs u ON u.id = o.run JOIN classifications c ON c.id = o.classification GROUP BY 1, 2, 3, 4 ORDER BY u.id`
    expect(queryFile(join(cwd, 'results.db'), sql)).toBe(
      ['dns|dns|1|45|2', 'ntp|ntp|1|48|1', 'upnp|upnp|1|33|1', 'udp|udp|1|16|1'].join('\n'),
    )
    expect(queryFile(join(cwd, 'results.db'), 'SELECT data FROM observations WHERE port = 7')).toBe('10.88.0.2 port 7')
  })
})
