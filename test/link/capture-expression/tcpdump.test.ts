import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bpfMachine } from '../../../src/link/bpf-machine.ts'
import { compileCaptureExpression } from '../../../src/link/capture-expression/capture-expression.ts'
import { compileWithTcpdump } from '../../../src/link/capture-expression/compile-with-tcpdump.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'
import { pcapFile } from '../../sources/capture-file/capture-file-writer.ts'
import { COOKED_EXPRESSIONS, ETHERNET_EXPRESSIONS, EXPRESSIONS } from './expressions.ts'
import { FRAMES, type GeneratedFrame, generatedFrames } from './generated-frames.ts'

const SEED = 20260718
const FRAME_COUNT = 800
/** Of files: what begins with its IP header has another number in memory. */
const TYPES = Object.entries(LINK_TYPE).filter(([, linkType]) => FRAMES.has(linkType))
/** tcpdump asks these for both ends in another order, or not at all: a frame that ends between them is then rejected by one of us only. */
const REORDERED = new Set([
  'host 10.0.0.1 or 10.0.0.2',
  'host 10.0.0.1 or (10.0.0.2 or 10.1.2.3)',
  'host (10.0.0.1 or 10.0.0.2)',
  'net 0.0.0.0/0',
  'not (tcp port 22 or (host 10.0.0.1 and port 443))',
])
const hasTcpdump = spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0

/** Which frames tcpdump selects, by their times; null when it says that none can be. */
const selectedByTcpdump = (file: Uint8Array, expression: string): number[] => {
  const { stdout, stderr, status } = spawnSync('tcpdump', ['-r', '-', '-w', '-', '--', expression], {
    input: file,
    maxBuffer: 64e6,
  })
  if (status !== 0) {
    const said = stderr.toString()
    if (said.includes('expression rejects all packets')) return []
    throw new Error(`tcpdump: ${expression}: ${said}`)
  }
  const selected: number[] = []
  for (let at = 24; at < stdout.length; at += 16 + stdout.readUInt32LE(at + 8))
    selected.push(stdout.readUInt32LE(at + 4))
  return selected
}

const selectedByUs = (frames: readonly GeneratedFrame[], expression: string, linkType: number): number[] => {
  const machine = bpfMachine(compileCaptureExpression(expression, linkType))
  return frames.flatMap(({ bytes, wireBytes }, i) => {
    // Among other bytes, so that nothing outside the frame is taken for a part of it.
    const space = new Uint8Array(bytes.length + 64).fill(0x45)
    space.set(bytes, 7)
    return machine(space, 7, bytes.length, wireBytes) > 0 ? [i] : []
  })
}

/** A process for each takes time: the ways that differ only in where things lie get every third, each another one. */
const expressionsFor = (linkType: number): readonly string[] => {
  if (linkType === LINK_TYPE.ethernet) return [...EXPRESSIONS, ...ETHERNET_EXPRESSIONS]
  if (linkType === LINK_TYPE.linuxSll) return [...EXPRESSIONS, ...COOKED_EXPRESSIONS]
  const some = EXPRESSIONS.filter((_, i) => i % 3 === linkType % 3)
  return linkType === LINK_TYPE.linuxSll2 ? [...some, ...COOKED_EXPRESSIONS] : some
}

describe.skipIf(!hasTcpdump)('capture filters select what tcpdump selects (needs tcpdump)', () => {
  it.each(TYPES)(
    'of %s',
    (_, linkType) => {
      const frames = generatedFrames(linkType, SEED, FRAME_COUNT, false)
      const file = pcapFile(
        frames.map(({ bytes, wireBytes }, timeUs) => ({ bytes, wireBytes, timeUs })),
        { isLittle: true, magic: 0xa1b2c3d4, linkType },
      )
      const differing: string[] = []
      let telling = 0
      for (const expression of expressionsFor(linkType)) {
        const theirs = selectedByTcpdump(file, expression)
        if (theirs.length > 0 && theirs.length < FRAME_COUNT) telling += 1
        const ours = selectedByUs(frames, expression, linkType)
        if (JSON.stringify(ours) === JSON.stringify(theirs)) continue
        const odd = frames.findIndex((__, i) => ours.includes(i) !== theirs.includes(i))
        differing.push(
          `${expression}: ${ours.length} for ${theirs.length}; frame ${odd}: ${Buffer.from(frames[odd]!.bytes).toString('hex')}`,
        )
      }
      expect(differing).toEqual([])
      // Filters that select all or nothing would agree whatever we did.
      expect(telling).toBeGreaterThan(15)
    },
    60_000,
  )

  it('of Ethernet, frames that are cut anywhere', () => {
    const frames = generatedFrames(LINK_TYPE.ethernet, SEED, FRAME_COUNT, true)
    const file = pcapFile(
      frames.map(({ bytes, wireBytes }, timeUs) => ({ bytes, wireBytes, timeUs })),
      { isLittle: true, magic: 0xa1b2c3d4, linkType: LINK_TYPE.ethernet },
    )
    const differing = expressionsFor(LINK_TYPE.ethernet).filter(
      (expression, i) =>
        i % 2 === 0 &&
        !REORDERED.has(expression) &&
        JSON.stringify(selectedByUs(frames, expression, LINK_TYPE.ethernet)) !==
          JSON.stringify(selectedByTcpdump(file, expression)),
    )
    expect(differing).toEqual([])
  }, 60_000)
})

describe.skipIf(!hasTcpdump)('programs that tcpdump compiles (needs tcpdump)', () => {
  it.each([
    ['tcp port 443', LINK_TYPE.ethernet],
    ['host 10.0.0.1 and not 10.0.0.2', LINK_TYPE.linuxSll],
    ['-1 = len or ip', LINK_TYPE.raw],
  ])('run on our machine and select the same: %s', async (expression, linkType) => {
    const frames = generatedFrames(linkType, SEED, FRAME_COUNT, false)
    const machine = bpfMachine(await compileWithTcpdump(expression, linkType))
    const theirs = frames.flatMap(({ bytes, wireBytes }, i) =>
      machine(bytes, 0, bytes.length, wireBytes) > 0 ? [i] : [],
    )
    expect(theirs).toEqual(selectedByUs(frames, expression, linkType))
    expect(theirs.length).toBeGreaterThan(10)
  })

  it('are refused with its words', async () => {
    await expect(compileWithTcpdump('tcp host 10.0.0.1', LINK_TYPE.ethernet)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: "tcpdump does not understand the capture filter: 'tcp' modifier applied to host",
    })
    await expect(compileWithTcpdump('ip', 105)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })
})
