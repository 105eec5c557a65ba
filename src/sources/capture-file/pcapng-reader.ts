/**
 * pcapng files: blocks of type, length, body and length again, in sections with a byte order and interfaces of their own. Of packets the bytes
 * are handed over, of interfaces name, link type and unit of time are kept; everything else (names, statistics, secrets of TLS sessions, what nobody
 * knows) is passed over unread. Source: draft-ietf-opsawg-pcapng.
 */

import { type FrameReceiver, MAX_DEVICES, MAX_FRAME_BYTES } from './frame-count.ts'
import { interfaceTimeUs, type PcapngInterface, readInterface } from './pcapng-interface.ts'
import type { RecordReader } from './record-feed.ts'

/** Reads the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a
const BLOCK = { interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
/** Type and both lengths. */
const SMALLEST_BLOCK_BYTES = 12
const OFFSET = { length: 4, byteOrder: 8, interfaceId: 8, timeHigh: 12, timeLow: 16, captured: 20, wire: 24 } as const
const SIMPLE_OFFSET = { wire: 8, data: 12 } as const
const PACKET_DATA_AT = 28
const CLOSING_BYTES = 4
/** Of an interface's options; the longest that means something here is its name. */
const MAX_INTERFACE_BYTES = 64 * 1024

export const pcapngReader = ({ onFrame, onDevice, count }: FrameReceiver): RecordReader => {
  let isLittle = true
  let interfaces: (PcapngInterface | null)[] = []
  let neededBytes = SMALLEST_BLOCK_BYTES
  let damage: string | null = null
  let lastUs = 0
  let blocks = 0

  const addInterface = (bytes: Uint8Array, view: DataView, at: number, end: number): void => {
    const described = count.devices < MAX_DEVICES ? readInterface(bytes, view, at, end, isLittle, count.devices) : null
    if (described === null) count.malformedBlocks += 1
    // Packets name interfaces by their place in the section: one that cannot be used keeps its place.
    if (interfaces.length < MAX_DEVICES) interfaces.push(described)
    if (described === null) return
    count.devices += 1
    onDevice?.(described.device, described.name, described.linkType)
  }

  const handOver = (
    bytes: Uint8Array,
    at: number,
    captured: number,
    wire: number,
    timeUs: number,
    from: PcapngInterface,
  ): void => {
    if (timeUs < 0) count.untimedFrames += 1
    else lastUs = timeUs
    if (wire > captured) count.cutFrames += 1
    const wireBytes = wire > captured ? wire : captured
    count.frames += 1
    count.wireBytes += wireBytes
    onFrame(bytes, at, captured, wireBytes, lastUs, from.linkType, from.device)
  }

  /** How many bytes of the block at `at` are read, of the ones before its closing length; what is behind them is passed over. */
  const wantedBytes = (type: number, view: DataView, at: number, to: number, bodyEnd: number): number => {
    if (type === BLOCK.interface) return Math.min(bodyEnd, MAX_INTERFACE_BYTES)
    if (type === BLOCK.simplePacket) return Math.min(bodyEnd, SIMPLE_OFFSET.data + MAX_FRAME_BYTES)
    if (type !== BLOCK.enhancedPacket && type !== BLOCK.packet) return 0
    if (bodyEnd < PACKET_DATA_AT || to - at < PACKET_DATA_AT) return Math.min(bodyEnd, PACKET_DATA_AT)
    const wanted = PACKET_DATA_AT + view.getUint32(at + OFFSET.captured, isLittle)
    return wanted > bodyEnd || wanted > PACKET_DATA_AT + MAX_FRAME_BYTES ? PACKET_DATA_AT : wanted
  }

  const readPacket = (bytes: Uint8Array, view: DataView, at: number, bodyEnd: number, isOld: boolean): void => {
    const id = isOld
      ? view.getUint16(at + OFFSET.interfaceId, isLittle)
      : view.getUint32(at + OFFSET.interfaceId, isLittle)
    const from = interfaces[id]
    const captured = view.getUint32(at + OFFSET.captured, isLittle)
    if (from === undefined || from === null || captured > MAX_FRAME_BYTES || PACKET_DATA_AT + captured > bodyEnd) {
      count.malformedBlocks += 1
      return
    }
    const high = view.getUint32(at + OFFSET.timeHigh, isLittle)
    const low = view.getUint32(at + OFFSET.timeLow, isLittle)
    const wire = view.getUint32(at + OFFSET.wire, isLittle)
    handOver(bytes, at + PACKET_DATA_AT, captured, wire, interfaceTimeUs(from, high, low), from)
  }

  const readSimplePacket = (bytes: Uint8Array, view: DataView, at: number, bodyEnd: number): void => {
    const from = interfaces[0]
    if (from === undefined || from === null || bodyEnd < SIMPLE_OFFSET.data) {
      count.malformedBlocks += 1
      return
    }
    const wire = view.getUint32(at + SIMPLE_OFFSET.wire, isLittle)
    const most = from.snapBytes === 0 ? wire : Math.min(wire, from.snapBytes)
    const captured = Math.min(most, bodyEnd - SIMPLE_OFFSET.data, MAX_FRAME_BYTES)
    handOver(bytes, at + SIMPLE_OFFSET.data, captured, wire, -1, from)
  }

  const readBlock = (type: number, bytes: Uint8Array, view: DataView, at: number, bodyEnd: number): void => {
    if (type === BLOCK.enhancedPacket || type === BLOCK.packet) {
      if (bodyEnd >= PACKET_DATA_AT) readPacket(bytes, view, at, bodyEnd, type === BLOCK.packet)
      else count.malformedBlocks += 1
    } else if (type === BLOCK.simplePacket) readSimplePacket(bytes, view, at, bodyEnd)
    else if (type === BLOCK.interface) addInterface(bytes, view, at, at + Math.min(bodyEnd, MAX_INTERFACE_BYTES))
    else if (type === SECTION_HEADER) interfaces = []
    else count.skippedBlocks += 1
  }

  /** @returns false when the section's byte order cannot be told. */
  const takeByteOrder = (view: DataView, at: number): boolean => {
    if (view.getUint32(at + OFFSET.byteOrder, true) === BYTE_ORDER_MAGIC) isLittle = true
    else if (view.getUint32(at + OFFSET.byteOrder, false) === BYTE_ORDER_MAGIC) isLittle = false
    else return false
    return true
  }

  const read = (bytes: Uint8Array, from: number, to: number): number => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    neededBytes = SMALLEST_BLOCK_BYTES
    while (to - at >= SMALLEST_BLOCK_BYTES) {
      const type = view.getUint32(at, isLittle)
      if (type === SECTION_HEADER && !takeByteOrder(view, at)) {
        damage = `block ${blocks + 1} begins a section in no known byte order`
        break
      }
      const length = view.getUint32(at + OFFSET.length, isLittle)
      if (length < SMALLEST_BLOCK_BYTES || length % 4 !== 0) {
        damage = `block ${blocks + 1} says that it has ${length} bytes, which no block can`
        break
      }
      const bodyEnd = length - CLOSING_BYTES
      const wanted = wantedBytes(type, view, at, to, bodyEnd)
      if (wanted > to - at) {
        neededBytes = wanted
        break
      }
      readBlock(type, bytes, view, at, bodyEnd)
      blocks += 1
      if (at + length > to) {
        reader.skipBytes = at + length - to
        return to
      }
      at += length
    }
    return at
  }

  const reader: RecordReader = {
    read,
    skipBytes: 0,
    get neededBytes() {
      return neededBytes
    },
    get damage() {
      return damage
    },
  }
  return reader
}
