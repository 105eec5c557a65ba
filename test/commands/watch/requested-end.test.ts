import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { chunksUntil, makeRequestedEnd } from '../../../src/commands/watch/requested-end.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('chunksUntil', () => {
  it('holds nothing of what has passed', async () => {
    const passed: WeakRef<Uint8Array>[] = []
    async function* source() {
      for (let i = 0; i < 20; i += 1) {
        const chunk = new Uint8Array(1024)
        passed.push(new WeakRef(chunk))
        await turn()
        yield chunk
      }
    }
    const end = makeRequestedEnd()
    const chunks = chunksUntil(source(), end)
    for (let i = 0; i < 20; i += 1) await chunks.next()
    await turn()
    collectGarbage()
    await turn()
    // The last ones may still be on the stack.
    expect(passed.slice(0, 15).filter((each) => each.deref() !== undefined)).toHaveLength(0)
    end.request()
  })

  it('ends while nothing comes, and whatever comes of it then', async () => {
    let fail: (error: Error) => void = () => undefined
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_, reject) => {
            fail = reject
          }),
      }),
    }
    const end = makeRequestedEnd()
    const next = chunksUntil(silent, end).next()
    await turn()
    end.request()
    expect(await next).toStrictEqual({ value: undefined, done: true })
    fail(new Error('too late'))
    await turn()
  })

  it('hands on what was there, and failures', async () => {
    async function* source() {
      yield Uint8Array.of(1)
      await turn()
      throw new Error('broken')
    }
    const chunks = chunksUntil(source(), makeRequestedEnd())
    expect((await chunks.next()).value).toStrictEqual(Uint8Array.of(1))
    await expect(chunks.next()).rejects.toThrow('broken')
  })
})
