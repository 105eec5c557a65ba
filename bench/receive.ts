/**
 * How many replies a second one receiving thread parses, validates and deduplicates, out of memory laid out like the receive
 * ring, every reply from another target, in random order:
 *
 *   node --import tsx bench/receive.ts
 *
 * The replies are made from the probes themselves: addresses and ports swapped, SYN-ACK, RST or echo reply, with right checksums, which are
 * verified. What it takes to
 * get packets from the kernel is not in it; whole scans (bench/scan.ts) show that nothing is lost on the way.
 */

import { ipv4 } from '../src/core/ip.ts'
import { makeReplyReader } from '../src/probe/reply-reader.ts'
import { makeScanControl } from '../src/probe/scan-control.ts'
import { prepareProbe, type ScanPlan } from '../src/probe/scan-plan.ts'
import { cidrSet } from '../src/targets/cidr-set.ts'
import { makeTargetSet, newTargetBatch, walkTargets } from '../src/targets/target-set.ts'
import { checksum, pseudoHeaderSum } from '../src/wire/checksum.ts'

const REPLIES = 1 << 20
const SLOT_BYTES = 96
const RING_REPLIES = 1 << 17
const RUNS = 5
const OURS = ipv4(0x0ac80001)
const FIRST = ipv4(0x0a400000)

const planFor = (module: string): ScanPlan => ({
  targets: makeTargetSet(
    cidrSet([{ first: FIRST, last: ipv4(FIRST + REPLIES - 1) }]),
    Uint16Array.of(module === 'icmp-echo' ? 0 : 80),
  ),
  seed: 'bench',
  shard: 0,
  shards: 1,
  module,
  probeArgs: null,
  validatesPort: true,
  contact: null,
  copies: 1,
  probeTtl: 64,
  sourceAddresses: [OURS],
  sourcePorts: { first: 32768, last: 61000 },
  mtu: 1500,
  ratePps: 1e6,
  cooldownUs: 0,
  dedup: 'full',
  dedupWindow: 1,
  keepRepeats: false,
  senders: 1,
})

/** Turns the probe in bytes[at … at+length-1] into its answer. @returns the answer's length. */
const toAnswer = (bytes: Uint8Array, at: number, length: number, flags: number): number => {
  const source = bytes.slice(at + 12, at + 16)
  bytes.copyWithin(at + 12, at + 16, at + 20)
  bytes.set(source, at + 16)
  if (bytes[at + 9] === 1) {
    bytes[at + 20] = 0
    bytes[at + 22] = 0
    bytes[at + 23] = 0
    const sum = checksum(bytes, at + 20, length - 20)
    bytes[at + 22] = sum >>> 8
    bytes[at + 23] = sum & 255
    return length
  }
  const view = new DataView(bytes.buffer, at)
  const [from, to, sequence] = [view.getUint16(20), view.getUint16(22), view.getUint32(24)]
  view.setUint16(20, to)
  view.setUint16(22, from)
  view.setUint32(24, 0x1234567)
  view.setUint32(28, (sequence + 1) >>> 0)
  view.setUint8(32, 0x50)
  view.setUint8(33, flags)
  view.setUint16(2, 40)
  view.setUint16(10, 0)
  view.setUint16(10, checksum(bytes, at, 20))
  view.setUint16(36, 0)
  const pseudo = pseudoHeaderSum(view.getUint32(12), view.getUint32(16), 6, 20)
  view.setUint16(36, checksum(bytes, at + 20, 20, pseudo))
  return 40
}

const run = (module: string, flags: number): number => {
  const plan = planFor(module)
  const probe = prepareProbe(plan)
  const walk = walkTargets(plan.targets, { seed: plan.seed, shard: 0, shards: 1 })
  const batch = newTargetBatch(RING_REPLIES)
  const ring = new Uint8Array(RING_REPLIES * SLOT_BYTES)
  const lengths = new Uint16Array(RING_REPLIES)
  let rows = 0
  const used: ArrayBuffer[] = []
  const control = makeScanControl()
  const reader = makeReplyReader({
    plan,
    control,
    usedBuffer: () => used.pop(),
    onBatch(full) {
      rows += full.count
      used.push(full.buffer)
    },
  })
  let ns = 0n
  while (walk.next(batch, RING_REPLIES, 1) > 0) {
    for (let i = 0; i < batch.count; i += 1) {
      const at = i * SLOT_BYTES
      probe.writeTemplate(ring, at)
      const length = probe.writeTarget(ring, at, batch.addresses[i]!, batch.ports[i]!, 0)
      lengths[i] = toAnswer(ring, at, length, flags)
    }
    const began = process.hrtime.bigint()
    for (let i = 0; i < batch.count; i += 1) reader.onPacket(ring, i * SLOT_BYTES, lengths[i]!, i)
    ns += process.hrtime.bigint() - began
  }
  reader.flush()
  if (rows !== REPLIES) throw new Error(`${module}: ${rows} rows of ${REPLIES}: ${JSON.stringify(control.totals())}`)
  return (REPLIES * 1e3) / Number(ns)
}

for (const [name, module, flags] of [
  ['ICMP echo reply', 'icmp-echo', 0],
  ['TCP SYN-ACK', 'tcp-syn', 0x12],
  ['TCP RST', 'tcp-syn', 0x14],
] as const) {
  const rates = Array.from({ length: RUNS }, () => run(module, flags)).sort((a, b) => a - b)
  const median = rates[RUNS >> 1]!
  process.stdout.write(
    `${name.padEnd(16)} ${median.toFixed(1)} million a second, ${(1000 / median).toFixed(0)} ns each\n`,
  )
}
