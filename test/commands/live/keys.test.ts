import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeKeyReader } from '../../../src/commands/live/keys.ts'

describe('keys', () => {
  it.each([
    ['q', ['q']],
    ['jk+', ['j', 'k', '+']],
    ['\u001b[A\u001b[B\u001b[C', ['up', 'down', 'right']],
    ['\u001bOA\u001bOB', ['up', 'down']],
    ['\u001b[1;5A', ['up']],
    ['\u001b[5~\u001b[6~', ['page-up', 'page-down']],
    ['\u001b[Z\t\r', ['shift-tab', 'tab', 'enter']],
    ['\u0003\u001a\u000c', ['ctrl-c', 'ctrl-z', 'ctrl-l']],
    ['\u007f\b\u0015', ['backspace', 'backspace', 'ctrl-u']],
    ['\u0001é😀', ['unknown', 'é', '😀']],
    ['\u001b[200~', ['unknown']],
    ['\u001bx', ['escape', 'x']],
  ])('reads %j', (text, keys) => {
    expect(makeKeyReader().read(text)).toEqual(keys)
    // The same in pieces, as a slow line hands it over.
    const reader = makeKeyReader()
    expect([...text].flatMap((character) => reader.read(character))).toEqual(keys)
    expect(reader.pending()).toBe(false)
  })

  it('takes the begun sequence for the escape key when nothing follows', () => {
    const reader = makeKeyReader()
    expect([reader.read('\u001b'), reader.pending(), reader.flush(), reader.pending()]).toEqual([
      [],
      true,
      ['escape'],
      false,
    ])
    expect([reader.read('\u001b['), reader.flush(), reader.read('q')]).toEqual([[], ['unknown'], ['q']])
  })

  it('takes any bytes, and keeps no more than a few', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        const reader = makeKeyReader()
        for (const text of texts) for (const key of reader.read(text)) expect(key.length).toBeGreaterThan(0)
        reader.flush()
        expect(reader.pending()).toBe(false)
      }),
    )
    const reader = makeKeyReader()
    expect(reader.read(`\u001b[${'1'.repeat(100)}`).length).toBeGreaterThan(0)
  })
})
