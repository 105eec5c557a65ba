/** The table of `interplot watch` on a terminal, over a capture file that is played as fast as it once went by. */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { pcapFile } from '../sources/capture-file/capture-file-writer.ts'
import { ipPacket } from '../sources/flows/link-frames.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { PROGRAM } from './interplot.ts'
import { type PtyOptions, type PtySession, startOnPty } from './pty-session.ts'
import { query } from './query.ts'

const LONG_PATH = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import pty, termios']).status === 0
const LOCAL = '192.168.1.5'
const RAW_IP = 101
const START_US = 1_700_000_000e6
const SECONDS = 300
const SYN = 2

/** Ten times a second a large packet comes and a small one goes; at second 2 somebody else calls. */
const capture = (): Uint8Array => {
  const frames: { bytes: Uint8Array; timeUs: number }[] = []
  const add = (second: number, facts: Parameters<typeof ipPacket>[0]): void => {
    frames.push({ bytes: ipPacket(facts), timeUs: START_US + Math.round(second * 1e6) })
  }
  const web = { protocol: 6, source: LOCAL, sourcePort: 50_000, destination: '250.1.0.7', destinationPort: 443 }
  const back = { protocol: 6, source: '250.1.0.7', sourcePort: 443, destination: LOCAL, destinationPort: 50_000 }
  const call = { protocol: 6, source: '240.1.0.9', sourcePort: 40_123, destination: LOCAL, destinationPort: 22 }
  add(0, { ...web, flags: SYN })
  for (let i = 1; i < SECONDS * 10; i += 1) {
    add(i / 10, { ...back, payload: new Uint8Array(1200), sequence: i * 1200 })
    add(i / 10, web)
    if (i === 20) add(2, { ...call, flags: SYN })
    if (i > 20 && i % 10 === 0) add(i / 10, { ...call, payload: new Uint8Array(40), sequence: i })
  }
  return pcapFile(frames, { isLittle: true, magic: 0xa1b2c3d4, linkType: RAW_IP })
}

describe.skipIf(!hasPython)('the table of watched connections', { timeout: 90_000 }, () => {
  const folder = temporaryFolder('watch-table')
  const database = join(folder, 'places.mmdb')
  writeFileSync(database, scenarioDatabase(readScenario(LONG_PATH)))
  const file = join(folder, 'capture.pcap')
  writeFileSync(file, capture())

  const open = (
    test: string,
    args: readonly string[] = ['--speed', '3'],
    options: Partial<PtyOptions> = {},
  ): PtySession =>
    startOnPty([process.execPath, PROGRAM, 'watch', file, '--everything', '--database', database, ...args], {
      cwd: folderFor(folder, test),
      ...options,
    })

  /** The terminal is as it was, and a summary stands on it. */
  const expectRestored = async (session: PtySession, code: number): Promise<string> => {
    expect(await session.ended()).toEqual({ code, modes: 'echo lines' })
    expect(session.terminal.state()).toEqual({ alternate: false, cursor: true, wrap: true, look: '' })
    expect(session.terminal.faults).toEqual([])
    const after = session.output().slice(session.output().lastIndexOf('\u001b[?1049l'))
    expect(after).toMatch(/\d connections?, .* packets, .* on .*capture\.pcap in /)
    return after
  }

  it('shows connections with their places and rates, and obeys its keys', async () => {
    const session = open('keys')
    const first = await session.until((lines) => /^← tcp ssh 240\.1\.0\.9/.test(lines[4]!) && /k/.test(lines[3]!))
    expect(session.terminal.state()).toMatchObject({ alternate: true, cursor: false, wrap: false })
    expect(first[0]).toMatch(/^\S*capture\.pcap.* connections 1 to 2 of 2, by rate$/)
    expect(first[1]).toMatch(/^2 connections of 2 seen /)
    expect(first[3]).toMatch(/^→ https {3}250\.1\.0\.7 +443 Atlanta, US +AS64497 +\d/)
    await session.until(
      (lines) => / \d\d\.\d pps {2}9\d\.\d kbit\/s /.test(lines[1]!) || /10\d kbit\/s/.test(lines[1]!),
    )
    const steps: [string, (lines: string[]) => boolean][] = [
      ['s', (lines) => lines[22] === 'by bytes'],
      ['g', (lines) => lines[22] === 'remote hosts' && /^remote host +place +flows/.test(lines[2]!)],
      ['g', (lines) => lines[22] === 'countries' && /^(?:US|United States) +\d/.test(lines[3]!)],
      ['ggg', (lines) => lines[0]!.includes(' connections 1 to 2 of 2, by bytes')],
      ['jd', (lines) => lines.some((line) => line.startsWith('remote 250.1.0.7:443 · local 192.168.1.5:50000'))],
      ['\u001b', (lines) => !lines.some((line) => line.startsWith('remote 250.1.0.7'))],
      ['/ssh', (lines) => lines[22]!.startsWith('/ssh   1 of 2 connections') && lines[4] === ''],
      ['\u007f\u007f\u007fatlanta\r', (lines) => lines[22] === '/atlanta  1 of 2 connections'],
      ['\u001b', (lines) => lines[22] === 'no filter'],
      ['m', (lines) => lines.some((line) => /[⠁-⣿]{3}/.test(line))],
      ['m', (lines) => !lines.some((line) => /[⠁-⣿]{3}/.test(line))],
      ['?', (lines) => lines.some((line) => line.includes('Keys (any key closes this)'))],
      ['x', (lines) => !lines.some((line) => line.includes('Keys'))],
      ['x', (lines) => lines[22] === 'no such key: x; ? shows all'],
      ['p', (lines) => lines[0]!.includes(' PAUSED ')],
    ]
    for (const [keys, wanted] of steps) {
      session.press(keys)
      await session.until(wanted)
    }
    // Nothing moves while it stands still.
    const still = session.terminal.lines()
    const written = session.output().length
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect([session.terminal.lines(), session.output().length]).toEqual([still, written])
    session.press('p')
    await session.until((lines) => !lines[0]!.includes('PAUSED') && lines[3] !== still[3])
    session.resize(160, 50)
    await session.until((lines) => lines.length === 50 && /age rtt ms state +local end/.test(lines[2]!))
    session.terminal.faults.length = 0
    session.press('q')
    await expectRestored(session, 0)
    expect(query(join(folder, 'keys', 'results.db'), 'SELECT outcome FROM runs')).toBe('done')
  })

  it('gives the terminal back when it is interrupted, and when the file is over', async () => {
    const interrupted = open('interrupted')
    await interrupted.until((lines) => /^→ https/.test(lines[3]!))
    interrupted.press('\u0003')
    await expectRestored(interrupted, 130)
    await expectRestored(open('over', ['--speed', '200']), 0)
  })
})
