/**
 * Frames in, flows out: finds the IP packet of each frame, counts it in its flow, and hands over what has changed in batches. What
 * packets carry is looked at for names only, where the person lets it, and never kept.
 *
 * The same packet is often seen on several interfaces (a bridge and its port, a router's two sides): each direction of a flow is
 * counted on the interface on which it was seen first, until that one is silent for a second.
 */

import { INITIATORS } from '../../core/connection.ts'
import {
  type ConnectionBatch,
  HAS_ENDED,
  makeConnectionBatch,
  NO_RTT,
  NOT_TCP,
  STILL_OPEN,
  WAS_EVICTED,
} from '../../core/connection-batch.ts'
import type { FrameHandler } from '../../core/frame.ts'
import { readUint32 } from '../../wire/bytes.ts'
import { IP_PROTOCOL } from '../../wire/ipv4.ts'
import { isKnownLinkType, NO_PACKET, packetBehind } from '../../wire/link-header.ts'
import { PacketTuple, readTuple, TUPLE } from '../../wire/packet-tuple.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET } from '../../wire/tcp.ts'
import { FlowNames } from './flow-names.ts'
import { FlowTable } from './flow-table.ts'
import { FragmentPorts } from './fragment-ports.ts'
import type { LocalNetworks } from './local-networks.ts'
import { beginsAnew, isHalfOpen, isOver, LOCAL_BEGAN, REMOTE_BEGAN, trackTcp } from './tcp-tracking.ts'

/** Rows of a batch. */
const BATCH_ROWS = 8192
/** Silence after which a flow is over. */
const IDLE_US = { tcp: 900e6, halfOpen: 30e6, over: 5e6, udp: 120e6, other: 60e6 } as const
/** How long an interface is silent before another one counts the same direction. */
const DEVICE_SILENCE_US = 1e6
/** Packets that come so much too late are no stragglers: the clock went back, or one packet's time was wrong. */
const STEP_BACK_US = 60e6
/** A sweep looks at this part of the table. */
const SWEEP_PART = 8
/** Bit of the `marks` column, beside those of tcp-tracking.ts: the flow is never handed over. */
const HIDDEN = 128
/** Ports below it are services'. */
const WELL_KNOWN = 1024
const UNKNOWN = INITIATORS.indexOf('unknown')

export interface FlowMeterOptions {
  local: LocalNetworks
  /** Flows with one of these ends are left out. */
  without?: LocalNetworks
  maxFlows: number
  /** 32 bits that nobody else knows. */
  hashSeed: number
  /** Looks for names in what passes. */
  names: boolean
  /** What an interface is called; null = not known. */
  deviceName(device: number): string | null
  /** Takes rows; gives back the batch to fill next, empty. */
  onBatch(batch: ConnectionBatch): ConnectionBatch
}

export interface FlowCounters {
  frames: number
  /** IP packets that were counted in a flow, and their bytes. */
  packets: number
  bytes: number
  /** Frames without an IP packet: ARP, spanning trees, … */
  notIp: number
  /** Frames of a link type that is not known. */
  unknownLink: number
  /** IP packets whose headers say what cannot be, or are cut short. */
  malformed: number
  /** Later pieces whose first was not seen: counted in a flow without ports. */
  lostFragments: number
  /** Packets seen on a second interface. */
  duplicates: number
  /** Packets of flows that are left out. */
  leftOut: number
  flows: number
  /** Flows that were forgotten while they went on. */
  evicted: number
  /** The latest frame's; less when time goes back by more than a minute. */
  lastUs: number
}

export class FlowMeter {
  readonly counters: FlowCounters = {
    ...{ frames: 0, packets: 0, bytes: 0, notIp: 0, unknownLink: 0, malformed: 0, lostFragments: 0 },
    ...{ duplicates: 0, leftOut: 0, flows: 0, evicted: 0, lastUs: 0 },
  }
  readonly #options: FlowMeterOptions
  readonly #table: FlowTable
  readonly #names: FlowNames | null
  readonly #tuple = new PacketTuple()
  readonly #fragments = new FragmentPorts()
  /** Flows whose row is to be handed over; a number may stand in it twice. */
  #changed = new Int32Array(1 << 12)
  #changedCount = 0
  #batch: ConnectionBatch
  #nextId = 1
  #hiddenFlows = 0
  #sweepAt = 0
  /** Interfaces by number; 0 stands for none yet. */
  readonly #devices: number[] = [-1]
  readonly #deviceNumbers = new Map<number, number>()
  #lastDevice = -1
  #lastDeviceNumber = 0

