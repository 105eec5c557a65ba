import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { writeAtomically } from '../../src/output/atomic-file.ts'
import { openSink } from '../../src/output/sink.ts'
import { errorCodeOf } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const root = temporaryFolder('output')
let numbered = 0
const freshFolder = (): string => {
  numbered += 1
  const path = join(root, String(numbered))
  mkdirSync(path)
  return path
}

describe('a file written whole or not at all', () => {
  it.each([
    ['new', undefined],
    ['in place of an older one', 'old'],
  ])('%s', async (_name, before) => {
    const folder = freshFolder()
    const path = join(folder, 'map.png')
    if (before !== undefined) writeFileSync(path, before)
    await writeAtomically(path, async (file) => {
      await file.write('first ')
      expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined).toBe(before)
      await file.write('second')
    })
    expect(readFileSync(path, 'utf8')).toBe('first second')
    expect(readdirSync(folder)).toEqual(['map.png'])
  })
  it('a failure leaves the old file and nothing else', async () => {
    const folder = freshFolder()
    const path = join(folder, 'map.png')
    writeFileSync(path, 'old')
    const failing = writeAtomically(path, async (file) => {
      await file.write('half')
      throw new RangeError('no more')
    })
    await expect(failing).rejects.toThrow(RangeError)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['map.png'])
  })
  it.each([
    ['a folder that is not there', () => join(root, 'none', 'x.png'), 'ERR_OUTPUT_FILE'],
    ['a folder in its place', () => freshFolder(), 'ERR_OUTPUT_FILE'],
    ['a full device', () => '/dev/full', 'ERR_DISK_FULL'],
  ])('%s: %s', async (_name, path, code) => {
    expect(await errorCodeOf(writeAtomically(path(), async (file) => void (await file.write('x'))))).toBe(code)
  })
})

describe('sinks', () => {
  it('write a file in the order given', async () => {
    const path = join(freshFolder(), 'out.csv')
    const sink = await openSink(path)
    const block = new Uint8Array(70_000).fill(65)
    await sink.write('saddr\n')
    await sink.write(block)
    await sink.write('')
    await sink.write('end\n')
    await sink.flush()
    expect(readFileSync(path)).toHaveLength(6 + 70_000 + 4)
    await sink.write('more')
    await sink.close()
    expect(readFileSync(path, 'utf8')).toBe(`saddr\n${'A'.repeat(70_000)}end\nmore`)
  })
  it.each([
    ['a folder that is not there', () => join(root, 'none', 'x.csv'), 'ERR_OUTPUT_FILE'],
    ['a full device', () => '/dev/full', 'ERR_DISK_FULL'],
  ])('%s: coded', async (_name, path, code) => {
    const writing = async (): Promise<void> => {
      const sink = await openSink(path())
      await sink.write('x'.repeat(100_000))
      await sink.close()
    }
    expect(await errorCodeOf(writing())).toBe(code)
  })
  it('wait for a slow reader of standard output', async () => {
    let received = 0
    let busy = 0
    const stdout = new Writable({
      highWaterMark: 1000,
      write(chunk: Buffer, _encoding, done) {
        received += chunk.length
        busy = Math.max(busy, stdout.writableLength)
        setImmediate(done)
      },
    })
    const sink = await openSink('-', { stdout })
    for (let i = 0; i < 50; i += 1) await sink.write('x'.repeat(64 * 1024))
    await sink.close()
    expect(received).toBe(50 * 64 * 1024)
    expect(busy).toBeLessThanOrEqual(64 * 1024)
    expect(stdout.writableEnded).toBe(false)
  })
  it('go quiet when the reader has gone', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const sink = await openSink('-', { stdout })
    for (let i = 0; i < 5; i += 1) {
      await sink.write('x'.repeat(64 * 1024))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await sink.close()
    expect(sink.consumerGone).toBe(true)
  })
})
