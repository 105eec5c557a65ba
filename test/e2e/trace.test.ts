/** `interplot trace` of the built program, without privileges: over the simulated Internet in process. */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'
import { startNameServer } from './name-server.ts'
import { query } from './query.ts'

const scenario = (name: string): string => fileURLToPath(new URL(`../../lab/scenarios/${name}.json`, import.meta.url))
const SIMULATED = ['--scenario', scenario('long-path'), '--no-places']

describe('interplot trace', () => {
  const folder = temporaryFolder('trace')
  let runs = 0
  const run = (cwd: string, ...args: string[]) => {
    runs += 1
    return interplot(['trace', ...args], { cwd: folderFor(folder, cwd === '' ? `${runs}` : cwd) })
  }

  it('prints a line for each hop, keeps the trace, and says its id', async () => {
    const { code, stdout, stderr } = await run('one', ...SIMULATED, '240.1.0.9', '240.1.0.10')
    expect(code).toBe(0)
    expect(stdout).toContain('traceroute to 240.1.0.9 (240.1.0.9), 30 hops max, 60 byte icmp packets\n')
    expect(stdout).toContain(' 1  250.1.0.1  40.000 ms  40.000 ms  40.000 ms\n')
    expect(stdout).toContain(' 8  *  *  *\n')
    expect(stdout.match(/^16 {2}240\.1\.0\.(?:9|10) /gm)?.length).toBe(2)
    const db = join(folder, 'one', 'results.db')
    for (const [, id] of stderr.matchAll(/reached; trace ([\da-f-]{36})/g)) {
      expect(query(db, `SELECT count(*) FROM traces WHERE ID = '${id}'`)).toBe('1')
    }
    expect(query(db, 'SELECT command || outcome FROM runs')).toBe('tracedone')
  })

  it('asks the name server that is named, shows what it says, and keeps it', async () => {
    const server = await startNameServer(
      new Map([
        ['1.0.1.250', 'ae-1.r02.frnkge07.example.net'],
        ['2.0.1.250', 'ams\u001b[2J'],
      ]),
    )
    try {
      const { code, stdout } = await run('names', ...SIMULATED, '-q', '1', '--dns-server', server.address, '240.1.0.9')
      expect(code).toBe(0)
      expect(stdout).toContain(' 1  ae-1.r02.frnkge07.example.net (250.1.0.1)  40.000 ms\n')
      expect(stdout).toContain(' 3  250.1.0.3  120.000 ms\n')
      expect(stdout).not.toContain('\u001b')
      expect(
        query(
          join(folder, 'names', 'results.db'),
          'SELECT name FROM host_names WHERE address = 250 * 16777216 + 65536 + 1',
        ),
      ).toBe('ae-1.r02.frnkge07.example.net')
    } finally {
      server.close()
    }
  })

  it('ends with what it has when it is interrupted', async () => {
    const cwd = folderFor(folder, 'interrupted')
    // A name server that says nothing holds the lines up.
    const server = await startNameServer(null)
    try {
      const args = [
        'trace',
        ...SIMULATED,
        '--dns-server',
        server.address,
        ...Array.from({ length: 250 }, (_, i) => `240.1.0.${i + 1}`),
      ]
      const { code, stderr } = await interplot(args, { cwd, interruptWhen: /trace [\da-f-]{36}/ })
      expect(code).toBe(130)
      expect(stderr).toMatch(/reached; trace/)
      expect(stderr).toMatch(/no names: the name server does not answer/)
      expect(query(join(cwd, 'results.db'), 'SELECT outcome FROM runs')).toBe('interrupted')
      expect(Number(query(join(cwd, 'results.db'), 'SELECT count(*) FROM traces'))).toBeLessThan(250)
    } finally {
      server.close()
    }
  })

  it.each([
    [['--dns-server', 'nowhere', '127.0.0.1'], 2, 'ERR_USAGE: --dns-server wants an address'],
    [['--first-ttl', '9', '--max-ttl', '3', '127.0.0.1'], 2, 'ERR_USAGE: the first TTL, 9, is beyond the last, 3'],
    [['-I', '-T', '127.0.0.1'], 2, 'ERR_USAGE: a trace sends one kind of probe'],
    [['-4', '-6', '127.0.0.1'], 2, 'ERR_USAGE: -4 and -6 exclude each other'],
    [['-6', '127.0.0.1'], 1, 'ERR_HOST_NAME: "127.0.0.1" has no IPv6 address'],
    [['-S', '2001:db8::1', '127.0.0.1'], 2, 'ERR_USAGE: 2001:db8::1 cannot be the source of packets to 127.0.0.1'],
    [['-S', 'here', '127.0.0.1'], 2, 'ERR_USAGE: --source-ip wants an address'],
    [['--targets', 'hosts.txt'], 1, 'ERR_INPUT_FILE: there is no file hosts.txt'],
    [[''], 1, 'ERR_HOST_NAME: "" is no address'],
    [['1.2.3.456'], 1, 'ERR_HOST_NAME: "1.2.3.456" is no address'],
    [['-w', '0', '127.0.0.1'], 2, 'ERR_USAGE: --wait wants'],
    [['--dscp', 'af99', '127.0.0.1'], 2, 'ERR_USAGE: --dscp wants'],
    [['--rule', 'london', '127.0.0.1'], 2, 'ERR_USAGE: '],
    [['-b', 'missing.txt', '127.0.0.1'], 1, 'ERR_INPUT_FILE: '],
    [[], 2, 'ERR_USAGE: '],
    [[...SIMULATED, '--packet-size', '29', '240.1.0.9'], 2, 'ERR_USAGE: 29 bytes are no size'],
    [['--database', 'missing.mmdb', '127.0.0.1'], 1, 'ERR_'],
  ])('refuses %j in one line', async (args, code, message) => {
    const result = await run('', '--no-db', ...args)
    expect([result.code, result.stdout]).toEqual([code, ''])
    expect(result.stderr.trim().split('\n').length).toBe(1)
    expect(result.stderr).toContain(message)
  })
})
