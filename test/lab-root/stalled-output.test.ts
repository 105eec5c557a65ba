/**
 * A scan whose output nobody takes while answers pour in: what waits in memory is bounded, what has no room is counted by
 * the kernel and named, and everything else arrives.
 */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const TARGETS = '10.64.8.0/24'
const COUNT = 256
const FLOOD = 1_000_000
/** 64 batches of 8,192 rows may wait, and what one look into the ring brings comes on top: a quarter of it. */
const MOST_WAITING = 64 * 8192 + (4 << 20) / 96
/** What the ring still holds then: 16 MB, 96 bytes a packet at least. */
const RING_PACKETS = (16 << 20) / 96
const SENDERS = 5

describe.skipIf(!isRoot)('a scan whose rows nobody takes', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('stalled-output')
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
  })
  afterAll(() => pair?.stop())

  it('keeps a bounded number of them, and names what the kernel had to drop', async () => {
    const cwd = folderFor(folder, 'flood')
    const [status, rows, metadata] = ['status.csv', 'rows.csv', 'metadata.json'].map((name) => join(cwd, name))
    const host = await pair.start('far', 'flood-host.ts', ['far0', String(FLOOD)])
    const scan = `'${process.execPath}' '${PROGRAM}' scan ${TARGETS} --no-db --dedup-method none --output-filter '' -f saddr -o - -r 1k -c 6 -u ${status} -m ${metadata}`
    // Rows are taken when the flood is over and its marker is there.
    const line = `${scan} | (while [ ! -e ${cwd}/over ]; do sleep 0.1; done; cat > ${rows})`
    const [command, ...args] = [...pair.enter('near'), 'bash', '-c', line]
    const child = spawn(command!, args, { env: { ...process.env, INTERPLOT_LAB: NETWORK } })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const lastStatus = (): string[] => readFileSync(status!, 'utf8').trim().split('\n').at(-1)!.split(',')
    await expect.poll(() => existsSync(status!) && lastStatus()[SENDERS] === '0', { timeout: 20_000 }).toBe(true)
    host.nudge()
    const sent = Number((await host.finish()).toString())
    await pair.script('near', `touch ${cwd}/over`)
    expect([await ended, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    const { interplot } = JSON.parse(readFileSync(metadata!, 'utf8')) as {
      interplot: { summary: Record<string, number> }
    }
    const { received, accepted, droppedByKernel } = interplot.summary as Record<
      'received' | 'accepted' | 'droppedByKernel',
      number
    >
    expect(sent).toBe(COUNT + FLOOD)
    expect(accepted).toBe(received)
    expect(droppedByKernel).toBeGreaterThan(0)
    expect(errors).toMatch(/the kernel dropped [\d,]+ packets before they were read/)
    // Header line and rows: all that was received, and nothing else.
    expect(readFileSync(rows!, 'utf8').trim().split('\n').length).toBe(received + 1)
    expect(received + droppedByKernel).toBeLessThanOrEqual(sent)
    expect(received + droppedByKernel).toBeGreaterThan(sent * 0.99)
    expect(received).toBeLessThan(MOST_WAITING + RING_PACKETS)
  })
})
