/**
 * Hops on their way from a mass trace to the store and the outputs: columns over one ArrayBuffer, so that a batch crosses
 * threads as a transfer and no object is made per packet.
 *
 * Layout: all columns of 8-byte items, then 4, 2, 1 bytes, each `capacity` items long.
 */

/** Value of the `icmp` column where the answer is no ICMP message. */
export const NO_ICMP = 0xffff

/** Bits of the `flags` column. */
export const HOP_IS_TARGET = 1
/** The hop is where the trace of its target ends: the target, or who says that it can't be reached. */
export const HOP_ENDS = 2
/** The answer to a distance probe. */
export const HOP_PREPROBE = 4

export interface HopBatch {
  readonly buffer: ArrayBuffer
  readonly capacity: number
  /** Rows 0 … count-1 are valid. */
  count: number
  /** Arrival, microseconds since the Unix epoch. */
  readonly timeUs: Float64Array
  readonly target: Uint32Array
  /** Who answered. */
  readonly address: Uint32Array
  /** Round trip, microseconds. */
  readonly rttUs: Uint32Array
  /** Type × 256 + code, or NO_ICMP. */
  readonly icmp: Uint16Array
  /** The hop. */
  readonly ttl: Uint8Array
  /** TTL with which the answer arrived. */
  readonly replyTtl: Uint8Array
  readonly flags: Uint8Array
}

const HOP_COLUMNS = ['timeUs', 'target', 'address', 'rttUs', 'icmp', 'ttl', 'replyTtl', 'flags'] as const
const BYTES_PER_ROW = 8 + 3 * 4 + 2 + 3

const layOut = (buffer: ArrayBuffer, capacity: number, count: number): HopBatch => ({
  buffer,
  capacity,
  count,
  timeUs: new Float64Array(buffer, 0, capacity),
  target: new Uint32Array(buffer, capacity * 8, capacity),
  address: new Uint32Array(buffer, capacity * 12, capacity),
  rttUs: new Uint32Array(buffer, capacity * 16, capacity),
  icmp: new Uint16Array(buffer, capacity * 20, capacity),
  ttl: new Uint8Array(buffer, capacity * 22, capacity),
  replyTtl: new Uint8Array(buffer, capacity * 23, capacity),
  flags: new Uint8Array(buffer, capacity * 24, capacity),
})

/** An empty batch for `capacity` rows. */
export const makeHopBatch = (capacity: number): HopBatch =>
  layOut(new ArrayBuffer(capacity * BYTES_PER_ROW), capacity, 0)

/** What `postMessage` carries: the buffer goes in the transfer list. */
export interface HopBatchMessage {
  buffer: ArrayBuffer
  capacity: number
  count: number
}

export const hopBatchMessage = ({ buffer, capacity, count }: HopBatch): HopBatchMessage => ({ buffer, capacity, count })

export const hopBatchFrom = ({ buffer, capacity, count }: HopBatchMessage): HopBatch => layOut(buffer, capacity, count)

/** The rows of several batches in one. */
export const joinHopBatches = (batches: readonly HopBatch[]): HopBatch => {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0)
  const joined = makeHopBatch(Math.max(8, Math.ceil(count / 8) * 8))
  for (const batch of batches) {
    for (const name of HOP_COLUMNS) joined[name].set(batch[name].subarray(0, batch.count), joined.count)
    joined.count += batch.count
  }
  return joined
}
