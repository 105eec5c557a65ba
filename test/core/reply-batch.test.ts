import { describe, expect, it } from 'vitest'
import { fileError, InterplotError } from '../../src/core/errors.ts'
import { deriveWords, randomStream } from '../../src/core/random.ts'
import { makeRegistry } from '../../src/core/registry.ts'
import {
  makeReplyBatch,
  REPLY_COLUMNS,
  REPLY_SUCCESS,
  replyBatchFrom,
  replyBatchMessage,
  rowsWhere,
} from '../../src/core/reply-batch.ts'

const filled = () => {
  const batch = makeReplyBatch(16, 64)
  for (let row = 0; row < 10; row += 1)
    for (const [i, name] of REPLY_COLUMNS.entries()) batch[name][row] = (row * 20 + i) % 200
  for (let row = 0; row < 10; row += 1) batch.flags[row] = row % 3 === 0 ? REPLY_SUCCESS : 0
  batch.count = 10
  batch.heap.set([1, 2, 3, 4])
  batch.heapUsed = 4
  return batch
}

describe('reply batch', () => {
  it('has columns that do not overlap', () => {
    const batch = makeReplyBatch(16, 64)
    for (const name of REPLY_COLUMNS) batch[name].fill(1)
    batch.heap.fill(1)
    const bytes = REPLY_COLUMNS.reduce((sum, name) => sum + batch[name].byteLength, batch.heap.byteLength)
    expect(bytes).toBe(batch.buffer.byteLength)
    for (const name of REPLY_COLUMNS) expect(batch[name].every((value: number) => value === 1)).toBe(true)
  })

  it('comes out of a transferred buffer as it went in', () => {
    const batch = filled()
    const copy = replyBatchFrom(structuredClone(replyBatchMessage(batch)))
    for (const name of REPLY_COLUMNS) expect([...copy[name]]).toEqual([...batch[name]])
    expect([copy.count, copy.heapUsed, ...copy.heap.subarray(0, 4)]).toEqual([10, 4, 1, 2, 3, 4])
  })

  it('gives the rows that pass a test, all columns of them', () => {
    const batch = filled()
    const kept = rowsWhere(batch, ({ flags }, row) => flags[row] === REPLY_SUCCESS)
    expect(kept.count).toBe(4)
    for (const name of REPLY_COLUMNS) {
      expect([...kept[name].subarray(0, 4)]).toEqual([0, 3, 6, 9].map((row) => batch[name][row]))
    }
    expect(rowsWhere(batch, () => true)).toBe(batch)
  })
})

describe('registry', () => {
  it('lists the known names for an unknown one, and refuses twins', () => {
    const registry = makeRegistry('fruit', [
      { name: 'apple', help: '' },
      { name: 'pear', help: '' },
    ])
    expect(registry.get('pear').name).toBe('pear')
    expect(() => registry.get('plum')).toThrow('there is no fruit named "plum"')
    try {
      registry.get('plum')
    } catch (error) {
      expect(error instanceof InterplotError && error.toLine()).toContain('Known: apple, pear.')
    }
    expect(() =>
      makeRegistry('fruit', [
        { name: 'apple', help: '' },
        { name: 'apple', help: '' },
      ]),
    ).toThrow('two entries')
  })
})

describe('errors', () => {
  it('say what is wrong and what to do on one line, and know their exit code', () => {
    const error = new InterplotError('ERR_TARGET', 'no such thing', { advice: 'Try another.' })
    expect([error.toLine(), error.exitCode]).toEqual(['ERR_TARGET: no such thing. Try another.', 2])
    expect(new InterplotError('ERR_STORE_CORRUPT', 'broken.').toLine()).toBe('ERR_STORE_CORRUPT: broken.')
  })

  it.each([
    ['ENOSPC', 'ERR_DISK_FULL'],
    ['ENOENT', 'ERR_OUTPUT_FILE'],
    ['EACCES', 'ERR_OUTPUT_FILE'],
  ])('turn %s into %s', (system, code) => {
    expect(fileError('ERR_OUTPUT_FILE', 'x', Object.assign(new Error(system), { code: system })).code).toBe(code)
  })
})

describe('randomness', () => {
  it('follows from seed and label alone', () => {
    expect([...deriveWords('s', 'a', 20)]).toEqual([...deriveWords('s', 'a', 20)])
    expect([...deriveWords('s', 'a', 4)]).not.toEqual([...deriveWords('s', 'b', 4)])
    expect([...deriveWords('s', 'a', 20)].slice(0, 4)).toEqual([...deriveWords('s', 'a', 4)])
  })

  it('is uniform enough for a simulation', () => {
    const stream = randomStream('s', 'uniform')
    const buckets = new Uint32Array(16)
    for (let i = 0; i < 16_000; i += 1) {
      const bucket = stream.nextBelow(16)
      buckets[bucket] = buckets[bucket]! + 1
    }
    const chiSquare = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    // 15 degrees of freedom: 0.9999 quantile is 44.
    expect(chiSquare).toBeLessThan(44)
  })
})
