/** The live view of `interplot trace` on a terminal, over the simulated Internet in real time. */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot, PROGRAM } from './interplot.ts'
import { type PtyOptions, type PtySession, startOnPty } from './pty-session.ts'
import { query } from './query.ts'

const LONG_PATH = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
const SIMULATED = ['--scenario', LONG_PATH]
const hasPython = spawnSync('python3', ['-c', 'import pty, termios']).status === 0
const SIGINT = 2
const SIGTERM = 15
const SIGCONT = 18

const rowOf = (lines: readonly string[], ttl: number): string | undefined =>
  lines.find((line) => line.startsWith(`${String(ttl).padStart(3)} `))
const hasRounds = (count: number) => (lines: readonly string[]) =>
  Number(/round (\d+)/.exec(lines[0]!)?.[1] ?? 0) >= count

describe.skipIf(!hasPython)('the live view', { timeout: 90_000 }, () => {
  const folder = temporaryFolder('live')
  const database = join(folder, 'places.mmdb')
  writeFileSync(database, scenarioDatabase(readScenario(LONG_PATH)))

  const open = (test: string, args: readonly string[], options: Partial<PtyOptions> = {}): PtySession =>
    startOnPty([process.execPath, PROGRAM, 'trace', '--interval', '300ms', ...args], {
      cwd: folderFor(folder, test),
      ...options,
    })
  const live = (test: string, options: Partial<PtyOptions> = {}, ...args: string[]): PtySession =>
    open(test, [...SIMULATED, '--database', database, ...args, '240.1.0.9'], options)
  const db = (test: string): string => join(folder, test, 'results.db')

  /** The terminal is as it was, whatever the program did to it. */
  const expectRestored = async (session: PtySession, code: number): Promise<string[]> => {
    const ended = await session.ended()
    expect(ended).toEqual({ code, modes: 'echo lines' })
    expect(session.terminal.state()).toEqual({ alternate: false, cursor: true, wrap: true, look: '' })
    expect(session.terminal.faults).toEqual([])
    return session.terminal.lines()
  }

  it('shows the path at 80×24, obeys its keys, leaves its table, and keeps every round', async () => {
    const session = live('keys')
    const first = await session.until(hasRounds(4))
    expect(session.terminal.state()).toMatchObject({ alternate: true, cursor: false, wrap: false })
    expect(rowOf(first, 1)).toMatch(/250\.1\.0\.1 +0% +\d+ +40\.\d/)
    expect(rowOf(first, 8)).toMatch(/\(no answer\)/)
    expect(rowOf(first, 16)).toMatch(/240\.1\.0\.9 /)
    const steps: [string, (lines: string[]) => boolean][] = [
      ['o', (lines) => lines[22] === 'columns: latency' && /jitter.*history/.test(lines[1]!)],
      ['o', (lines) => lines[22] === 'columns: places' && /AS +place +network/.test(lines[1]!)],
      ['o', (lines) => lines[22] === 'columns: counts'],
      [
        'jjjjjj\u001b[B',
        (lines) =>
          lines[20] === 'hop 7 250.1.0.7 AS64497, Simulated Carrier 2, Atlanta, US' && /^MPLS 24017 /.test(lines[21]!),
      ],
      ['\u001b', (lines) => lines[20] === ''],
      ['?', (lines) => lines.some((line) => line.includes('Keys (any key closes this)'))],
      ['x', (lines) => !lines.some((line) => line.includes('Keys'))],
      ['x', (lines) => lines[22] === 'no such key: x; ? shows all'],
      ['n', (lines) => lines[22]!.includes('there are no names')],
      ['\t', (lines) => lines[22] === 'there is one host only'],
      ['+', (lines) => lines[0]!.endsWith('every 500 ms')],
      ['m', (lines) => lines.some((line) => /[⠁-⣿]{3}/.test(line))],
      ['m', (lines) => !lines.some((line) => /[⠁-⣿]{3}/.test(line))],
      ['f', (lines) => lines[0]!.includes('FROZEN')],
      ['f', (lines) => !lines[0]!.includes('FROZEN')],
      ['p', (lines) => lines[0]!.includes('PAUSED')],
      ['p', (lines) => !lines[0]!.includes('PAUSED')],
      ['r', (lines) => Number(/ 0% +(\d+) /.exec(rowOf(lines, 1) ?? '')?.[1] ?? 99) < 3],
      ['u', (lines) => lines[0]!.includes('udp paris') && hasRounds(3)(lines) && rowOf(lines, 16) !== undefined],
    ]
    for (const [keys, wanted] of steps) {
      session.press(keys)
      await session.until(wanted)
    }
    session.press('q')
    await expectRestored(session, 0)
    const after = session.output().slice(session.output().lastIndexOf('\u001b[?1049l'))
    expect(after).toMatch(/240\.1\.0\.9, udp paris, \d+ rounds\r\n.*host +loss/)
    const ids = [...after.matchAll(/: (icmp|udp) paris, reached; trace ([\da-f-]{36})/g)].map(([, , id]) => id!)
    expect(ids.length).toBe(2)
    const [icmp] = ids
    expect(query(db('keys'), `SELECT method, reached, end FROM trace_headers WHERE uuid = '${icmp}'`)).toBe(
      'icmp paris|1|reached',
    )
    const perHop = query(
      db('keys'),
      `SELECT count(*), count(DISTINCT attempt), max(ttl) FROM hops WHERE trace = 1 AND ttl IN (1, 8, 16) GROUP BY ttl`,
    ).split('\n')
    // Of the silent one, only what has been given up by then.
    for (const [i, least] of [6, 1, 6].entries()) {
      const [count, attempts] = perHop[i]!.split('|').map(Number)
      expect(count).toBeGreaterThanOrEqual(least)
      expect(attempts).toBe(count)
    }
    expect(query(db('keys'), 'SELECT outcome FROM runs')).toBe('done')
  })

  it('writes only what has changed, at most ten times a second', async () => {
    const session = live('quiet')
    await session.until(hasRounds(4))
    const before = session.output().length
    const startMs = performance.now()
    await session.until(hasRounds(14))
    const seconds = (performance.now() - startMs) / 1000
    // A whole screen has 1920 cells: ten of them a second would be more than 19 kB.
    expect((session.output().length - before) / seconds).toBeLessThan(10_000)
    session.press('q')
    await expectRestored(session, 0)
  })

  it('follows the size of the terminal', async () => {
    const session = live('size')
    await session.until(hasRounds(2))
    session.resize(160, 50)
    const wide = await session.until((lines) => lines.some((line) => /[⠁-⣿]{3}/.test(line)))
    expect(wide[1]).toMatch(/history +AS +place +network/)
    expect(wide.length).toBe(50)
    session.resize(40, 10)
    await session.until(
      (lines) =>
        lines[9] === 'q quit  p pause  f freeze  ? help' && lines.some((line) => line.includes('more, arrows scroll')),
    )
    // Of the frame that was on its way when the terminal shrank.
    session.terminal.faults.length = 0
    await session.until(hasRounds(8))
    session.press('q')
    await expectRestored(session, 0)
  })

  it.each([
    ['ctrl-c', (session: PtySession) => session.press('\u0003')],
    ['sigint', (session: PtySession) => session.signal(SIGINT)],
    ['sigterm', (session: PtySession) => session.signal(SIGTERM)],
  ])('gives the terminal back and keeps the trace on %s', async (name, stop) => {
    const session = live(name)
    await session.until(hasRounds(2))
    stop(session)
    await expectRestored(session, 130)
    expect(query(db(name), 'SELECT outcome FROM runs')).toBe('interrupted')
    expect(Number(query(db(name), 'SELECT count(*) FROM hops'))).toBeGreaterThan(16)
  })

  it('gives the terminal back while it is stopped, and paints anew when it goes on', async () => {
    const session = live('stop')
    await session.until(hasRounds(2))
    session.press('\u001a')
    await session.until(() => !session.terminal.state().alternate)
    expect(session.terminal.state()).toMatchObject({ cursor: true, wrap: true })
    session.signal(SIGCONT)
    const lines = await session.until((shown) => session.terminal.state().alternate && hasRounds(4)(shown))
    expect(rowOf(lines, 16)).toMatch(/240\.1\.0\.9/)
    session.press('q')
    await expectRestored(session, 0)
  })

  it('ends by itself after so many rounds', async () => {
    const session = live('cycles', {}, '--cycles', '3')
    await expectRestored(session, 0)
    expect(session.output()).toMatch(/240\.1\.0\.9, icmp paris, 3 rounds/)
    expect(query(db('cycles'), 'SELECT count(*), count(DISTINCT ttl) FROM hops')).toBe('48|16')
  })

  it('shows several hosts in turn', async () => {
    const session = open('hosts', [...SIMULATED, '--no-places', '240.1.0.9', '240.1.0.10'])
    await session.until((lines) => lines[0]!.startsWith('240.1.0.9 [1/2]') && hasRounds(2)(lines))
    session.press('\t')
    await session.until((lines) => lines[0]!.startsWith('240.1.0.10 [2/2]') && rowOf(lines, 16)!.includes('240.1.0.10'))
    session.press('q')
    await expectRestored(session, 0)
    expect(query(db('hosts'), 'SELECT count(*) FROM traces')).toBe('2')
  })

  it('has no colours with NO_COLOR, nothing but ASCII where the terminal has no more, and is not there on a dumb one', async () => {
    const plain = live('plain', { env: { NO_COLOR: '1', LANG: 'C' } })
    await plain.until(hasRounds(3))
    plain.press('q')
    await expectRestored(plain, 0)
    expect(plain.output()).not.toMatch(/[34]8;/)
    expect(plain.output()).toMatch(/^\p{ASCII}*$/u)
    const dumb = startOnPty([process.execPath, PROGRAM, 'trace', ...SIMULATED, '--no-places', '--no-db', '240.1.0.9'], {
      cwd: folder,
      env: { TERM: 'dumb' },
    })
    expect((await dumb.ended()).code).toBe(0)
    expect(dumb.output()).toMatch(/^traceroute to 240\.1\.0\.9/)
    expect(dumb.output()).not.toContain('\u001b[?1049h')
  })

  it.each([
    [['--live'], 'ERR_USAGE: a live view needs a terminal at both ends'],
    [['--interval', '2s'], 'ERR_USAGE: --interval and --cycles are of the live view'],
    [['--interval', '1ms'], 'ERR_USAGE: --interval wants'],
  ])('refuses %j over a pipe', async (args, message) => {
    const { code, stdout, stderr } = await interplot(['trace', '--no-db', ...SIMULATED, ...args, '240.1.0.9'], {
      cwd: folder,
    })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })
})
