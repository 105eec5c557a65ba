/** Inputs as they come: packed, cut off, long lines, other encodings, unknown ones. */

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readBans } from '../../../src/sources/bans/ban-reader.ts'
import { errorCodeOf } from '../../error-code.ts'
import { chunks, NOW_US, readBytes, readText } from './read-text.ts'

const line = (n: number): string =>
  `2026-01-02 03:04:05,678 fail2ban.actions        [812]: NOTICE  [sshd] Ban 198.51.100.${n % 256}\n`
const log = (count: number): string => Array.from({ length: count }, (_, n) => line(n)).join('')

describe('gzip', () => {
  test.each([1, 100, 65_536])('in chunks of %d bytes', async (size) => {
    const { counts } = await readBytes(gzipSync(log(2000)), {}, size)
    expect(counts).toMatchObject({ lines: 2000, events: 2000 })
  })

  test('several members', async () => {
    const { counts } = await readBytes(Buffer.concat([gzipSync(log(3)), gzipSync(log(4))]))
    expect(counts.events).toBe(7)
  })

  test('cut off: what came before is read, and it is said', async () => {
    const packed = gzipSync(log(50_000), { level: 0 })
    const stream = readBans(chunks(packed.subarray(0, packed.length / 2), 4096), 'x.gz', { nowUs: () => NOW_US })
    const reading = (async () => {
      for await (const batch of stream) expect(batch.length).toBeLessThanOrEqual(8192)
    })()
    expect(await errorCodeOf(reading)).toBe('ERR_INPUT_FILE')
    expect(stream.counts.events).toBeGreaterThan(20_000)
  })

  test('a bomb costs time, not memory', async () => {
    const zeros = gzipSync(Buffer.alloc(300_000_000, 'a'))
    const bomb = Buffer.concat([gzipSync(line(1)), zeros, gzipSync(`\n${line(2)}`)])
    const before = process.memoryUsage().rss
    const { counts } = await readBytes(bomb, {}, 65_536)
    expect(counts).toMatchObject({ events: 2, lines: 3, cutLines: 1 })
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  })
})

describe('lines', () => {
  test('longer than 1 MiB are cut, and nothing of them begins a line', async () => {
    const forged = line(66).trimEnd()
    const long = `${'x'.repeat(1024 * 1024)}${forged}`
    const { said, counts } = await readText(`${line(1)}${long}\n${line(2)}`, {}, 50_000)
    expect(said).toHaveLength(2)
    expect(counts).toMatchObject({ lines: 3, cutLines: 1, events: 2, nothing: 1 })
  })

  test('as the first one, too', async () => {
    const long = `${line(1).trimEnd()} ${'x'.repeat(1024 * 1024)}${line(66).trimEnd()}`
    const { counts } = await readText(`${long}\n${line(2)}`, {}, 50_000)
    expect(counts).toMatchObject({ events: 1, cutLines: 1, refused: 1 })
  })

  test('of JSON may be longer', async () => {
    const decision = { duration: '1h', origin: 'lists', scenario: 's', scope: 'Ip', type: 'ban', value: '192.0.2.1' }
    const { counts } = await readText(
      JSON.stringify({ new: new Array(30_000).fill(decision), deleted: null }),
      {},
      9999,
    )
    expect(counts).toMatchObject({ format: 'crowdsec-json', events: 30_000, refused: 0, cutLines: 0 })
  })

  test('with NUL bytes, as a crash leaves them', async () => {
    const { counts } = await readText(`${line(1)}${'\0'.repeat(5000)}${line(2)}${line(3)}`)
    expect(counts).toMatchObject({ events: 2, nothing: 1 })
  })

  test.each([
    ['UTF-8 with a mark', Buffer.from('\uFEFF192.0.2.1\r\n192.0.2.2\r\n')],
    ['UTF-16', Buffer.from('\uFEFF192.0.2.1\r\n192.0.2.2\r\n', 'utf16le')],
    ['Latin-1', Buffer.from('# ung\u00fcltig\n192.0.2.1\n192.0.2.2', 'latin1')],
  ])('%s', async (_name, bytes) => {
    expect((await readBytes(bytes, {}, 3)).said).toEqual(['ban - 192.0.2.1 at ?', 'ban - 192.0.2.2 at ?'])
  })
})

describe('recognition', () => {
  test('what nobody knows is refused', async () => {
    expect(await errorCodeOf(readText('hello\nworld\n'))).toBe('ERR_INPUT_FILE')
    expect(await errorCodeOf(readText('192.0.2.1', { format: 'fail3ban' }))).toBe('ERR_UNKNOWN_NAME')
    expect(await errorCodeOf(readText('192.0.2.1', { timeZone: 'Mars/Base' }))).toBe('ERR_USAGE')
  })

  // Addresses in it are anybody's: the own ones, those of customers.
  test.each([
    ['/etc/hosts', '127.0.0.1 localhost\n192.0.2.5 files\n'],
    ["fail2ban's own configuration", '[DEFAULT]\nignoreip = 127.0.0.1/8 ::1 192.0.2.5\nbantime = 10m\n'],
    ['a log that nobody knows', '192.0.2.5 GET / 200\n192.0.2.6 GET /a 200\n'],
  ])('%s is no list of bans, unless somebody says so', async (_name, text) => {
    expect(await errorCodeOf(readText(text))).toBe('ERR_INPUT_FILE')
    expect((await readText(text, { format: 'pasted-text' })).events.length).toBeGreaterThan(1)
  })

  test.each(['', '\n\n', '[]', 'null'])('%j holds no bans', async (text) => {
    expect((await readText(text)).counts).toMatchObject({ events: 0, refused: 0 })
  })

  test('a pipe is read as soon as a line says what it is', async () => {
    let asked = 0
    const input = (async function* () {
      yield Buffer.from(line(1))
      asked += 1
      yield Buffer.from(line(2))
    })()
    const batches = readBans(input, 'pipe', { nowUs: () => NOW_US })[Symbol.asyncIterator]()
    expect((await batches.next()).value).toHaveLength(1)
    expect(asked).toBe(0)
    await batches.return?.()
  })

  test('the refused are counted, the first of them named with their places', async () => {
    const { counts } = await readText(`192.0.2.1, foo\n${'bad '.repeat(50)}`, { format: 'pasted-text' })
    expect(counts.refused).toBe(51)
    expect(counts.samples).toHaveLength(10)
    expect(counts.samples.slice(0, 2)).toEqual([
      { refused: '"foo" is not an IP address', column: 12, line: 1 },
      { refused: '"bad" is not an IP address', column: 1, line: 2 },
    ])
  })

  test('a failure of the input comes through', async () => {
    const input = (async function* () {
      yield Buffer.from(line(1))
      throw new Error('the disk is gone')
    })()
    const stream = readBans(input, 'x', { nowUs: () => NOW_US })
    await expect(async () => {
      for await (const batch of stream) expect(batch).toHaveLength(1)
    }).rejects.toThrow('the disk is gone')
  })
})
