/**
 * The flows that are under way, a number each: columns of numbers, found by a hash table with open addressing (linear probing,
 * deletion by shifting back: D. Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R). Both directions of a
 * connection have one key, the lower end first, so that nothing has to be known of an address to find its flow; which end is the
 * local one is found out once, when the flow begins.
 *
 * Memory is bounded: where there is no room, the flow that was silent for the longest, of a few that are looked at, is forgotten.
 * The hash is keyed, so that nobody can choose addresses and ports that all fall into one place.
 */

import type { PacketTuple } from '../../wire/packet-tuple.ts'

/** Lower address, upper address, both ports, protocol and family. */
const KEY_WORDS = 10
const HIGH = 4
const PORTS = 8
const TAIL = 9
const FIRST_CAPACITY = 1 << 12
/** Of these, the one that was silent for the longest goes. */
const EVICTION_SAMPLE = 16

/** Columns by flow. Which end is low and which is high is the key's matter; "out" is away from the local end. */
export interface FlowColumns {
  readonly id: Float64Array
  readonly packetsOut: Float64Array
  readonly bytesOut: Float64Array
  readonly packetsIn: Float64Array
  readonly bytesIn: Float64Array
  readonly firstUs: Float64Array
  readonly lastOutUs: Float64Array
  readonly lastInUs: Float64Array
  /** When a SYN or SYN-ACK was seen that waits for its answer. */
  readonly askedUs: Float64Array
  readonly rttUs: Uint32Array
  /** Sequence number of the first byte that the initiator sends. */
  readonly firstSequence: Uint32Array
  /** Numbers of the interfaces that each direction is counted on. */
  readonly deviceOut: Uint16Array
  readonly deviceIn: Uint16Array
  readonly localIsHigh: Uint8Array
  readonly initiator: Uint8Array
  readonly tcpState: Uint8Array
  readonly marks: Uint8Array
  readonly nameSource: Uint8Array
  readonly changed: Uint8Array
  /** Packets in which a name was looked for. */
  readonly looks: Uint8Array
}

const longer = <T extends { length: number; set(from: T): void }>(
  Kind: new (length: number) => T,
  old: T,
  length: number,
): T => {
  const grown = new Kind(length)
  grown.set(old)
  return grown
}

const makeColumns = (capacity: number): FlowColumns => ({
  id: new Float64Array(capacity),
  packetsOut: new Float64Array(capacity),
  bytesOut: new Float64Array(capacity),
  packetsIn: new Float64Array(capacity),
  bytesIn: new Float64Array(capacity),
  firstUs: new Float64Array(capacity),
  lastOutUs: new Float64Array(capacity),
  lastInUs: new Float64Array(capacity),
  askedUs: new Float64Array(capacity),
  rttUs: new Uint32Array(capacity),
  firstSequence: new Uint32Array(capacity),
  deviceOut: new Uint16Array(capacity),
  deviceIn: new Uint16Array(capacity),
  localIsHigh: new Uint8Array(capacity),
  initiator: new Uint8Array(capacity),
  tcpState: new Uint8Array(capacity),
  marks: new Uint8Array(capacity),
  nameSource: new Uint8Array(capacity),
  changed: new Uint8Array(capacity),
  looks: new Uint8Array(capacity),
})

const COLUMN_NAMES = Object.keys(makeColumns(1)) as (keyof FlowColumns)[]

const growColumns = (old: FlowColumns, capacity: number): FlowColumns => {
  const grown = makeColumns(capacity)
  for (const name of COLUMN_NAMES) grown[name].set(old[name])
  return grown
}

export interface FlowTableOptions {
  /** Flows at one time. */
  maxFlows: number
  /** 32 bits that nobody else knows. */
  hashSeed: number
  /** Called before a flow is forgotten for want of room. */
  onEvict(flow: number): void
}

export class FlowTable {
  columns: FlowColumns
  /** What a flow is called: of its remote end. */
  readonly names: (string | null)[] = []
  /** Flows there are. */
  count = 0
  /** Whether the packet of the last `find` came from the upper end. */
  fromHigh = false
  readonly #options: FlowTableOptions
  #keys: Uint32Array
  #hashes: Uint32Array
  /** Flow + 1 by place in the hash table; 0 = free. */
  #places: Int32Array
  #mask: number
  #capacity: number
  /** Numbers below it have been in use. */
  #top = 0
  #free: Int32Array
  #freeCount = 0
  #hand = 0
  /** Of the last `find`. */
  #hash = 0
  #ports = 0
  #tail = 0

