import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeFrameReader } from '../../../src/link/capture/frame-reader.ts'
import { SOCKADDR_LL, TPACKET_BLOCK, TPACKET3_HDR } from '../../../src/link/kernel-structures.ts'
import { makeRingBlocks } from '../../../src/link/ring-blocks.ts'
import { RING_BLOCK_BYTES } from '../../../src/link/ring-memory.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'

const LOOPBACK = 1
const OUTGOING = 4
const NETWORK_AT = 80

interface Packet {
  etherType: number
  hex: string
  packetType?: number
  device?: number
  wireBytes?: number
}

/** One block as the kernel leaves it. */
const blockOf = (packets: readonly Packet[]): ArrayBuffer => {
  const buffer = new ArrayBuffer(RING_BLOCK_BYTES)
  const view = new DataView(buffer)
  view.setUint32(TPACKET_BLOCK.offset.packets, packets.length, true)
  view.setUint32(TPACKET_BLOCK.offset.firstPacketOffset, TPACKET_BLOCK.sizeBytes, true)
  let at = TPACKET_BLOCK.sizeBytes
  for (const { etherType, hex, packetType = 0, device = 2, wireBytes } of packets) {
    const bytes = Buffer.from(hex, 'hex')
    const next = Math.ceil((NETWORK_AT + bytes.length) / 16) * 16
    view.setUint32(at + TPACKET3_HDR.offset.nextOffset, next, true)
    view.setUint32(at + TPACKET3_HDR.offset.seconds, 1_700_000_000, true)
    view.setUint32(at + TPACKET3_HDR.offset.nanoseconds, 123_456_789, true)
    view.setUint32(at + TPACKET3_HDR.offset.snapLength, bytes.length, true)
    view.setUint32(at + TPACKET3_HDR.offset.length, wireBytes ?? bytes.length, true)
    view.setUint16(at + TPACKET3_HDR.offset.networkOffset, NETWORK_AT, true)
    const address = at + TPACKET3_HDR.sizeBytes
    view.setUint16(address + SOCKADDR_LL.offset.protocol, etherType, false)
    view.setInt32(address + SOCKADDR_LL.offset.interfaceIndex, device, true)
    view.setUint8(address + SOCKADDR_LL.offset.packetType, packetType)
    new Uint8Array(buffer).set(bytes, at + NETWORK_AT)
    at += next
  }
  return buffer
}

const read = (packets: readonly Packet[]) => {
  const counters = { received: 0, otherProtocols: 0 }
  const frames: [string, number, number, number][] = []
  makeFrameReader(
    makeRingBlocks(blockOf(packets)),
    LOOPBACK,
    counters,
  )(0, (bytes, offset, captured, wireBytes, timeUs, linkType, device) => {
    expect(timeUs).toBe(1_700_000_000_123_456)
    frames.push([Buffer.from(bytes.subarray(offset, offset + captured)).toString('hex'), wireBytes, linkType, device])
  })
  return { frames, counters }
}

describe('frames of a block', () => {
  it.each<[string, Packet, [string, number, number] | null]>([
    ['IPv4', { etherType: 0x0800, hex: '4500aabb' }, ['4500aabb', 4, LINK_TYPE.raw]],
    ['IPv6', { etherType: 0x86dd, hex: '6000aabb' }, ['6000aabb', 4, LINK_TYPE.raw]],
    ['cut short', { etherType: 0x0800, hex: '4500aabb', wireBytes: 1500 }, ['4500aabb', 1500, LINK_TYPE.raw]],
    ['PPPoE', { etherType: 0x8864, hex: '11000007' }, ['11000007', 4, LINK_TYPE.pppoe]],
    ['ARP', { etherType: 0x0806, hex: '00010800' }, null],
    ['PPPoE discovery', { etherType: 0x8863, hex: '11090000' }, null],
    ['an inner tag, named', { etherType: 0x8100, hex: '000708004500' }, ['4500', 2, LINK_TYPE.raw]],
    ['an inner tag, not named', { etherType: 0x0800, hex: '000708004500' }, ['4500', 2, LINK_TYPE.raw]],
    ['an inner tag before IPv6', { etherType: 0x86dd, hex: '000786dd6000' }, ['6000', 2, LINK_TYPE.raw]],
    ['PPPoE in an inner tag', { etherType: 0x8100, hex: '000788641100' }, ['1100', 2, LINK_TYPE.pppoe]],
    ['two inner tags', { etherType: 0x88a8, hex: '00018100000786dd6000' }, ['6000', 2, LINK_TYPE.raw]],
    ['ARP in an inner tag', { etherType: 0x8100, hex: '000708060001' }, null],
    ['a tag that is cut off', { etherType: 0x8100, hex: '0007' }, null],
    ['IPv4 that is none', { etherType: 0x0800, hex: '0500aabb' }, null],
  ])('%s', (_name, packet, expected) => {
    const { frames, counters } = read([packet])
    expect(frames).toEqual(expected === null ? [] : [[...expected, 2]])
    expect(counters).toEqual({ received: frames.length, otherProtocols: 1 - frames.length })
  })

  it('has each packet of loopback once, and both directions of others', () => {
    const packet = { etherType: 0x0800, hex: '4500' }
    const { frames, counters } = read([
      { ...packet, device: LOOPBACK, packetType: OUTGOING },
      { ...packet, device: LOOPBACK },
      { ...packet, packetType: OUTGOING },
      packet,
    ])
    expect(frames.map(([, , , device]) => device)).toEqual([LOOPBACK, 2, 2])
    expect(counters).toEqual({ received: 3, otherProtocols: 0 })
  })

  it('hands over or counts every packet, whatever it holds', () => {
    const packet = fc.record({
      etherType: fc.oneof(fc.constantFrom(0x0800, 0x86dd, 0x8100, 0x88a8, 0x8864), fc.nat(0xffff)),
      hex: fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 40 }), (packets) => {
        const { frames, counters } = read(packets)
        expect(counters.received).toBe(frames.length)
        expect(counters.received + counters.otherProtocols).toBe(packets.length)
        for (const [hex, wireBytes] of frames) expect(hex.length / 2).toBe(wireBytes)
      }),
    )
  })
})
