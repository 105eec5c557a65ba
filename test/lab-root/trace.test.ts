/** `interplot trace` over the simulated Internet in real time, beside what Debian has. */

import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Finished, PROGRAM, start } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'

const LONG_PATH = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
const TARGET = '240.1.0.9'
const TARGET6 = '2001:db8::f001:9'
const NOBODY = 65_534
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const OURS = [process.execPath, PROGRAM, 'trace', '-n', '--no-places', '--no-db']
/** Routers 1 to 15, of which the 8th is silent, and the target. */
const PATH = [...Array.from({ length: 15 }, (_, i) => (i === 7 ? '*' : `250.1.0.${i + 1}`)), TARGET]
const PATH6 = [
  ...Array.from({ length: 15 }, (_, i) => (i === 7 ? '*' : `2001:db8::fa01:${(i + 1).toString(16)}`)),
  TARGET6,
]

describe.skipIf(!isRoot)('interplot trace in the live lab', { timeout: 120_000 }, () => {
  const folder = temporaryFolder('trace')
  // The same path with shorter lines.
  const scenario = JSON.parse(readFileSync(LONG_PATH, 'utf8')) as { routers: { delayMs: number }[] }
  for (const router of scenario.routers) router.delayMs = 3
  const file = join(folder, 'path.json')
  writeFileSync(file, JSON.stringify(scenario))
  const live = (...words: string[]): Promise<Finished> =>
    start(process.execPath, [PROGRAM, 'lab', 'run', '-q', '--live', '--scenario', file, '--', ...words], {
      cwd: folder,
    })
  /** The first address of each line that begins with a TTL. */
  const hops = (text: string): string[] =>
    [...text.matchAll(/^\s*(\d+)(?:\.\|--)?\s+(\S+)/gm)].map(([, , address]) => (address === '???' ? '*' : address!))

  it('reaches targets that lie behind different interfaces', async () => {
    const { code, stdout } = await live(...OURS, '127.0.0.1', TARGET)
    expect(code).toBe(0)
    expect(hops(stdout)).toEqual(['127.0.0.1', ...PATH])
  })

  it('finds a path MTU beyond what an ICMP error quotes', async () => {
    const { code, stdout } = await live(...OURS, '--mtu', '127.0.0.1')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^path MTU 65535, that of the interface$/m)
  })

  it.each([
    ['traceroute', ['traceroute', '-n', TARGET]],
    ['mtr', ['mtr', '-n', '-r', '-c', '1', TARGET]],
    ['scamper', ['scamper', '-I', `trace -P icmp-paris -w 1 ${TARGET}`]],
  ])('sees the same hops as %s', async (_, peer) => {
    const theirs = await live(...peer)
    expect(hops(theirs.stdout)).toEqual(PATH)
    const ours = await live(...OURS, TARGET)
    expect([ours.code, hops(ours.stdout)]).toEqual([0, PATH])
  })

  it.each([
    ['-U', TARGET, PATH],
    ['-T', TARGET, PATH],
    ['-I', TARGET6, PATH6],
    ['-U', TARGET6, PATH6],
    ['-T', TARGET6, PATH6],
  ])('with %s to %s', async (kind, target, path) => {
    const { code, stdout } = await live(...OURS, kind, '-q', '1', target)
    expect([code, hops(stdout)]).toEqual([0, path])
    expect(stdout).toMatch(/MPLS 24017 299840/)
  })

  it('from another address of this machine, of either family', async () => {
    const more = 'ip address add 251.0.0.77/32 dev lab0; ip -6 address add 2001:db8::77/128 dev lab0 nodad'
    const db = join(folder, 'sources.db')
    const trace = [process.execPath, PROGRAM, 'trace', '-n', '--no-places', '-q', '1', '--db', db].join(' ')
    const { code } = await live(
      'sh',
      '-c',
      `${more}; ${trace} -S 251.0.0.77 ${TARGET} && ${trace} -S 2001:db8::77 ${TARGET6}`,
    )
    expect(code).toBe(0)
    expect(query(db, 'SELECT count(*) FROM traces')).toBe('2')
    expect(query(db, 'SELECT group_concat(typeof(source) || reached) FROM trace_headers')).toBe('integer1,blob1')
    expect(query(db, 'SELECT source FROM trace_headers LIMIT 1')).toBe(`${251 * 2 ** 24 + 77}`)
  })

  it('through the package raw-socket', async () => {
    const { code, stdout } = await live(...OURS, '--link', 'raw', '-q', '1', TARGET)
    expect([code, hops(stdout)]).toEqual([0, PATH])
  })

  it.each([
    [TARGET, PATH],
    [TARGET6, PATH6],
  ])('without privileges to %s, and says what that means', async (target, path) => {
    const { code, stdout, stderr } = await live(...AS_NOBODY, ...OURS, '-q', '2', target)
    expect([code, hops(stdout)]).toEqual([0, path])
    expect(stderr).toMatch(/without root or CAP_NET_RAW: UDP probes/)
  })

  it('refuses what cannot be done without privileges, in one line', async () => {
    const { code, stderr } = await live(...AS_NOBODY, ...OURS, '-T', TARGET)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^ERR_RAW_PRIVILEGE: -T needs .*\n$/)])
  })

  it('says in one line that there is no way, or no interface', async () => {
    const lost = await live('sh', '-c', `ip route del default; ${OURS.join(' ')} ${TARGET}`)
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/^ERR_NO_ROUTE: .*\n$/)])
    const down = await live('sh', '-c', `ip link set lab0 down; ${OURS.join(' ')} ${TARGET}`)
    expect([down.code, down.stderr]).toEqual([1, expect.stringMatching(/^ERR_(?:NO_ROUTE|INTERFACE|LINK_SEND): .*\n$/)])
    const none = await live(...OURS, '-i', 'nosuch0', TARGET)
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/^ERR_INTERFACE: .*nosuch0.*\n$/)])
  })

  it('under sudo leaves files that belong to who called it', async () => {
    const mine = folderFor(folder, 'mine')
    chmodSync(folder, 0o755)
    chownSync(mine, NOBODY, NOBODY)
    const db = join(mine, 'results.db')
    const sudo = ['env', `SUDO_UID=${NOBODY}`, `SUDO_GID=${NOBODY}`]
    const { code, stderr } = await live(
      ...sudo,
      process.execPath,
      PROGRAM,
      'trace',
      '-n',
      '-q',
      '1',
      '--db',
      db,
      TARGET,
      TARGET6,
    )
    expect([code, stderr]).toEqual([0, expect.stringMatching(/reached/)])
    expect(statSync(db).uid).toBe(NOBODY)
    expect(query(db, 'SELECT count(*) FROM traces')).toBe('2')
  })

  it('keeps every probe under the id that it prints at the end', async () => {
    const db = join(folder, 'kept.db')
    const { stderr } = await live(process.execPath, PROGRAM, 'trace', '-n', '--db', db, TARGET)
    const id = /trace ([\da-f-]{36})/.exec(stderr)?.[1]
    expect(query(db, 'SELECT ID FROM traces')).toBe(id)
    expect(query(db, `SELECT count(*) FROM TRACE WHERE ID = '${id}' AND IP LIKE '250.1.0.%'`)).toBe('14')
    expect(query(db, 'SELECT count(*) FROM hops')).toBe('48')
    expect(query(db, "SELECT count(*) FROM hops WHERE extensions LIKE '%24017%'")).toBe('3')
  })
})
