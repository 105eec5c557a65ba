/** Hostile bytes: no reader throws, none reads outside the bytes that it was given. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ethernetHeaderBytes, readEthernet } from '../../src/wire/ethernet.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { readIcmpExtensions, readMplsLabels } from '../../src/wire/icmp-extension.ts'
import { readIcmpv6 } from '../../src/wire/icmpv6.ts'
import { readInterfaceInformation } from '../../src/wire/interface-information.ts'
import { ipv4PayloadEnd, ipv4PayloadOffset, readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readIpv6 } from '../../src/wire/ipv6.ts'
import { parseTcpOptions, readTcp, tcpHeaderBytes } from '../../src/wire/tcp.ts'
import { readUdp } from '../../src/wire/udp.ts'
import { ICMP_ECHO, ICMP_PORT_UNREACHABLE, ICMPV6_ECHO, TCP_SYN, UDP_DNS } from './fixtures.ts'

type Reader = (bytes: Uint8Array, offset: number, length: number) => unknown

const endOfIpv4: Reader = (bytes, offset, length) =>
  ipv4PayloadOffset(bytes, offset, length) < 0 ? -1 : ipv4PayloadEnd(bytes, offset, length)

/** Every part that an object may have, announced by its own first byte. */
const interfaceOfAnyType: Reader = (bytes, offset, length) =>
  length === 0 ? null : readInterfaceInformation(bytes, offset, length, bytes[offset]!)

const READERS: [string, Reader][] = [
  ['ethernetHeaderBytes', ethernetHeaderBytes],
  ['readEthernet', readEthernet],
  ['readIpv4', readIpv4],
  ['ipv4PayloadOffset', ipv4PayloadOffset],
  ['ipv4PayloadEnd', endOfIpv4],
  ['verifiesIpv4Checksum', verifiesIpv4Checksum],
  ['readIpv6', readIpv6],
  ['readIcmp', readIcmp],
  ['readIcmpExtensions', readIcmpExtensions],
  ['readMplsLabels', readMplsLabels],
  ['readInterfaceInformation', interfaceOfAnyType],
  ['readIcmpv6', readIcmpv6],
  ['readTcp', readTcp],
  ['tcpHeaderBytes', tcpHeaderBytes],
  ['parseTcpOptions', parseTcpOptions],
  ['readUdp', readUdp],
]

/** The bytes behind a proxy that notes every index outside of what was given. */
const guarded = (bytes: Uint8Array, offset: number, length: number): { view: Uint8Array; strays: string[] } => {
  const strays: string[] = []
  const view = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^-?\d+$/.test(key)) {
        const index = Number(key)
        if (index < offset || index >= offset + length) strays.push(key)
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { view, strays }
}

const PACKETS = [
  ICMP_ECHO,
  ICMP_PORT_UNREACHABLE,
  ICMPV6_ECHO,
  TCP_SYN,
  UDP_DNS,
  TCP_SYN.subarray(20),
  ICMP_ECHO.subarray(20),
]

const randomBytes = fc.uint8Array({ maxLength: 120 })
const mutatedPacket = fc
  .tuple(fc.constantFrom(...PACKETS), fc.array(fc.tuple(fc.nat(63), fc.nat(255)), { maxLength: 6 }), fc.nat(80))
  .map(([packet, changes, keep]) => {
    const bytes = packet.slice(0, keep)
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
    return bytes
  })

/** No offset or count in a result points outside. */
const liesWithin = (result: unknown, offset: number, length: number): boolean => {
  if (typeof result === 'number') return result >= -1 && result <= offset + length
  if (typeof result !== 'object' || result === null || !('payloadOffset' in result)) return true
  const { payloadOffset, payloadBytes } = result as { payloadOffset: number; payloadBytes: number }
  return payloadBytes >= 0 && payloadOffset >= offset && payloadOffset + payloadBytes <= offset + length
}

describe.each(READERS)('%s', (_name, read) => {
  it('survives random and mutated bytes within its bounds', () => {
    fc.assert(
      fc.property(fc.oneof(randomBytes, mutatedPacket), fc.nat(20), fc.nat(20), (payload, before, behind) => {
        const bytes = new Uint8Array(before + payload.length + behind).fill(0xa5)
        bytes.set(payload, before)
        const { view, strays } = guarded(bytes, before, payload.length)
        const result = read(view, before, payload.length)
        expect(strays).toEqual([])
        expect(liesWithin(result, before, payload.length)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})
