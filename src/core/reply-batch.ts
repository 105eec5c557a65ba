/**
 * Replies on their way from a receiver to the store and the outputs: columns over one ArrayBuffer, so that a batch
 * crosses threads as a transfer and no object is made per packet. Variable data (a UDP payload) lies in the heap at the
 * end and is named by offset and length.
 *
 * Layout: all columns of 8-byte items, then 4, 2, 1 bytes, each `capacity` items long, then the heap.
 */

/**
 * What a reply says about its target; a row's `classification` column is the index into this list. Results files keep the
 * number: new ones go at the end.
 */
export const CLASSIFICATIONS = [
  'echo-reply',
  'syn-ack',
  'rst',
  'udp',
  'unreachable',
  'time-exceeded',
  'icmp-other',
  'dns',
  'ntp',
  'upnp',
  'bacnet',
  'quic',
] as const
export type Classification = (typeof CLASSIFICATIONS)[number]

/** Bits of the `flags` column; results files keep them. */
export const REPLY_SUCCESS = 1
export const REPLY_REPEAT = 2
export const REPLY_COOLDOWN = 4
/** From this bit on: which of its module's questions the reply answers, 0 … 15. */
export const REPLY_QUESTION_SHIFT = 4

export interface ReplyBatch {
  readonly buffer: ArrayBuffer
  readonly capacity: number
  /** Rows 0 … count-1 are valid. */
  count: number
  /** Bytes 0 … heapUsed-1 of `heap` are valid. */
  heapUsed: number
  /** Arrival, microseconds since the Unix epoch. */
  readonly timeUs: Float64Array
  /** The address that was probed. */
  readonly target: Uint32Array
  /** The address that answered: the target itself, or whoever sent the ICMP error. */
  readonly address: Uint32Array
  /** TCP sequence and acknowledgement numbers of the reply; 0 where there is none. */
  readonly sequence: Uint32Array
  readonly acknowledgement: Uint32Array
  /** Round trip in microseconds, 0 = not measured. */
  readonly rttUs: Uint32Array
  readonly dataOffset: Uint32Array
  /** The probed port; 0 for ICMP. */
  readonly port: Uint16Array
  /** Our own port (TCP, UDP) or the ICMP identifier. */
  readonly localPort: Uint16Array
  readonly ipId: Uint16Array
  readonly window: Uint16Array
  readonly icmpSequence: Uint16Array
  readonly dataLength: Uint16Array
  readonly classification: Uint8Array
  readonly flags: Uint8Array
  readonly ttl: Uint8Array
  readonly icmpType: Uint8Array
  readonly icmpCode: Uint8Array
  readonly tcpFlags: Uint8Array
  readonly heap: Uint8Array
}

/** Names of all columns. */
export const REPLY_COLUMNS = [
  'timeUs',
  'target',
  'address',
  'sequence',
  'acknowledgement',
  'rttUs',
  'dataOffset',
  'port',
  'localPort',
  'ipId',
  'window',
  'icmpSequence',
  'dataLength',
  'classification',
  'flags',
  'ttl',
  'icmpType',
  'icmpCode',
  'tcpFlags',
] as const

const BYTES_PER_ROW = 8 + 6 * 4 + 6 * 2 + 6

const layOut = (buffer: ArrayBuffer, capacity: number, count: number, heapUsed: number): ReplyBatch => {
  let offset = 0
  const float64 = (): Float64Array => {
    const column = new Float64Array(buffer, offset, capacity)
    offset += capacity * 8
    return column
  }
  const uint32 = (): Uint32Array => {
    const column = new Uint32Array(buffer, offset, capacity)
    offset += capacity * 4
    return column
  }
  const uint16 = (): Uint16Array => {
    const column = new Uint16Array(buffer, offset, capacity)
    offset += capacity * 2
    return column
  }
  const uint8 = (): Uint8Array => {
    const column = new Uint8Array(buffer, offset, capacity)
    offset += capacity
    return column
  }
  return {
    buffer,
    capacity,
    count,
    heapUsed,
    timeUs: float64(),
    target: uint32(),
    address: uint32(),
    sequence: uint32(),
    acknowledgement: uint32(),
    rttUs: uint32(),
    dataOffset: uint32(),
    port: uint16(),
    localPort: uint16(),
    ipId: uint16(),
    window: uint16(),
    icmpSequence: uint16(),
    dataLength: uint16(),
    classification: uint8(),
    flags: uint8(),
    ttl: uint8(),
    icmpType: uint8(),
    icmpCode: uint8(),
    tcpFlags: uint8(),
    heap: new Uint8Array(buffer, offset),
  }
}

/** An empty batch for `capacity` rows (a multiple of 8) and `heapBytes` of variable data. */
export const makeReplyBatch = (capacity: number, heapBytes = 0): ReplyBatch =>
  layOut(new ArrayBuffer(capacity * BYTES_PER_ROW + heapBytes), capacity, 0, 0)

/** What `postMessage` carries: the buffer goes in the transfer list. */
export interface ReplyBatchMessage {
  buffer: ArrayBuffer
  capacity: number
  count: number
  heapUsed: number
}

export const replyBatchMessage = ({ buffer, capacity, count, heapUsed }: ReplyBatch): ReplyBatchMessage => ({
  buffer,
  capacity,
  count,
  heapUsed,
})

export const replyBatchFrom = (message: ReplyBatchMessage): ReplyBatch =>
  layOut(message.buffer, message.capacity, message.count, message.heapUsed)

/** A batch of those rows that pass the test; the same batch when that is all of them. */
export const rowsWhere = (batch: ReplyBatch, test: (batch: ReplyBatch, row: number) => boolean): ReplyBatch => {
  const rows: number[] = []
  for (let row = 0; row < batch.count; row += 1) if (test(batch, row)) rows.push(row)
  if (rows.length === batch.count) return batch
  const kept = makeReplyBatch(Math.ceil(rows.length / 8) * 8, batch.heapUsed)
  kept.heap.set(batch.heap.subarray(0, batch.heapUsed))
  kept.heapUsed = batch.heapUsed
  kept.count = rows.length
  for (const name of REPLY_COLUMNS) {
    const from = batch[name]
    const to = kept[name]
    for (const [at, row] of rows.entries()) to[at] = from[row]!
  }
  return kept
}
