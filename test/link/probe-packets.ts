/** Probe packets and targets for the tests of the links. Only tests may make a TargetBatch by a cast. */

import type { TargetBatch } from '../../src/core/target-batch.ts'
import { ICMP_TYPE, writeIcmpEcho } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, writeTcp } from '../../src/wire/tcp.ts'
import { UDP_HEADER_BYTES, writeUdp } from '../../src/wire/udp.ts'

export interface Probe {
  source: number
  destination: number
  sourcePort?: number
  destinationPort?: number
  /** ICMP sequence or TCP sequence number. */
  sequence?: number
  payloadBytes?: number
  ttl?: number
}

export const targetsOf = (addresses: readonly number[], ports: readonly number[] = []): TargetBatch =>
  ({
    addresses: Uint32Array.from(addresses),
    ports: Uint16Array.from(addresses, (_, index) => ports[index] ?? 0),
    count: addresses.length,
  }) as unknown as TargetBatch

const header = (bytes: Uint8Array, offset: number, probe: Probe, protocol: number, payload: number): number => {
  const { source, destination, ttl = 64 } = probe
  const totalLength = IPV4_HEADER_BYTES + payload
  writeIpv4Header(bytes, offset, { source, destination, protocol, totalLength, ttl, id: 0x1234 })
  return totalLength
}

export const IDENTIFIER = 0x4242

/** Each writes one packet at `offset` and returns its length. */
export const writeEchoRequest = (bytes: Uint8Array, offset: number, probe: Probe): number => {
  const { sequence = 0, payloadBytes = 0 } = probe
  const fields = { type: ICMP_TYPE.echoRequest, code: 0, id: IDENTIFIER, sequence, payloadBytes }
  const payload = writeIcmpEcho(bytes, offset + IPV4_HEADER_BYTES, fields)
  return header(bytes, offset, probe, IP_PROTOCOL.icmp, payload)
}

export const writeSyn = (bytes: Uint8Array, offset: number, probe: Probe): number => {
  const { source, destination, sourcePort = 40000, destinationPort = 80, sequence = 0 } = probe
  const ports = { source, destination, sourcePort, destinationPort }
  writeTcp(bytes, offset + IPV4_HEADER_BYTES, {
    ...ports,
    sequence,
    acknowledgement: 0,
    flags: TCP_FLAG.syn,
    window: 65535,
  })
  return header(bytes, offset, probe, IP_PROTOCOL.tcp, TCP_HEADER_BYTES)
}

export const writeDatagram = (bytes: Uint8Array, offset: number, probe: Probe): number => {
  const { source, destination, sourcePort = 40000, destinationPort = 53, payloadBytes = 0 } = probe
  const ports = { source, destination, sourcePort, destinationPort }
  writeUdp(bytes, offset + IPV4_HEADER_BYTES, { ...ports, payloadBytes })
  return header(bytes, offset, probe, IP_PROTOCOL.udp, UDP_HEADER_BYTES + payloadBytes)
}
