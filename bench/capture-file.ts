/**
 * How many frames a second are read from a capture file: by our reader alone, through filters, and by tcpdump in the same run.
 *
 *   node --import tsx bench/capture-file.ts [frames]
 *
 * The file has 64-byte frames of 10,000 TCP connections over IPv4, lies in the folder for temporary files (80 bytes a frame, 400 MB) and is removed
 * afterwards. It is read once before anything is measured.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bpfMachine } from '../src/link/bpf-machine.ts'
import { compileCaptureExpression } from '../src/link/capture-expression/capture-expression.ts'
import { readCaptureFile } from '../src/sources/capture-file/capture-file.ts'
import { fileChunks } from '../src/sources/capture-file/file-chunks.ts'
import { LINK_TYPE } from '../src/wire/link-type.ts'
import { flowCounter } from './flow-counter.ts'

const FRAMES = Number(process.argv[2] ?? 5_000_000)
const CONNECTIONS = 10_000
const FRAME_BYTES = 64
const RECORD_BYTES = 16 + FRAME_BYTES
const RUNS = 3
const FILTERS = [
  'tcp port 443',
  'not (tcp port 22)',
  'host 10.0.0.1 or 10.0.0.2',
  'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
]

if (!Number.isInteger(FRAMES) || FRAMES < 10_000 || FRAMES > 20_000_000) throw new Error('10,000 to 20,000,000 frames')

/** One record of each connection. */
const makeRecords = (): Uint8Array => {
  const records = new Uint8Array(CONNECTIONS * RECORD_BYTES)
  const view = new DataView(records.buffer)
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const at = i * RECORD_BYTES
    view.setUint32(at, 1_700_000_000, true)
    view.setUint32(at + 4, i, true)
    view.setUint32(at + 8, FRAME_BYTES, true)
    view.setUint32(at + 12, FRAME_BYTES, true)
    view.setUint16(at + 16 + 12, 0x0800)
    records.set([0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 1, i >>> 8, i & 255], at + 30)
    view.setUint16(at + 50, 32_768 + (i >>> 1))
    view.setUint16(at + 52, i % 2 === 0 ? 443 : 80)
    records.set([0x50, 0x10], at + 62)
  }
  return records
}

const writeFile = (path: string): void => {
  const file = openSync(path, 'w')
  const header = new DataView(new ArrayBuffer(24))
  header.setUint32(0, 0xa1b2c3d4, true)
  header.setUint16(4, 2, true)
  header.setUint16(6, 4, true)
  header.setUint32(16, 262_144, true)
  header.setUint32(20, LINK_TYPE.ethernet, true)
  writeSync(file, new Uint8Array(header.buffer))
  const records = makeRecords()
  for (let left = FRAMES; left > 0; left -= CONNECTIONS) {
    writeSync(file, records, 0, Math.min(left, CONNECTIONS) * RECORD_BYTES)
  }
  closeSync(file)
}

const report = (name: string, ms: number, detail: string): void => {
  process.stdout.write(`${name.padEnd(60)} ${(FRAMES / ms / 1000).toFixed(1).padStart(6)} M frames/s  ${detail}\n`)
}

/** The best of a few runs, in ms, and what was counted. */
const best = async (run: () => Promise<number>): Promise<{ ms: number; count: number }> => {
  let ms = Number.POSITIVE_INFINITY
  let count = 0
  for (let i = 0; i < RUNS; i += 1) {
    const began = performance.now()
    count = await run()
    ms = Math.min(ms, performance.now() - began)
  }
  return { ms, count }
}

const ours = (path: string, filter: string | null) => {
  const machine = filter === null ? null : bpfMachine(compileCaptureExpression(filter, LINK_TYPE.ethernet))
  return best(async () => {
    let count = 0
    const summary = await readCaptureFile(fileChunks(path), path, (bytes, offset, captured, wireBytes) => {
      if (machine === null || machine(bytes, offset, captured, wireBytes) > 0) count += 1
    })
    if (summary.frames !== FRAMES) throw new Error(`${summary.frames} frames of ${FRAMES}`)
    return count
  })
}

/** All that `interplot watch FILE` does but to keep rows. */
const flows = (path: string) =>
  best(async () => {
    const { meter, rows } = flowCounter()
    await readCaptureFile(fileChunks(path), path, meter.onFrame)
    meter.flush()
    if (meter.counters.packets !== FRAMES) throw new Error(`${meter.counters.packets} packets of ${FRAMES}`)
    return rows()
  })

const tcpdump = (path: string, args: readonly string[]) =>
  best(async () => {
    const { status } = spawnSync('tcpdump', ['-r', path, ...args], { stdio: 'ignore' })
    if (status !== 0) throw new Error('tcpdump failed')
    return FRAMES
  })

const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
try {
  const path = join(folder, 'frames.pcap')
  writeFile(path)
  execFileSync('cat', [path], { stdio: ['ignore', 'ignore', 'inherit'] })
  const alone = await ours(path, null)
  report('our reader', alone.ms, `${alone.count} frames`)
  for (const filter of FILTERS) {
    const { ms, count } = await ours(path, filter)
    report(`our reader, ${filter}`, ms, `${count} selected`)
  }
  const whole = await flows(path)
  report('our reader and flows, with names', whole.ms, `${whole.count} connections`)
  if (spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0) {
    for (const args of [['-w', '/dev/null'], ['-w', '/dev/null', 'tcp port 443'], ['-nn']]) {
      const { ms } = await tcpdump(path, args)
      report(`tcpdump -r ${args.join(' ')}`, ms, `reader and flows take ${(whole.ms / ms).toFixed(2)} of its time`)
    }
  } else process.stdout.write('tcpdump is not installed\n')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
