import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('crash')
const child = join(import.meta.dirname, 'write-forever.ts')

/** Starts the writer, kills it hard once it has said `after` batches, and returns the last number it said. */
const killAfter = (path: string, after: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const writer = spawn(process.execPath, ['--import', 'tsx', child, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    writer.stdout.setEncoding('utf8')
    writer.stdout.on('data', (text: string) => {
      said += text
      if (said.split('\n').length > after) writer.kill('SIGKILL')
    })
    writer.on('error', reject)
    writer.on('close', (_code, signal) => {
      const last = Number(said.split('\n').at(-2) ?? 0)
      if (signal === 'SIGKILL') resolve(last)
      else reject(new Error(`the writer ended by itself after ${last} batches`))
    })
  })

describe('a writer killed at any moment', () => {
  const random = randomStream('crash', 'moments')
  const moments = Array.from({ length: 5 }, () => 1 + random.nextBelow(300))
  it.each(moments)('after %i batches: the file opens and holds every committed one, whole', async (after) => {
    const path = join(folder, `${after}.db`)
    const said = await killAfter(path, after)
    const store = openStore(path, { mode: 'write' })
    const { ipv4 } = store.unlocatedAddresses()
    const [run] = store.runs()
    expect(run).toMatchObject({ outcome: null, finishedUs: null })
    expect(run?.observations).toBe(ipv4.length)
    expect(ipv4.length).toBeGreaterThanOrEqual(said * 1000)
    expect(ipv4.length % 1000).toBe(0)
    expect(ipv4.at(-1)).toBe(ipv4.length - 1)
    store.beginRun({ command: 'after', arguments: [], startedUs: 1 })
    store.close()
  })
})
