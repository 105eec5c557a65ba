/** The live view over the kernel: a whole scenario in real time behind a link that knows nothing of it. */

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { type PtySession, startOnPty } from '../e2e/pty-session.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'

const LONG_PATH = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
const LIVE = [process.execPath, PROGRAM, 'trace', '-n', '--no-places', '--interval', '300ms', '240.1.0.9']
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

describe.skipIf(!isRoot)('the live view in the live lab', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('live-root')
  const open = (test: string, ...words: string[]): PtySession =>
    startOnPty([process.execPath, PROGRAM, 'lab', 'run', '-q', '--live', '--scenario', LONG_PATH, '--', ...words], {
      cwd: folderFor(folder, test),
    })
  const expectRestored = async (session: PtySession, code: number): Promise<string> => {
    expect(await session.ended()).toEqual({ code, modes: 'echo lines' })
    expect(session.terminal.state()).toEqual({ alternate: false, cursor: true, wrap: true, look: '' })
    expect(session.terminal.faults).toEqual([])
    return session.terminal.lines().join('\n')
  }

  it('shows the path, changes from ICMP to TCP, and keeps both traces', async () => {
    const session = open('path', ...LIVE)
    await session.until((lines) => /^ 16 240\.1\.0\.9 +0% +[3-9] +60\d\.\d/.test(lines[17]!))
    session.press('t')
    await session.until((lines) => lines[0]!.includes('tcp paris') && lines[17]!.startsWith(' 16 240.1.0.9 '))
    session.press('q')
    const shown = await expectRestored(session, 0)
    expect(shown).toMatch(/ 1 250\.1\.0\.1 +0%/)
    expect(query(`${folder}/path/results.db`, 'SELECT group_concat(method || reached) FROM trace_headers')).toBe(
      'icmp paris1,tcp paris1',
    )
  })

  it('works without privileges by UDP, and says why there is no ICMP', async () => {
    const session = open('nobody', ...AS_NOBODY, ...LIVE, '--no-db')
    await session.until((lines) => lines[0]!.includes('udp classic') && /^ {2}3 250\.1\.0\.3 /.test(lines[4]!))
    session.press('i')
    await session.until((lines) => lines[22]!.startsWith('ERR_RAW_PRIVILEGE: -I needs root'))
    await session.until((lines) => /^ {2}3 250\.1\.0\.3 /.test(lines[4]!))
    session.press('q')
    await expectRestored(session, 0)
  })

  it('gives the terminal back when the interface goes away, and says so', async () => {
    const session = open('down', 'sh', '-c', `(sleep 5; ip link del lab0) & exec ${LIVE.join(' ')}`)
    const shown = await expectRestored(session, 1)
    expect(shown).toMatch(/ERR_LINK_SEND: /)
    expect(query(`${folder}/down/results.db`, 'SELECT outcome FROM runs')).toBe('failed')
    expect(Number(query(`${folder}/down/results.db`, 'SELECT count(*) FROM hops'))).toBeGreaterThan(16)
  })
})
