/** `interplot watch` between pipes: a reader that goes away, a writer that is silent, a clock of another machine. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pcapFile } from '../sources/capture-file/capture-file-writer.ts'
import { ipPacket } from '../sources/flows/link-frames.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { PROGRAM, shell } from './interplot.ts'

const RAW = { isLittle: true, magic: 0xa1b2c3d4, linkType: 101 } as const
const OLD_US = 1_600_000_000e6
const QUIET = ['--no-db', '--no-places', '--no-live']

const datagrams = (count: number): Uint8Array =>
  pcapFile(
    Array.from({ length: count }, (_, i) => ({
      bytes: ipPacket({
        ...{ protocol: 17, source: '192.168.1.5', destination: '198.51.100.7' },
        ...{ sourcePort: 1024 + (i % 60_000), destinationPort: 5000 },
      }),
      timeUs: OLD_US + i,
    })),
    RAW,
  )

const watchPipe = (...args: string[]) => {
  const child = spawn(process.execPath, [PROGRAM, 'watch', '-', ...QUIET, ...args])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  return { child, said: () => stderr, rows: () => stdout }
}

describe('rows whose reader goes away', { timeout: 15_000 }, () => {
  const folder = temporaryFolder('watch-pipes')
  const many = join(folder, 'many.pcap')
  writeFileSync(many, datagrams(60_000))

  it('end the watch without a word of failure, though it waits for the reader', async () => {
    const line = `interplot watch many.pcap --lines ${QUIET.slice(0, 2).join(' ')} | (read -r first; sleep 1; echo "$first")`
    const { code, stdout, stderr } = await shell(line, { cwd: folder })
    expect(stdout).toMatch(/^\S+ +udp 192/)
    expect(stderr).not.toContain('ERR_')
    expect(code).toBe(0)
  })

  it('end it while the writer goes on, too', async () => {
    const { child, said } = watchPipe('--lines')
    child.stdin.on('error', () => undefined)
    child.stdin.write(datagrams(1))
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write(datagrams(60_000).subarray(24))
    const [code] = await once(child, 'exit')
    expect(said()).not.toContain('ERR_')
    expect(code).toBe(0)
  })
})

describe('a pipe', { timeout: 15_000 }, () => {
  it('that is silent can be left before its first packet', async () => {
    const { child, said } = watchPipe()
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(said()).not.toContain('ERR_')
    expect(code).toBe(0)
  })

  it('whose clock is years behind has its connections end all the same', async () => {
    const { child, rows } = watchPipe('--json')
    // Longer than it takes until the first report, which knows no time but ours.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const first = datagrams(1)
    const late = pcapFile(
      [
        {
          bytes: ipPacket({ protocol: 1, source: '192.168.1.5', destination: '198.51.100.8' }),
          timeUs: OLD_US + 600e6,
        },
      ],
      RAW,
    )
    child.stdin.write(first)
    child.stdin.write(late.subarray(24))
    await once(child.stdout, 'data')
    expect(JSON.parse(rows().split('\n')[0]!)).toMatchObject({ protocol: 'udp', remote: '198.51.100.7' })
    child.stdin.end()
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })
})