  constructor(options: FlowTableOptions) {
    this.#options = options
    this.#capacity = Math.min(FIRST_CAPACITY, options.maxFlows)
    this.columns = makeColumns(this.#capacity)
    this.#keys = new Uint32Array(this.#capacity * KEY_WORDS)
    this.#hashes = new Uint32Array(this.#capacity)
    this.#free = new Int32Array(this.#capacity)
    this.#places = new Int32Array(1 << Math.ceil(Math.log2(this.#capacity * 2)))
    this.#mask = this.#places.length - 1
  }

  /** Numbers 0 … top-1 may be flows; see `isFlow`. */
  get top(): number {
    return this.#top
  }

  isFlow(flow: number): boolean {
    return this.#hashes[flow] !== 0
  }

  /** The flow of a packet, or -1. */
  find(tuple: PacketTuple): number {
    const { words } = tuple
    this.fromHigh = tuple.family === 4 ? this.#sourceIsHigh4(tuple) : this.#sourceIsHigh6(tuple)
    const ports = this.fromHigh
      ? ((tuple.destinationPort << 16) | tuple.sourcePort) >>> 0
      : ((tuple.sourcePort << 16) | tuple.destinationPort) >>> 0
    const tail = (tuple.family << 8) | tuple.protocol
    const hash = this.#hashOf(tuple, ports, tail)
    this.#hash = hash
    this.#ports = ports
    this.#tail = tail
    const low = this.fromHigh ? HIGH : 0
    const high = HIGH - low
    const isWide = tuple.family === 6
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const flow = this.#places[place]! - 1
      if (flow < 0) return -1
      if (this.#hashes[flow] !== hash) continue
      const key = flow * KEY_WORDS
      const isSame =
        this.#keys[key + PORTS] === ports &&
        this.#keys[key + TAIL] === tail &&
        this.#keys[key] === words[low] &&
        this.#keys[key + HIGH] === words[high]
      if (isSame && (!isWide || this.#restIsSame(key, words, low, high))) return flow
    }
  }

  /** Makes a flow for the packet that `find` has just not found; all its columns are 0. */
  add(tuple: PacketTuple): number {
    if (this.#freeCount === 0 && this.#top === this.#capacity) this.#makeRoom()
    const flow = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#top++
    this.count += 1
    const key = flow * KEY_WORDS
    const low = this.fromHigh ? HIGH : 0
    for (let word = 0; word < HIGH; word += 1) {
      const counts = word === 0 || tuple.family === 6
      this.#keys[key + word] = counts ? tuple.words[low + word]! : 0
      this.#keys[key + HIGH + word] = counts ? tuple.words[HIGH - low + word]! : 0
    }
    this.#keys[key + PORTS] = this.#ports
    this.#keys[key + TAIL] = this.#tail
    this.#hashes[flow] = this.#hash
    this.#place(flow)
    this.#clear(flow)
    return flow
  }

  remove(flow: number): void {
    let place = this.#hashes[flow]! & this.#mask
    while (this.#places[place] !== flow + 1) place = (place + 1) & this.#mask
    for (let next = (place + 1) & this.#mask; this.#places[next] !== 0; next = (next + 1) & this.#mask) {
      const home = this.#hashes[this.#places[next]! - 1]! & this.#mask
      if (((next - home) & this.#mask) < ((next - place) & this.#mask)) continue
      this.#places[place] = this.#places[next]!
      place = next
    }
    this.#places[place] = 0
    this.#hashes[flow] = 0
    this.#free[this.#freeCount++] = flow
    this.count -= 1
  }

  family(flow: number): 4 | 6 {
    return this.#keys[flow * KEY_WORDS + TAIL]! >>> 8 === 4 ? 4 : 6
  }

  protocol(flow: number): number {
    return this.#keys[flow * KEY_WORDS + TAIL]! & 0xff
  }

  /** Copies the address of one end, four words, to `to` at `at`. */
  copyAddress(flow: number, isHigh: boolean, to: Uint32Array, at: number): void {
    const from = flow * KEY_WORDS + (isHigh ? HIGH : 0)
    for (let word = 0; word < HIGH; word += 1) to[at + word] = this.#keys[from + word]!
  }

  port(flow: number, isHigh: boolean): number {
    const ports = this.#keys[flow * KEY_WORDS + PORTS]!
    return isHigh ? ports & 0xffff : ports >>> 16
  }

  #sourceIsHigh4({ words, sourcePort, destinationPort }: PacketTuple): boolean {
    const [source, destination] = [words[0]!, words[HIGH]!]
    return source > destination || (source === destination && sourcePort > destinationPort)
  }

  #sourceIsHigh6({ words, sourcePort, destinationPort }: PacketTuple): boolean {
    for (let word = 0; word < HIGH; word += 1) {
      if (words[word] !== words[HIGH + word]) return words[word]! > words[HIGH + word]!
    }
    return sourcePort > destinationPort
  }

  /** Symmetric in nothing: the order of the ends is settled. Never 0, which stands for no flow. */
  #hashOf(tuple: PacketTuple, ports: number, tail: number): number {
    const { words } = tuple
    const low = this.fromHigh ? HIGH : 0
    const high = HIGH - low
    let hash = mix(mix(mix(this.#options.hashSeed, words[low]!), words[high]!), ports)
    if (tuple.family === 6) {
      for (let word = 1; word < HIGH; word += 1) hash = mix(mix(hash, words[low + word]!), words[high + word]!)
    }
    hash = mix(hash, tail ^ this.#options.hashSeed)
    hash ^= hash >>> 16
    return hash >>> 0 || 1
  }

  #restIsSame(key: number, words: Uint32Array, low: number, high: number): boolean {
    for (let word = 1; word < HIGH; word += 1) {
      if (this.#keys[key + word] !== words[low + word]) return false
      if (this.#keys[key + HIGH + word] !== words[high + word]) return false
    }
    return true
  }

  #place(flow: number): void {
    let place = this.#hashes[flow]! & this.#mask
    while (this.#places[place] !== 0) place = (place + 1) & this.#mask
    this.#places[place] = flow + 1
  }

  #clear(flow: number): void {
    const { columns } = this
    columns.packetsOut[flow] = 0
    columns.bytesOut[flow] = 0
    columns.packetsIn[flow] = 0
    columns.bytesIn[flow] = 0
    columns.lastOutUs[flow] = 0
    columns.lastInUs[flow] = 0
    columns.askedUs[flow] = 0
    columns.rttUs[flow] = 0
    columns.firstSequence[flow] = 0
    columns.deviceOut[flow] = 0
    columns.deviceIn[flow] = 0
    columns.initiator[flow] = 0
    columns.tcpState[flow] = 0
    columns.marks[flow] = 0
    columns.nameSource[flow] = 0
    columns.changed[flow] = 0
    columns.looks[flow] = 0
    this.names[flow] = null
  }

  #makeRoom(): void {
    if (this.#capacity < this.#options.maxFlows) this.#grow()
    else {
      const flow = this.#longestSilent()
      this.#options.onEvict(flow)
      this.remove(flow)
    }
  }

  /** Every number is a flow's. */
  #longestSilent(): number {
    const { lastOutUs, lastInUs } = this.columns
    let found = 0
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < EVICTION_SAMPLE; i += 1) {
      const flow = this.#hand
      this.#hand = (this.#hand + 1) % this.#top
      const lastUs = Math.max(lastOutUs[flow]!, lastInUs[flow]!)
      if (lastUs < least) {
        least = lastUs
        found = flow
      }
    }
    return found
  }

  #grow(): void {
    const capacity = Math.min(this.#capacity * 2, this.#options.maxFlows)
    this.#capacity = capacity
    this.columns = growColumns(this.columns, capacity)
    this.#keys = longer(Uint32Array, this.#keys, capacity * KEY_WORDS)
    this.#hashes = longer(Uint32Array, this.#hashes, capacity)
    this.#free = longer(Int32Array, this.#free, capacity)
    this.#places = new Int32Array(1 << Math.ceil(Math.log2(capacity * 2)))
    this.#mask = this.#places.length - 1
    for (let flow = 0; flow < this.#top; flow += 1) if (this.isFlow(flow)) this.#place(flow)
  }
}

const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) ^ (mixed >>> 13)
}
