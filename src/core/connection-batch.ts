/**
 * Connections on their way from whoever watches to the store and the outputs: columns over one ArrayBuffer, so that a batch
 * crosses threads as a transfer, and texts beside them. A row is all that is known of its connection, not what was added.
 */

import { type Connection, INITIATORS, NAME_SOURCES, TCP_STATES } from './connection.ts'
import { type IpAddress, ipFromWords, ipWords, isIpv4 } from './ip.ts'

/** Values of the `ended` column. */
export const STILL_OPEN = 0
export const HAS_ENDED = 1
/** Forgotten while it went on, because there was no room for more. */
export const WAS_EVICTED = 2

/** In the `tcpState` column, of what is not TCP. */
export const NOT_TCP = 0xff
/** In the `rttUs` column. */
export const NO_RTT = 0xffff_ffff
/** 32-bit words of an address, most significant first; of IPv4 the first alone counts. */
const ADDRESS_WORDS = 4

export interface ConnectionBatch {
  readonly buffer: ArrayBuffer
  readonly capacity: number
  /** Rows 0 … count-1 are valid. */
  count: number
  readonly id: Float64Array
  readonly packetsOut: Float64Array
  readonly bytesOut: Float64Array
  readonly packetsIn: Float64Array
  readonly bytesIn: Float64Array
  readonly firstUs: Float64Array
  readonly lastUs: Float64Array
  /** Four words a row. */
  readonly local: Uint32Array
  readonly remote: Uint32Array
  readonly rttUs: Uint32Array
  readonly localPort: Uint16Array
  readonly remotePort: Uint16Array
  /** 4 or 6. */
  readonly family: Uint8Array
  readonly protocol: Uint8Array
  readonly initiator: Uint8Array
  readonly tcpState: Uint8Array
  readonly nameSource: Uint8Array
  readonly ended: Uint8Array
  readonly name: (string | null)[]
  readonly process: (string | null)[]
  readonly device: (string | null)[]
}

const WIDE = 7
const BYTES_PER_ROW = WIDE * 8 + (2 * ADDRESS_WORDS + 1) * 4 + 2 * 2 + 6

/** What `postMessage` carries: the buffer goes in the transfer list. */
export type ConnectionBatchMessage = Pick<
  ConnectionBatch,
  'buffer' | 'capacity' | 'count' | 'name' | 'process' | 'device'
>

export const connectionBatchFrom = (message: ConnectionBatchMessage): ConnectionBatch => {
  const { buffer, capacity, count, name, process, device } = message
  const wide = (column: number): Float64Array => new Float64Array(buffer, column * capacity * 8, capacity)
  const words = WIDE * 8 * capacity
  const halves = words + (2 * ADDRESS_WORDS + 1) * 4 * capacity
  const narrow = (column: number): Uint8Array => new Uint8Array(buffer, halves + (4 + column) * capacity, capacity)
  return {
    ...{ buffer, capacity, count, name, process, device },
    ...{ id: wide(0), packetsOut: wide(1), bytesOut: wide(2), packetsIn: wide(3), bytesIn: wide(4) },
    ...{ firstUs: wide(5), lastUs: wide(6) },
    local: new Uint32Array(buffer, words, capacity * ADDRESS_WORDS),
    remote: new Uint32Array(buffer, words + ADDRESS_WORDS * 4 * capacity, capacity * ADDRESS_WORDS),
    rttUs: new Uint32Array(buffer, words + 2 * ADDRESS_WORDS * 4 * capacity, capacity),
    localPort: new Uint16Array(buffer, halves, capacity),
    remotePort: new Uint16Array(buffer, halves + 2 * capacity, capacity),
    ...{ family: narrow(0), protocol: narrow(1), initiator: narrow(2) },
    ...{ tcpState: narrow(3), nameSource: narrow(4), ended: narrow(5) },
  }
}

/** An empty batch; `capacity` is a multiple of 8. */
export const makeConnectionBatch = (capacity: number): ConnectionBatch =>
  connectionBatchFrom({
    ...{ buffer: new ArrayBuffer(capacity * BYTES_PER_ROW), capacity, count: 0, name: [], process: [], device: [] },
  })

export const connectionBatchMessage = (batch: ConnectionBatch): ConnectionBatchMessage => {
  const { buffer, capacity, count, name, process, device } = batch
  return { buffer, capacity, count, name, process, device }
}

const putAddress = (to: Uint32Array, row: number, address: IpAddress): void => {
  to.fill(0, row * ADDRESS_WORDS, (row + 1) * ADDRESS_WORDS)
  to.set(ipWords(address), row * ADDRESS_WORDS)
}

export const localOf = (batch: ConnectionBatch, row: number): IpAddress =>
  ipFromWords(batch.local, row * ADDRESS_WORDS, batch.family[row]!)

export const remoteOf = (batch: ConnectionBatch, row: number): IpAddress =>
  ipFromWords(batch.remote, row * ADDRESS_WORDS, batch.family[row]!)

export const connectionOf = (batch: ConnectionBatch, row: number): Connection => {
  const rttUs = batch.rttUs[row]!
  const state = batch.tcpState[row]!
  return {
    id: batch.id[row]!,
    protocol: batch.protocol[row]!,
    local: localOf(batch, row),
    localPort: batch.localPort[row]!,
    remote: remoteOf(batch, row),
    remotePort: batch.remotePort[row]!,
    initiator: INITIATORS[batch.initiator[row]!] ?? 'unknown',
    packetsOut: batch.packetsOut[row]!,
    bytesOut: batch.bytesOut[row]!,
    packetsIn: batch.packetsIn[row]!,
    bytesIn: batch.bytesIn[row]!,
    firstUs: batch.firstUs[row]!,
    lastUs: batch.lastUs[row]!,
    tcpState: state === NOT_TCP ? null : (TCP_STATES[state] ?? 'unknown'),
    rttUs: rttUs === NO_RTT ? null : rttUs,
    name: batch.name[row] ?? null,
    nameSource: NAME_SOURCES[batch.nameSource[row]!] ?? 'none',
    process: batch.process[row] ?? null,
    device: batch.device[row] ?? null,
  }
}

/** Adds a row; there must be room for it. */
export const addConnection = (batch: ConnectionBatch, connection: Connection, ended: number): void => {
  const row = batch.count
  batch.count += 1
  batch.id[row] = connection.id
  batch.protocol[row] = connection.protocol
  batch.family[row] = isIpv4(connection.remote) ? 4 : 6
  putAddress(batch.local, row, connection.local)
  putAddress(batch.remote, row, connection.remote)
  batch.localPort[row] = connection.localPort
  batch.remotePort[row] = connection.remotePort
  batch.initiator[row] = INITIATORS.indexOf(connection.initiator)
  batch.packetsOut[row] = connection.packetsOut
  batch.bytesOut[row] = connection.bytesOut
  batch.packetsIn[row] = connection.packetsIn
  batch.bytesIn[row] = connection.bytesIn
  batch.firstUs[row] = connection.firstUs
  batch.lastUs[row] = connection.lastUs
  batch.tcpState[row] = connection.tcpState === null ? NOT_TCP : TCP_STATES.indexOf(connection.tcpState)
  batch.rttUs[row] = connection.rttUs === null ? NO_RTT : Math.min(NO_RTT - 1, Math.round(connection.rttUs))
  batch.nameSource[row] = NAME_SOURCES.indexOf(connection.nameSource)
  batch.ended[row] = ended
  batch.name[row] = connection.name
  batch.process[row] = connection.process
  batch.device[row] = connection.device
}
