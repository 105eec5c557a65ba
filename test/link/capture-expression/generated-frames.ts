/** Frames of every kind that capture filters tell apart, made by a seed, for each way that packets begin. */

import fc from 'fast-check'
import { ipv6Bytes, parseIpv4, parseIpv6 } from '../../../src/core/ip.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'

export interface GeneratedFrame {
  bytes: Uint8Array
  wireBytes: number
}

type Bytes = readonly number[]

const half = (value: number): Bytes => [(value >>> 8) & 255, value & 255]
const word = (value: number): Bytes => [...half(value >>> 16), ...half(value)]
const address4 = (text: string): Bytes => word(parseIpv4(text)!)
const address6 = (text: string): Bytes => [...ipv6Bytes(parseIpv6(text)!)]

const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.1.2.3', '192.168.1.5', '172.16.3.9', '224.0.0.251', '255.255.255.255']
const ADDRESSES6 = ['2001:db8::1', '2001:db8::2', '2001:db8:1::1', 'fe80::1', 'ff02::fb', '::1']
const MACS: readonly Bytes[] = [
  [2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 2],
  [1, 0, 0x5e, 0, 0, 0xfb],
  [255, 255, 255, 255, 255, 255],
]
const PORTS = [22, 53, 80, 443, 6000, 6004, 6005, 65535, 0]
const PROTOCOLS = [6, 6, 6, 17, 17, 132, 1, 2, 47, 50, 51, 58, 103, 112]

interface NetworkPacket {
  etherType: number
  bytes: Bytes
}

const few = fc.constantFrom
const port = few(...PORTS)
const rest = fc.array(fc.nat(255), { minLength: 0, maxLength: 40 })

const transport: fc.Arbitrary<Bytes> = fc
  .tuple(port, port, few(2, 16, 18, 17, 4, 24), few(5, 6, 8), rest)
  .map(([from, to, flags, words, data]) => [
    ...half(from),
    ...half(to),
    ...word(0x0102_0304),
    ...word(0),
    (words << 4) & 255,
    flags,
    ...half(1024),
    ...word(0),
    ...Array.from({ length: (words - 5) * 4 }, () => 1),
    ...Array.from('GET /', (letter) => letter.charCodeAt(0)),
    ...data,
  ])
const icmp: fc.Arbitrary<Bytes> = fc
  .tuple(few(0, 3, 8, 11, 128, 129, 135), fc.nat(3), rest)
  .map(([type, code, data]) => [type, code, ...half(0), ...word(7), ...data])

const ipv4Packet: fc.Arbitrary<NetworkPacket> = fc
  .record({
    source: few(...ADDRESSES),
    destination: few(...ADDRESSES),
    protocol: few(...PROTOCOLS),
    options: few(0, 0, 0, 1, 10),
    fragment: few(0, 0, 0, 0x4000, 0x2000, 0x2005, 0x0010),
    ttl: few(1, 4, 64, 255),
    data: transport,
    message: icmp,
  })
  .map(({ source, destination, protocol, options, fragment, ttl, data, message }) => {
    const payload = protocol === 1 || protocol === 58 ? message : data
    return {
      etherType: 0x0800,
      bytes: [
        ...[
          0x45 + options,
          0,
          ...half(20 + options * 4 + payload.length),
          ...half(99),
          ...half(fragment),
          ttl,
          protocol,
        ],
        ...[...half(0), ...address4(source), ...address4(destination)],
        ...Array.from({ length: options * 4 }, () => 1),
        ...payload,
      ],
    }
  })

const ipv6Packet: fc.Arbitrary<NetworkPacket> = fc
  .record({
    source: few(...ADDRESSES6),
    destination: few(...ADDRESSES6),
    protocol: few(...PROTOCOLS),
    before: few('none', 'none', 'none', 'fragment', 'hop-by-hop'),
    data: transport,
    message: icmp,
  })
  .map(({ source, destination, protocol, before, data, message }) => {
    const extension =
      before === 'none'
        ? []
        : [protocol, 0, ...half(before === 'fragment' ? 1 : 0x0104), ...word(before === 'fragment' ? 5 : 0)]
    const payload = [...extension, ...(protocol === 58 || protocol === 1 ? message : data)]
    const next = before === 'none' ? protocol : before === 'fragment' ? 44 : 0
    return {
      etherType: 0x86dd,
      bytes: [
        ...word(0x6000_0000),
        ...half(payload.length),
        next,
        64,
        ...address6(source),
        ...address6(destination),
        ...payload,
      ],
    }
  })

