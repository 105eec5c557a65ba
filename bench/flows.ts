/**
 * What a packet costs by the number of flows that are under way, and how large the program gets with a million of them:
 *
 *   npm run build && node --import tsx bench/flows.ts
 *
 * Packets are TCP segments, 40 bytes of raw IP, in random order. "file" is `interplot watch` of a capture file in which a million
 * connections begin, are answered and go on: three million packets, all flows under way in the end; without a results file and with one.
 * The file (168 MB) lies in the folder for temporary files and is removed afterwards. About half a minute.
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeIpv4Header } from '../src/wire/ipv4.ts'
import { LINK_TYPE } from '../src/wire/link-type.ts'
import { flowCounter } from './flow-counter.ts'
import { timeProgram } from './whole-process.ts'

const PACKET_BYTES = 40
const MOST_FLOWS = 1_000_000
const RUNS = 5
const START_US = 1_760_000_000e6
const [SYN, ACK] = [2, 16]

/** Packet of flow `flow`; both ends of all flows differ. */
const writePacket = (bytes: Uint8Array, at: number, flow: number, isBack: boolean, flags: number): void => {
  const near = { address: 0x0a00_0000 + (flow % 60_000), port: 1024 + (flow % 50_000) }
  const far = { address: 0x0100_0000 + ((flow * 2_654_435_761) % 0xd000_0000), port: 443 }
  const [from, to] = isBack ? [far, near] : [near, far]
  const fields = { protocol: 6, totalLength: PACKET_BYTES, ttl: 64 }
  writeIpv4Header(bytes, at, { source: from.address, destination: to.address, ...fields })
  new DataView(bytes.buffer, bytes.byteOffset + at + 20).setUint32(0, from.port * 65_536 + to.port)
  bytes[at + 32] = 0x50
  bytes[at + 33] = flags
}

const costOf = (flows: number): number => {
  const packets = 1 << 20
  const bytes = new Uint8Array(packets * PACKET_BYTES)
  for (let i = 0; i < packets; i += 1) {
    writePacket(bytes, i * PACKET_BYTES, Math.floor(Math.random() * flows), Math.random() < 0.5, ACK)
  }
  const { meter } = flowCounter(MOST_FLOWS)
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run += 1) {
    const beganMs = performance.now()
    for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
      meter.onFrame(bytes, at, PACKET_BYTES, PACKET_BYTES, START_US + run * 1e6, LINK_TYPE.raw, 0)
    }
    best = Math.min(best, performance.now() - beganMs)
    meter.flush()
  }
  return (best * 1e6) / packets
}

const writeCapture = (path: string): void => {
  const file = openSync(path, 'w')
  const header = new Uint32Array([0xa1b2c3d4, 0x0004_0002, 0, 0, 65_535, LINK_TYPE.raw])
  writeSync(file, new Uint8Array(header.buffer))
  const record = 16 + PACKET_BYTES
  const some = 10_000
  const bytes = new Uint8Array(some * record)
  const view = new DataView(bytes.buffer)
  for (const [round, flags] of [SYN, SYN | ACK, ACK].entries()) {
    for (let first = 0; first < MOST_FLOWS; first += some) {
      for (let i = 0; i < some; i += 1) {
        const at = i * record
        view.setUint32(at, START_US / 1e6 + round * 5 + Math.floor((first + i) / 200_000), true)
        view.setUint32(at + 4, ((first + i) % 200_000) * 5, true)
        view.setUint32(at + 8, PACKET_BYTES, true)
        view.setUint32(at + 12, PACKET_BYTES, true)
        writePacket(bytes, at + 16, first + i, round === 1, flags)
      }
      writeSync(file, bytes)
    }
  }
  closeSync(file)
}

for (const flows of [10_000, 100_000, MOST_FLOWS]) {
  process.stdout.write(`${flows.toLocaleString('en-US').padStart(9)} flows: ${costOf(flows).toFixed(0)} ns a packet\n`)
}
const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
try {
  writeCapture(join(folder, 'flows.pcap'))
  const watch = ['watch', 'flows.pcap', '--max-flows', String(2 ** 20), '--no-live', '-q']
  for (const [name, more] of [
    ['file', ['--no-db']],
    ['file, with results', ['--db', 'flows.db']],
  ] as const) {
    const { seconds, residentMb } = timeProgram(folder, [...watch, ...more])
    const rate = (3 * MOST_FLOWS) / seconds / 1e6
    process.stdout.write(`${name}: ${seconds} s (${rate.toFixed(1)} million packets a second), ${residentMb} MB\n`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
