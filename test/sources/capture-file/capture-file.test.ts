import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CaptureFileSummary, readCaptureFile } from '../../../src/sources/capture-file/capture-file.ts'
import {
  block,
  described,
  enhanced,
  joined,
  option,
  pcapFile,
  pcapHeader,
  section,
  type WrittenFrame,
  words,
} from './capture-file-writer.ts'

interface Seen {
  bytes: string
  wireBytes: number
  timeUs: number
  linkType: number
  device: number
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const readAll = async (bytes: Uint8Array, chunkBytes = 1 << 20) => {
  const frames: Seen[] = []
  const devices: [number, string | null, number][] = []
  const summary = await readCaptureFile(
    inChunks(bytes, chunkBytes),
    'FILE',
    (from, offset, captured, wireBytes, timeUs, linkType, device) => {
      expect(offset + captured).toBeLessThanOrEqual(from.length)
      frames.push({ bytes: hex(from.subarray(offset, offset + captured)), wireBytes, timeUs, linkType, device })
    },
    { onDevice: (...device) => void devices.push(device) },
  )
  return { summary, frames, devices }
}

const frameOf = (bytes: number, timeUs: number, wireBytes?: number): WrittenFrame => ({
  bytes: Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + bytes) & 255),
  timeUs,
  ...(wireBytes === undefined ? {} : { wireBytes }),
})

const FRAMES = [frameOf(60, 1_700_000_000_000_001), frameOf(0, 1_700_000_000_999_999), frameOf(64, 4e15, 1514)]
const FORMS = [
  { name: 'microseconds', magic: 0xa1b2c3d4 },
  { name: 'nanoseconds', magic: 0xa1b23c4d },
  { name: 'modified', magic: 0xa1b2cd34 },
].flatMap((form) => [true, false].map((isLittle) => ({ ...form, isLittle, linkType: 1 })))

const clean = (count: Partial<CaptureFileSummary>) => ({
  frames: 0,
  wireBytes: 0,
  cutFrames: 0,
  untimedFrames: 0,
  skippedBlocks: 0,
  malformedBlocks: 0,
  devices: 1,
  isGzip: false,
  isTruncated: false,
  damage: null,
  ...count,
})

describe('pcap files', () => {
  it.each(FORMS)('$name, little endian: $isLittle, in chunks of any size', async (form) => {
    const file = pcapFile(FRAMES, form)
    for (const chunkBytes of [1, 7, 24, 40, 1 << 20]) {
      const { frames, summary, devices } = await readAll(file, chunkBytes)
      expect(summary).toEqual(clean({ format: 'pcap', frames: 3, wireBytes: 1574, cutFrames: 1 }))
      expect(devices).toEqual([[0, null, 1]])
      expect(frames).toEqual(
        FRAMES.map(({ bytes, timeUs, wireBytes = bytes.length }) => ({
          bytes: hex(bytes),
          wireBytes,
          timeUs,
          linkType: 1,
          device: 0,
        })),
      )
    }
  })

  const form = { isLittle: true, magic: 0xa1b2c3d4, linkType: 1 }
  it.each([
    ['a record cut in its header', 10, { frames: 1, isTruncated: true }],
    ['a record cut in its bytes', 50, { frames: 1, isTruncated: true }],
    ['the border of a record', 76, { frames: 1, isTruncated: false }],
  ])('ends within %s', async (_, cut, expected) => {
    const file = pcapFile([frameOf(60, 1), frameOf(60, 2)], form)
    for (const chunkBytes of [3, 1 << 20]) {
      expect((await readAll(file.subarray(0, file.length - cut), chunkBytes)).summary).toMatchObject(expected)
    }
  })

  it.each([
    [
      'longer than any frame',
      words(true, 1, 1, 300_000, 300_000),
      'record 2 says that it has 300000 bytes, more than any frame',
    ],
    [
      'longer than a number',
      words(true, 1, 1, 0xffff_ffff, 1),
      'record 2 says that it has 4294967295 bytes, more than any frame',
    ],
  ])('a record %s ends it', async (_, record, damage) => {
    const file = joined(pcapFile([frameOf(60, 1)], form), record, new Uint8Array(1000))
    for (const chunkBytes of [1, 1 << 20]) {
      expect((await readAll(file, chunkBytes)).summary).toMatchObject({ frames: 1, damage, isTruncated: false })
    }
  })

  it('more in the file than on the wire, and lengths in the old order', async () => {
    const odd = pcapFile([frameOf(60, 1, 40)], form)
    expect((await readAll(odd)).frames[0]).toMatchObject({ wireBytes: 60 })
    const old = pcapFile([frameOf(60, 1)], { ...form, minor: 2 })
    new DataView(old.buffer).setUint32(24 + 8, 1514, true)
    new DataView(old.buffer).setUint32(24 + 12, 60, true)
    expect((await readAll(old)).summary).toMatchObject({ frames: 1, wireBytes: 1514, cutFrames: 1 })
  })
})