  constructor(options: FlowMeterOptions) {
    this.#options = options
    const { maxFlows, hashSeed } = options
    this.#table = new FlowTable({
      ...{ maxFlows, hashSeed },
      onEvict: (flow) => {
        if ((this.#table.columns.marks[flow]! & HIDDEN) === 0) this.counters.evicted += 1
        this.#retire(flow, WAS_EVICTED)
      },
    })
    this.#names = options.names ? new FlowNames(this.#table) : null
    this.#batch = makeConnectionBatch(BATCH_ROWS)
  }

  /** Flows that are under way, but for those that are left out. */
  get flows(): number {
    return this.#table.count - this.#hiddenFlows
  }

  readonly onFrame: FrameHandler = (bytes, offset, captured, wireBytes, timeUs, linkType, device) => {
    const { counters } = this
    counters.frames += 1
    if (timeUs > counters.lastUs || timeUs < counters.lastUs - STEP_BACK_US) counters.lastUs = timeUs
    const end = offset + captured
    const at = packetBehind(bytes, offset, end, linkType)
    if (at === NO_PACKET) {
      if (isKnownLinkType(linkType)) counters.notIp += 1
      else counters.unknownLink += 1
      return
    }
    const verdict = readTuple(bytes, at, end, wireBytes - (at - offset), this.#tuple)
    if (verdict === TUPLE.whole) this.#count(bytes, timeUs, device)
    else if (verdict === TUPLE.firstFragment) {
      this.#fragments.learn(this.#tuple, timeUs)
      this.#count(bytes, timeUs, device)
    } else if (verdict === TUPLE.laterFragment) {
      if (!this.#fragments.complete(this.#tuple, timeUs)) counters.lostFragments += 1
      // What stands there is no header.
      this.#tuple.end = this.#tuple.transportAt
      this.#count(bytes, timeUs, device)
    } else if (verdict === TUPLE.notIp) counters.notIp += 1
    else counters.malformed += 1
  }

  /** Hands over what has changed. */
  flush(): void {
    const { changed } = this.#table.columns
    for (let i = 0; i < this.#changedCount; i += 1) {
      const flow = this.#changed[i]!
      if (changed[flow] !== 1) continue
      changed[flow] = 0
      this.#addRow(flow, STILL_OPEN)
    }
    this.#handOver()
  }

  /** Hands over every flow that has not ended. */
  finish(): void {
    const table = this.#table
    for (let flow = 0; flow < table.top; flow += 1) {
      if (table.isFlow(flow) && (table.columns.marks[flow]! & HIDDEN) === 0) this.#addRow(flow, STILL_OPEN)
    }
    this.#handOver()
  }

  /** Ends flows that have been silent for too long; looks at a part of all, so that calls are short. */
  sweep(nowUs: number): void {
    const table = this.#table
    for (let left = Math.ceil(table.top / SWEEP_PART); left > 0; left -= 1) {
      if (this.#sweepAt >= table.top) this.#sweepAt = 0
      const flow = this.#sweepAt
      this.#sweepAt += 1
      if (!table.isFlow(flow) || nowUs - this.#lastUs(flow) < this.#idleUs(flow)) continue
      this.#retire(flow, HAS_ENDED)
      table.remove(flow)
    }
  }

  /** The rows that are there, however few. */
  #handOver(): void {
    this.#changedCount = 0
    if (this.#batch.count > 0) this.#batch = this.#options.onBatch(this.#batch)
  }

  #lastUs(flow: number): number {
    const { lastOutUs, lastInUs } = this.#table.columns
    return Math.max(lastOutUs[flow]!, lastInUs[flow]!)
  }

  #idleUs(flow: number): number {
    const protocol = this.#table.protocol(flow)
    if (protocol === IP_PROTOCOL.udp) return IDLE_US.udp
    if (protocol !== IP_PROTOCOL.tcp) return IDLE_US.other
    const state = this.#table.columns.tcpState[flow]!
    return isOver(state) ? IDLE_US.over : isHalfOpen(state) ? IDLE_US.halfOpen : IDLE_US.tcp
  }

  /** The packet in `#tuple`. */
  #count(bytes: Uint8Array, timeUs: number, device: number): void {
    const table = this.#table
    const tuple = this.#tuple
    let flow = table.find(tuple)
    const isTcp = tuple.protocol === IP_PROTOCOL.tcp && tuple.end - tuple.transportAt >= TCP_HEADER_BYTES
    const flags = isTcp ? bytes[tuple.transportAt + TCP_OFFSET.flags]! : 0
    if (flow >= 0 && isTcp && beginsAnew(table.columns.tcpState[flow]!, flags, timeUs - this.#lastUs(flow))) {
      this.#retire(flow, HAS_ENDED)
      table.remove(flow)
      flow = -1
    }
    if (flow < 0) flow = this.#begin(timeUs)
    const { columns } = table
    const fromLocal = table.fromHigh === (columns.localIsHigh[flow] === 1)
    if ((columns.marks[flow]! & HIDDEN) !== 0) {
      this.counters.leftOut += 1
      // For its time alone: it must not be forgotten and begun again with every packet.
      columns.lastOutUs[flow] = timeUs
      return
    }
    if (!this.#isFirstSight(flow, fromLocal, timeUs, device)) {
      this.counters.duplicates += 1
      return
    }
    this.counters.packets += 1
    this.counters.bytes += tuple.ipBytes
    if (fromLocal) {
      columns.packetsOut[flow]! += 1
      columns.bytesOut[flow]! += tuple.ipBytes
      if (timeUs > columns.lastOutUs[flow]!) columns.lastOutUs[flow] = timeUs
    } else {
      columns.packetsIn[flow]! += 1
      columns.bytesIn[flow]! += tuple.ipBytes
      if (timeUs > columns.lastInUs[flow]!) columns.lastInUs[flow] = timeUs
    }
    if (isTcp) this.#track(flow, bytes, flags, fromLocal, timeUs)
    if (this.#names !== null) this.#names.look(flow, bytes, tuple, fromLocal)
    if (columns.changed[flow] === 0) this.#markChanged(flow)
  }

  #track(flow: number, bytes: Uint8Array, flags: number, fromLocal: boolean, timeUs: number): void {
    const { columns } = this.#table
    trackTcp(columns, flow, flags, fromLocal, timeUs)
    if ((flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn) {
      columns.firstSequence[flow] = (readUint32(bytes, this.#tuple.transportAt + TCP_OFFSET.sequence) + 1) >>> 0
    }
  }

  #begin(timeUs: number): number {
    const table = this.#table
    const flow = table.add(this.#tuple)
    const { columns } = table
    columns.id[flow] = this.#nextId
    this.#nextId += 1
    columns.firstUs[flow] = timeUs
    columns.localIsHigh[flow] = this.#localIsHigh() ? 1 : 0
    const fromLocal = table.fromHigh === (columns.localIsHigh[flow] === 1)
    const { protocol, words, family } = this.#tuple
    // Of TCP the handshake says it, if it is seen; of everything else, whoever is heard first, unless that is a service's answer.
    const localBegan = fromLocal !== this.#isAnswer()
    columns.initiator[flow] = protocol === IP_PROTOCOL.tcp ? UNKNOWN : localBegan ? LOCAL_BEGAN : REMOTE_BEGAN
    const { without } = this.#options
    if (without !== undefined && (without.has(words, 0, family) || without.has(words, 4, family))) {
      columns.marks[flow] = HIDDEN
      this.#hiddenFlows += 1
      return flow
    }
    this.counters.flows += 1
    this.#names?.begin(flow)
    return flow
  }

  /** From a well-known port to none of those (RFC 6335 section 6). */
  #isAnswer(): boolean {
    const { sourcePort, destinationPort } = this.#tuple
    return sourcePort > 0 && sourcePort < WELL_KNOWN && destinationPort >= WELL_KNOWN
  }

  /** Of the packet in `#tuple`, for which `find` was just asked. Where both ends are local, or none, who sends first counts as local. */
  #localIsHigh(): boolean {
    const { words, family } = this.#tuple
    const { local } = this.#options
    const source = local.has(words, 0, family)
    const destination = local.has(words, 4, family)
    const sourceIsLocal = source === destination ? true : source
    return sourceIsLocal === this.#table.fromHigh
  }

  #isFirstSight(flow: number, fromLocal: boolean, timeUs: number, device: number): boolean {
    if (device !== this.#lastDevice) this.#rememberDevice(device)
    const { columns } = this.#table
    const counted = fromLocal ? columns.deviceOut : columns.deviceIn
    if (counted[flow] === this.#lastDeviceNumber) return true
    const lastUs = fromLocal ? columns.lastOutUs[flow]! : columns.lastInUs[flow]!
    if (counted[flow] !== 0 && timeUs - lastUs < DEVICE_SILENCE_US) return false
    counted[flow] = this.#lastDeviceNumber
    return true
  }

  #rememberDevice(device: number): void {
    let number = this.#deviceNumbers.get(device)
    if (number === undefined) {
      // Only a hostile file has so many: the last number then stands for all further ones.
      if (this.#devices.length < 0xffff) this.#devices.push(device)
      number = this.#devices.length - 1
      this.#deviceNumbers.set(device, number)
    }
    this.#lastDevice = device
    this.#lastDeviceNumber = number
  }

  #markChanged(flow: number): void {
    if (this.#changedCount === this.#changed.length) {
      if (this.#changedCount >= this.#options.maxFlows * 2) this.flush()
      else {
        const longer = new Int32Array(this.#changed.length * 2)
        longer.set(this.#changed)
        this.#changed = longer
      }
    }
    this.#table.columns.changed[flow] = 1
    this.#changed[this.#changedCount] = flow
    this.#changedCount += 1
  }

  /** Hands over a flow's last row. */
  #retire(flow: number, ended: number): void {
    this.#names?.forget(flow)
    this.#table.columns.changed[flow] = 0
    if ((this.#table.columns.marks[flow]! & HIDDEN) === 0) this.#addRow(flow, ended)
    else this.#hiddenFlows -= 1
  }

  #addRow(flow: number, ended: number): void {
    const table = this.#table
    const { columns } = table
    const batch = this.#batch
    const row = batch.count
    const localIsHigh = columns.localIsHigh[flow] === 1
    const protocol = table.protocol(flow)
    batch.id[row] = columns.id[flow]!
    batch.packetsOut[row] = columns.packetsOut[flow]!
    batch.bytesOut[row] = columns.bytesOut[flow]!
    batch.packetsIn[row] = columns.packetsIn[flow]!
    batch.bytesIn[row] = columns.bytesIn[flow]!
    batch.firstUs[row] = columns.firstUs[flow]!
    batch.lastUs[row] = this.#lastUs(flow)
    table.copyAddress(flow, localIsHigh, batch.local, row * 4)
    table.copyAddress(flow, !localIsHigh, batch.remote, row * 4)
    batch.localPort[row] = table.port(flow, localIsHigh)
    batch.remotePort[row] = table.port(flow, !localIsHigh)
    batch.rttUs[row] = columns.rttUs[flow] === 0 ? NO_RTT : columns.rttUs[flow]!
    batch.family[row] = table.family(flow)
    batch.protocol[row] = protocol
    batch.initiator[row] = columns.initiator[flow]!
    batch.tcpState[row] = protocol === IP_PROTOCOL.tcp ? columns.tcpState[flow]! : NOT_TCP
    batch.nameSource[row] = columns.nameSource[flow]!
    batch.ended[row] = ended
    batch.name[row] = table.names[flow] ?? null
    batch.process[row] = null
    const number = columns.deviceOut[flow] || columns.deviceIn[flow]!
    batch.device[row] = number === 0 ? null : this.#options.deviceName(this.#devices[number]!)
    batch.count = row + 1
    if (batch.count === batch.capacity) this.#batch = this.#options.onBatch(batch)
  }
}
