/** `scan --banner` of the built program, against servers on the loopback interface. Raw packets need root. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { startServers } from './banner-servers.ts'
import { type Finished, interplot, PROGRAM, start } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('banner-scan')
const servers = startServers()
afterAll(() => servers.close())
const isRoot = process.getuid?.() === 0

const scan = (cwd: string, ports: readonly number[], more: readonly string[]): Promise<Finished> => {
  const loopback = ['127.0.0.1', '--allow-special', '127.0.0.0/8', '-p', ports.join(','), '-c', '1', '-r', '100']
  return interplot(['scan', ...loopback, '--banner', ...more], { cwd })
}

describe.skipIf(!isRoot)('scan --banner', () => {
  it('asks open ports and nobody else, and keeps what they say', async () => {
    const cwd = folderFor(folder, 'asks')
    const ssh = await servers.plain((socket) => socket.write('SSH-2.0-Test\r\n'))
    const web = await servers.plain((socket) =>
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\n<title>A page</title>\u001b[31m')),
    )
    const gone = startServers()
    const closed = await gone.plain(() => undefined)
    await gone.close()
    const { code, stderr, stdout } = await scan(cwd, [ssh, web, closed], ['--banner-output', 'b.ndjson', '--json'])
    expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    const db = join(cwd, 'results.db')
    const sql = 'SELECT address, port, outcome, protocol, title FROM banner_results ORDER BY protocol'
    expect(query(db, sql)).toBe(`127.0.0.1|${web}|read|http|A page\n127.0.0.1|${ssh}|read|ssh|`)
    const rows = readFileSync(join(cwd, 'b.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(2)
    expect(rows.find(({ sport }) => sport === ssh)).toMatchObject({ saddr: '127.0.0.1', banner: 'SSH-2.0-Test\\r\\n' })
    expect(rows.find(({ sport }) => sport === web).banner).toMatch(/\\x1b\[31m$/)
    expect(JSON.parse(stdout).banners).toMatchObject({ read: 2, done: 2, dropped: 0 })
    expect(stderr).toMatch(/banners: 2 of 2 hosts said something/)
  })

  it('ends at Ctrl-C while a host drips, and keeps what came', async () => {
    const cwd = folderFor(folder, 'drip')
    const port = await servers.plain((socket) => {
      const timer = setInterval(() => socket.write('x'), 50)
      socket.on('close', () => clearInterval(timer))
    })
    const loopback = ['127.0.0.1', '--allow-special', '127.0.0.0/8', '-p', String(port), '-c', '500ms', '-r', '100']
    const line = `"$@" & p=$!; sleep 3; kill -INT $p; wait $p`
    const { code, stderr } = await start(
      'bash',
      ['-c', line, '-', process.execPath, PROGRAM, 'scan', ...loopback, '--banner'],
      { cwd },
    )
    expect(code).toBe(130)
    expect(query(join(cwd, 'results.db'), 'SELECT outcome, length(banner) > 5 FROM banner_results')).toBe('read|1')
    expect(stderr).toMatch(/^interrupted while hosts were asked for banners: the scan itself is done$/m)
    expect(stderr).not.toMatch(/--resume/)
  })

  it('is done with its scan when Ctrl-C comes while only banners are awaited, and says which are missing', async () => {
    const cwd = folderFor(folder, 'cut')
    const asked: number[] = []
    const silent = [0, 1, 2, 3].map((i) => servers.plain(() => asked.push(i)))
    const ports = await Promise.all(silent)
    const args = ['127.0.0.1', '--allow-special', '127.0.0.0/8', '-p', ports.join(','), '-c', '200ms', '-r', '100']
    const line = `"$@" & p=$!; sleep 3; kill -INT $p; wait $p`
    const words = [process.execPath, PROGRAM, 'scan', ...args, '--banner', '--banner-concurrency', '2', '--json']
    const { code, stdout, stderr } = await start('bash', ['-c', line, '-', ...words], { cwd })
    expect(code).toBe(130)
    expect(asked).toHaveLength(2)
    expect(JSON.parse(stdout)).toMatchObject({ sent: 4, success: 4, banners: { done: 0, read: 0, cut: 2, dropped: 2 } })
    expect(stderr).toMatch(/^banners: 0 of 0 hosts said something or showed a certificate; 2 not asked; 2 cut off$/m)
    const db = join(cwd, 'results.db')
    expect(query(db, "SELECT outcome, json_extract(summary, '$.banners.cut') FROM runs")).toBe('done|2')
    expect(query(db, 'SELECT (SELECT count(*) FROM scan_plans) + (SELECT count(*) FROM banners)')).toBe('0')
    const resumed = await interplot(['scan', '--resume', 'results.db'], { cwd })
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringMatching(/there is no unfinished scan/)])
  })

  it('is interrupted when Ctrl-C comes before, whatever the banners are at', async () => {
    const cwd = folderFor(folder, 'before')
    const port = await servers.plain(() => undefined)
    const args = [
      '127.0.0.1',
      '--allow-special',
      '127.0.0.0/8',
      '-p',
      String(port),
      '-c',
      '20',
      '-r',
      '100',
      '--banner',
    ]
    const line = `"$@" & p=$!; sleep 3; kill -INT $p; wait $p`
    const { code, stderr } = await start('bash', ['-c', line, '-', process.execPath, PROGRAM, 'scan', ...args], { cwd })
    expect(code).toBe(130)
    expect(stderr).toMatch(/^interrupted: the 1 replies so far are kept; go on with: interplot scan --resume/m)
    expect(query(join(cwd, 'results.db'), 'SELECT outcome FROM runs')).toBe('interrupted')
  })
})

describe('scan --banner with what does not go together', () => {
  const base = ['scan', '127.0.0.1', '--allow-special', '127.0.0.0/8']
  it.each([
    [['-M', 'icmp-echo', '--banner'], /--banner wants open TCP ports, not icmp-echo/],
    [['--banner-concurrency', '5', '-p', '80'], /no --banner/],
    [['-p', '80', '--banner', '--banner-output', '-', '-o', '-'], /wants standard output/],
    [
      ['-p', '80', '--banner', '--link', 'sim', '--scenario', join(process.cwd(), 'lab/scenarios/small-town.json')],
      /would ask real hosts for what a simulation has answered/,
    ],
  ])('%j', async (args, message) => {
    const { code, stderr } = await interplot([...base, ...args, '--no-db'], { cwd: folder })
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