describe('pcapng files', () => {
  const one = new Uint8Array(61).fill(7)
  const name = (isLittle: boolean, text: string) => option(isLittle, 2, new TextEncoder().encode(text))
  const file = (isLittle: boolean) =>
    joined(
      section(isLittle),
      described(isLittle, 1, name(isLittle, 'eth0'), option(isLittle, 9, Uint8Array.of(9))),
      described(isLittle, 113, name(isLittle, 'a\u001b[2Jb'), option(isLittle, 9, Uint8Array.of(0x80 | 20))),
      enhanced(isLittle, 0, 1_700_000_000_123_456_789n, one, 1514),
      enhanced(isLittle, 1, (1_700_000_000n << 20n) + (1n << 19n), one),
      block(isLittle, 10, new TextEncoder().encode('CLIENT_RANDOM secret')),
      block(isLittle, 0x4242_4242, new Uint8Array(100_000)),
      block(isLittle, 3, joined(words(isLittle, 61), one)),
      block(isLittle, 2, joined(words(isLittle, { h: 0 }, { h: 9 }, 0, 5000, 61, 61), one)),
    )

  it.each([true, false])('of several sections, the first little endian: %s', async (isLittle) => {
    const whole = joined(file(isLittle), file(!isLittle))
    for (const chunkBytes of [1, 5, 64, 1 << 20]) {
      const { summary, frames, devices } = await readAll(whole, chunkBytes)
      const count = { frames: 8, wireBytes: 2 * (1514 + 3 * 61), cutFrames: 2, untimedFrames: 2, skippedBlocks: 4 }
      expect(summary).toEqual(clean({ format: 'pcapng', devices: 4, ...count }))
      expect(devices).toEqual([
        [0, 'eth0', 1],
        [1, 'a\uFFFD[2Jb', 113],
        [2, 'eth0', 1],
        [3, 'a\uFFFD[2Jb', 113],
      ])
      const times = [1_700_000_000_123_456, 1_700_000_000_500_000, 1_700_000_000_500_000, 5]
      expect(frames.map(({ timeUs, device, linkType }) => [timeUs, device, linkType])).toEqual(
        [0, 2].flatMap((base) => times.map((timeUs, i) => [timeUs, base + (i === 1 ? 1 : 0), i === 1 ? 113 : 1])),
      )
      expect(new Set(frames.map(({ bytes }) => bytes))).toEqual(new Set([hex(one)]))
    }
  })

  it.each([
    ['an unknown interface', enhanced(true, 7, 1n, one), { malformedBlocks: 1, frames: 1 }],
    ['more bytes than its block', block(true, 6, words(true, 0, 0, 0, 400, 400)), { malformedBlocks: 1, frames: 1 }],
    ['4 GB in a small block', block(true, 6, words(true, 0, 0, 0, 0xffff_fff0, 1)), { malformedBlocks: 1, frames: 1 }],
    ['no room for its header', block(true, 6, words(true, 0, 0)), { malformedBlocks: 1, frames: 1 }],
    ['an interface without room', block(true, 1, words(true, 1)), { malformedBlocks: 1, frames: 1, devices: 1 }],
    [
      'a time before the epoch',
      joined(described(true, 1, option(true, 14, words(true, -5 >>> 0, -1 >>> 0))), enhanced(true, 1, 1n, one)),
      { untimedFrames: 1, frames: 2 },
    ],
    ['a time of 2^64', enhanced(true, 0, 0xffff_ffff_ffff_ffffn, one), { untimedFrames: 1, frames: 2 }],
    [
      'a block of no length',
      words(true, 6, 0, 0),
      { damage: 'block 3 says that it has 0 bytes, which no block can', frames: 0 },
    ],
    [
      'an odd length',
      words(true, 6, 33, 0),
      { damage: 'block 3 says that it has 33 bytes, which no block can', frames: 0 },
    ],
    [
      'a section of no byte order',
      words(true, 0x0a0d0d0a, 28, 5),
      { damage: 'block 3 begins a section in no known byte order', frames: 0 },
    ],
    ['a block that is longer than the file', words(true, 99, 0xffff_fff0, 0), { isTruncated: true, frames: 0 }],
  ])('survives %s', async (_, bad, expected) => {
    const whole = joined(section(true), described(true, 1), bad, enhanced(true, 0, 1n, one))
    for (const chunkBytes of [1, 64, 1 << 20])
      expect((await readAll(whole, chunkBytes)).summary).toMatchObject(expected)
  })
})