const arpPacket: fc.Arbitrary<NetworkPacket> = fc
  .tuple(few(0x0806, 0x8035), few(1, 2), few(...ADDRESSES), few(...ADDRESSES), few(...MACS))
  .map(([etherType, operation, source, destination, mac]) => ({
    etherType,
    bytes: [0, 1, 8, 0, 6, 4, ...half(operation), ...mac, ...address4(source), ...mac, ...address4(destination)],
  }))

const otherPacket: fc.Arbitrary<NetworkPacket> = rest.map((bytes) => ({ etherType: 0x88cc, bytes }))

const ipPacket = fc.oneof({ arbitrary: ipv4Packet, weight: 3 }, { arbitrary: ipv6Packet, weight: 2 })
const PPP: ReadonlyMap<number, number> = new Map([
  [0x0800, 0x21],
  [0x86dd, 0x57],
])
const pppNumber = (etherType: number): number => PPP.get(etherType) ?? 0xc021

const pppoe: fc.Arbitrary<NetworkPacket> = fc.tuple(ipPacket, few(1, 5, 77)).map(([{ etherType, bytes }, session]) => ({
  etherType: 0x8864,
  bytes: [0x11, 0, ...half(session), ...half(bytes.length + 2), ...half(pppNumber(etherType)), ...bytes],
}))
const tagged = (inner: fc.Arbitrary<NetworkPacket>): fc.Arbitrary<NetworkPacket> =>
  fc.tuple(inner, few(0x8100, 0x88a8, 0x9100), few(5, 100, 0x6005, 0)).map(([{ etherType, bytes }, tag, id]) => ({
    etherType: tag,
    bytes: [...half(id), ...half(etherType), ...bytes],
  }))
const plain = fc.oneof({ arbitrary: ipPacket, weight: 6 }, arpPacket, otherPacket, pppoe)
const anyPacket = fc.oneof({ arbitrary: plain, weight: 4 }, tagged(plain), tagged(tagged(plain)))

const ethernet = fc
  .tuple(anyPacket, few(...MACS), few(...MACS))
  .map(([{ etherType, bytes }, to, from]) => [...to, ...from, ...half(etherType), ...bytes])

/** Link type → frames. */
export const FRAMES: ReadonlyMap<number, fc.Arbitrary<Bytes>> = new Map<number, fc.Arbitrary<Bytes>>([
  [LINK_TYPE.ethernet, ethernet],
  [
    LINK_TYPE.linuxSll,
    fc
      .tuple(plain, few(0, 1, 4))
      .map(([{ etherType, bytes }, kind]) => [
        ...half(kind),
        0,
        1,
        0,
        6,
        2,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        ...half(etherType),
        ...bytes,
      ]),
  ],
  [
    LINK_TYPE.linuxSll2,
    fc
      .tuple(plain, few(0, 1, 4))
      .map(([{ etherType, bytes }, kind]) => [
        ...[...half(etherType), 0, 0, ...word(3), 0, 1, kind, 6, 2, 0, 0, 0, 0, 1, 0, 0],
        ...bytes,
      ]),
  ],
  [LINK_TYPE.raw, ipPacket.map(({ bytes }) => bytes)],
  [LINK_TYPE.ipv4, ipv4Packet.map(({ bytes }) => bytes)],
  [LINK_TYPE.ipv6, ipv6Packet.map(({ bytes }) => bytes)],
  [LINK_TYPE.null, ipPacket.map(({ etherType, bytes }) => [etherType === 0x0800 ? 2 : 30, 0, 0, 0, ...bytes])],
  [LINK_TYPE.loop, ipPacket.map(({ etherType, bytes }) => [0, 0, 0, etherType === 0x0800 ? 2 : 24, ...bytes])],
  [LINK_TYPE.ppp, ipPacket.map(({ etherType, bytes }) => [0xff, 3, ...half(pppNumber(etherType)), ...bytes])],
  [LINK_TYPE.pppHdlc, ipPacket.map(({ etherType, bytes }) => [0xff, 3, ...half(pppNumber(etherType)), ...bytes])],
  [LINK_TYPE.pppoe, pppoe.map(({ bytes }) => bytes)],
])

/** The same frames for the same seed; `isCut`: some of them only in part. */
export const generatedFrames = (linkType: number, seed: number, count: number, isCut: boolean): GeneratedFrame[] =>
  fc
    .sample(fc.tuple(FRAMES.get(linkType)!, fc.nat(), few(0, 0, 400, 1400)), { seed, numRuns: count })
    .map(([all, cut, more]) => {
      const bytes = Uint8Array.from(isCut && cut % 2 === 0 ? all.slice(0, (cut >>> 1) % (all.length + 1)) : all)
      return { bytes, wireBytes: all.length + more }
    })
