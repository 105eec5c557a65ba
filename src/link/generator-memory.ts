/**
 * The memory that a generator's program in the kernel and this process share: the value of one BPF array map. First the
 * control words, then the ports, then the address intervals, which are the allowlist without the blocklist: an address that
 * is in no interval has no index, so the program cannot make a packet to it.
 *
 * The n-th address is found as in targets/target-set.ts: a first-level table over the upper bits of n says between which two
 * intervals it lies, a binary search of a known number of steps finds it.
 */

import { InterplotError } from '../core/errors.ts'
import type { TargetSpace } from '../core/target-batch.ts'

/** Control words of 64 bits each, by byte offset. Ticks are 1/1024 ns, so that a packet's share of a second is exact enough. */
export const CONTROL = {
  /** Orders to the program. */
  stopped: 0,
  paused: 8,
  /** Ticks between two packets; 0 = no limit. */
  interval: 16,
  /** Ticks that must pass between two packets when time is made up for. */
  gap: 24,
  /** The program sends nothing after this many ticks: it must not outlive who gives the orders. */
  aliveUntil: 120,
  /** What to take from the kernel's monotonic clock, ns, so that ticks begin at 0 and never overflow. */
  zeroNs: 32,
  /** The program's own state. */
  due: 40,
  notBefore: 48,
  position: 56,
  copy: 64,
  /** Whether a walk through the permutation goes on in the next run, and its halves. */
  walking: 72,
  high: 80,
  low: 88,
  /** Reports of the program. */
  done: 96,
  fault: 104,
  sent: 112,
  /** 1 while one of the two programs is at work on a frame: all that follows from the last packet is its own then. */
  lock: 128,
  /** Of each program: whether its call shall end, and the frames that this call has used. */
  over: [136, 152],
  used: [144, 160],
} as const
/** Of the two programs, whose calls overlap. */
export type ProgramIndex = 0 | 1
export const CONTROL_WORDS = 21

export const TICKS_PER_NS_SHIFT = 10

const BUCKET_BITS = 16
/** Bounds the memory: 32 MB of intervals. */
const MAX_INTERVALS = 1 << 22
/** Of an interval: index of its first address, and what to add to an index to get the address; 32 bits each. */
export const INTERVAL_BYTES = 8

export interface GeneratorTables {
  /** Length of the whole memory. */
  readonly bytes: number
  readonly portsAt: number
  readonly bucketsAt: number
  readonly intervalsAt: number
  readonly intervals: number
  /** Buckets without the last one, which only ends the one before. */
  readonly buckets: number
  /** index >> shift is its bucket. */
  readonly shift: number
  /** Steps of the binary search that are always enough. */
  readonly steps: number
  fill(memory: ArrayBuffer): void
}

const indexOfFirst = ({ firsts, lasts }: TargetSpace): Uint32Array => {
  const begins = new Uint32Array(firsts.length)
  let before = 0
  for (let i = 0; i < firsts.length; i += 1) {
    begins[i] = before
    before += lasts[i]! - firsts[i]! + 1
  }
  return begins
}

/** For each bucket the last interval that begins at or before the bucket's first index. */
const bucketTable = (begins: Uint32Array, buckets: number, scale: number): Uint32Array => {
  const table = new Uint32Array(buckets + 1)
  for (let bucket = 0, interval = 0; bucket <= buckets; bucket += 1) {
    while (interval + 1 < begins.length && begins[interval + 1]! <= bucket * scale) interval += 1
    table[bucket] = interval
  }
  return table
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE for more intervals than fit. */
export const generatorTables = (space: TargetSpace): GeneratorTables => {
  const { firsts, ports, addressCount } = space
  if (firsts.length > MAX_INTERVALS) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `${firsts.length} address ranges are too many for one program`)
  }
  const begins = indexOfFirst(space)
  const shift = Math.max(0, Math.ceil(Math.log2(addressCount)) - BUCKET_BITS)
  const scale = 2 ** shift
  const buckets = Math.floor((addressCount - 1) / scale) + 1
  const table = bucketTable(begins, buckets, scale)
  let widest = 0
  for (let bucket = 0; bucket < buckets; bucket += 1) widest = Math.max(widest, table[bucket + 1]! - table[bucket]!)
  const portsAt = CONTROL_WORDS * 8
  const bucketsAt = portsAt + Math.ceil(ports.length / 4) * 8
  const intervalsAt = bucketsAt + Math.ceil(table.length / 2) * 8
  return {
    bytes: intervalsAt + begins.length * INTERVAL_BYTES,
    portsAt,
    bucketsAt,
    intervalsAt,
    intervals: begins.length,
    buckets,
    shift,
    steps: Math.ceil(Math.log2(widest + 1)),
    fill(memory) {
      new BigUint64Array(memory, CONTROL.position, 1)[0] = BigInt(space.first)
      new Uint16Array(memory, portsAt, ports.length).set(ports)
      new Uint32Array(memory, bucketsAt, table.length).set(table)
      const intervals = new Uint32Array(memory, intervalsAt, begins.length * 2)
      for (let i = 0; i < begins.length; i += 1) {
        intervals[i * 2] = begins[i]!
        intervals[i * 2 + 1] = firsts[i]! - begins[i]!
      }
    },
  }
}