describe('capture files inside gzip', () => {
  const form = { isLittle: true, magic: 0xa1b2c3d4, linkType: 1 }
  const frames = Array.from({ length: 5000 }, (_, i) => frameOf(60 + (i % 9), i * 1000))
  const file = pcapFile(frames, form)

  it('are unpacked, in several members too', async () => {
    const packed = joined(gzipSync(file.subarray(0, 1001)), gzipSync(file.subarray(1001)))
    for (const chunkBytes of [100, 1 << 20]) {
      const { summary } = await readAll(packed, chunkBytes)
      expect(summary).toMatchObject({ frames: 5000, isGzip: true, isTruncated: false, damage: null })
    }
  })

  it('that break off count as far as they go', async () => {
    const packed = gzipSync(file)
    const { summary } = await readAll(packed.subarray(0, packed.length - 30), 512)
    expect(summary).toMatchObject({ isTruncated: true, damage: null })
    expect(summary.frames).toBeGreaterThan(1000)
  })

  it('that are damaged say so, and what came before counts', async () => {
    const packed = gzipSync(file)
    packed.fill(0xff, packed.length - 8)
    const { summary } = await readAll(packed, 512)
    expect(summary.damage).toMatch(/^gzip: /)
    expect(summary.frames).toBeGreaterThan(1000)
  })

  it('cost no more memory than a chunk, however much they unpack to', async () => {
    const bomb = gzipSync(joined(pcapHeader(form), words(true, 0, 0, 0, 0), new Uint8Array(200e6)))
    const before = process.memoryUsage().rss
    let most = 0
    let seen = 0
    const summary = await readCaptureFile(
      inChunks(bomb, 4096),
      'FILE',
      () => {
        seen += 1
      },
      {
        afterChunk() {
          most = Math.max(most, process.memoryUsage().rss)
        },
      },
    )
    expect(summary.frames).toBe(seen)
    expect(seen).toBe(1 + 200e6 / 16)
    expect(most - before).toBeLessThan(100e6)
  })
})

describe('what is no capture file', () => {
  const text = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0))
  it.each([
    ['nothing', new Uint8Array(0), 'FILE is no capture file: it is empty'],
    [
      'text',
      text('10:00:00.000000 IP 192.0.2.1 > 192.0.2.2: ICMP echo request\n'),
      'FILE is no capture file: it is text',
    ],
    ['a results file', text('SQLite format 3\0 and more'), 'FILE is no capture file: it is a database'],
    ['snoop', text('snoop\0\0\0\0\0\0\x02\0\0\0\x04'), 'FILE is no capture file: it is a capture of snoop'],
    [
      'ERF',
      joined(words(true, 0, 0x6500_0000), Uint8Array.of(2, 4, 0, 80, 0, 0, 0, 60), new Uint8Array(64)),
      'FILE is no capture file: it is probably a capture in the ERF format',
    ],
    ['gzip in gzip', gzipSync(gzipSync(text('twice'))), 'FILE is no capture file: it is compressed with gzip twice'],
    ['text in gzip', gzipSync(text('some text')), 'FILE is no capture file: it is text'],
    [
      'broken gzip',
      Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5),
      /^FILE is no capture file: nothing in it can be unpacked/,
    ],
    ['noise', new Uint8Array(64), 'FILE is no capture file: it is none of the formats that we know'],
  ])('%s is named', async (_, bytes, message) => {
    await expect(readAll(bytes, 5)).rejects.toMatchObject({
      code: 'ERR_INPUT_FILE',
      message: expect.stringMatching(message),
    })
    await expect(readAll(bytes)).rejects.toMatchObject({ advice: expect.stringMatching(/./) })
  })

  it('hands on failures of what it reads from', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(text('x')).subarray(0, 12)
      throw new Error('the disk is gone')
    }
    await expect(readCaptureFile(failing(), 'FILE', () => undefined)).rejects.toThrow('the disk is gone')
  })
})

describe('hostile bytes', () => {
  const valid = fc.constantFrom(
    pcapFile(FRAMES, { isLittle: true, magic: 0xa1b2c3d4, linkType: 1 }),
    joined(
      section(true),
      described(true, 1),
      enhanced(true, 0, 1n, new Uint8Array(60)),
      section(false),
      described(false, 1),
      enhanced(false, 0, 1n, new Uint8Array(9)),
    ),
  )
  it('never raise anything but a refusal, in chunks of any size the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        valid,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
        fc.nat(300),
        fc.integer({ min: 1, max: 80 }),
        async (file, changes, cut, chunkBytes) => {
          const bytes = file.slice(0, Math.max(24, file.length - cut))
          // The first four bytes stay: what begins otherwise is refused at once.
          for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value
          const whole = await readAll(bytes)
          const parts = await readAll(bytes, chunkBytes)
          expect(parts).toEqual(whole)
        },
      ),
      { numRuns: 1500 },
    )
  })
})
