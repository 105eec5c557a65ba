/** A network of IPv6 hosts, as small as can be: echo is answered, UDP ports are closed. Every packet takes 2 ms each way. */

import type { SimNetwork } from '../../src/link/sim-link.ts'
import { writeIcmpv6 } from '../../src/wire/icmpv6.ts'
import { IP_PROTOCOL } from '../../src/wire/ipv4.ts'
import { IPV6_HEADER_BYTES, readIpv6, writeIpv6Header } from '../../src/wire/ipv6.ts'

const ROUND_TRIP_US = 4000
export const ECHO_HOP_LIMIT = 61

export const echoNetwork6: SimNetwork = {
  inject(bytes, offset, length, timeUs, answer) {
    const header = readIpv6(bytes, offset, length)
    if (header === null) return
    const isEcho = header.protocol === IP_PROTOCOL.ipv6Icmp
    const body = isEcho ? bytes.slice(header.payloadOffset + 8, offset + length) : bytes.slice(offset, offset + length)
    const reply = new Uint8Array(IPV6_HEADER_BYTES + 8 + body.length)
    const ends = { source: header.destination, destination: header.source }
    writeIpv6Header(reply, 0, {
      ...ends,
      nextHeader: IP_PROTOCOL.ipv6Icmp,
      payloadLength: 8 + body.length,
      hopLimit: ECHO_HOP_LIMIT,
    })
    reply.set(body, IPV6_HEADER_BYTES + 8)
    const rest = isEcho ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(header.payloadOffset + 4) : 0
    const kind = isEcho ? { type: 129, code: 0 } : { type: 1, code: 4 }
    writeIcmpv6(reply, IPV6_HEADER_BYTES, { ...ends, ...kind, rest, payloadBytes: body.length })
    answer(reply, timeUs + ROUND_TRIP_US)
  },
}
