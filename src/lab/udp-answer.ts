/** What an open UDP port says: DNS on 53 (RFC 1035), NTP on 123 (RFC 5905), elsewhere the payload itself (RFC 862). */

import { readUint16, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, writeUdp } from '../wire/udp.ts'
import type { Personality } from './personality.ts'
import { type Probe, startAnswer } from './probe.ts'

const DNS = { port: 53, headerBytes: 12, flags: 2, questions: 4, answers: 6, maxBytes: 512 } as const
/** Response, recursion desired and available; with or without a format error. */
const DNS_RESPONSE = 0x8180
const DNS_FORMAT_ERROR = 0x8181
const DNS_ANSWER_BYTES = 16
/** A pointer to the question's name, which begins behind the header. */
const DNS_NAME_POINTER = 0xc000 | DNS.headerBytes
const DNS_TTL_S = 60

const NTP = { port: 123, bytes: 48, originate: 24, receive: 32, transmit: 40 } as const
/** No leap warning, version 4, mode 4 (server). */
const NTP_SERVER_V4 = 0x24
/** Seconds from 1900 to 1970. */
const NTP_EPOCH_S = 2_208_988_800

/** The query turned into a response with one address record: the host's own address. */
const dnsPayload = (query: Uint8Array, address: number): Uint8Array => {
  const answerable = query.length >= DNS.headerBytes && readUint16(query, DNS.questions) === 1
  if (!answerable || query.length + DNS_ANSWER_BYTES > DNS.maxBytes) {
    const error = new Uint8Array(DNS.headerBytes)
    error.set(query.subarray(0, 2))
    writeUint16(error, DNS.flags, DNS_FORMAT_ERROR)
    return error
  }
  const response = new Uint8Array(query.length + DNS_ANSWER_BYTES)
  response.set(query)
  writeUint16(response, DNS.flags, DNS_RESPONSE)
  writeUint16(response, DNS.answers, 1)
  const record = query.length
  writeUint16(response, record, DNS_NAME_POINTER)
  writeUint16(response, record + 2, 1)
  writeUint16(response, record + 4, 1)
  writeUint32(response, record + 6, DNS_TTL_S)
  writeUint16(response, record + 10, 4)
  writeUint32(response, record + 12, address)
  return response
}

const writeNtpTime = (bytes: Uint8Array, offset: number, timeUs: number): void => {
  const seconds = Math.floor(timeUs / 1e6)
  writeUint32(bytes, offset, seconds + NTP_EPOCH_S)
  writeUint32(bytes, offset + 4, Math.floor(((timeUs - seconds * 1e6) / 1e6) * 2 ** 32))
}

const ntpPayload = (query: Uint8Array, address: number, timeUs: number): Uint8Array => {
  const response = new Uint8Array(NTP.bytes)
  response[0] = NTP_SERVER_V4
  response[1] = 2
  response[2] = query[2] ?? 0
  writeUint32(response, 12, address)
  if (query.length >= NTP.bytes) response.set(query.subarray(NTP.transmit, NTP.bytes), NTP.originate)
  writeNtpTime(response, NTP.receive, timeUs)
  writeNtpTime(response, NTP.transmit, timeUs)
  return response
}

/** The datagram that an open port answers with; null when the probe is no UDP. `timeUs` is for NTP. */
export const udpAnswer = (probe: Probe, personality: Personality, hops: number, timeUs: number): Uint8Array | null => {
  const { bytes } = probe
  const datagram = readUdp(bytes, probe.payload, bytes.length - probe.payload)
  if (datagram === null) return null
  const query = bytes.subarray(datagram.payloadOffset, datagram.payloadOffset + datagram.payloadBytes)
  const port = datagram.destinationPort
  const payload =
    port === DNS.port
      ? dnsPayload(query, probe.destination)
      : port === NTP.port
        ? ntpPayload(query, probe.destination, timeUs)
        : query
  const ends = { source: probe.destination, destination: probe.source }
  const header = { ...ends, protocol: IP_PROTOCOL.udp, ttl: personality.initialTtl - hops, id: personality.ipId }
  const answer = startAnswer(header, UDP_HEADER_BYTES + payload.length)
  answer.set(payload, IPV4_HEADER_BYTES + UDP_HEADER_BYTES)
  writeUdp(answer, IPV4_HEADER_BYTES, {
    ...ends,
    sourcePort: port,
    destinationPort: datagram.sourcePort,
    payloadBytes: payload.length,
  })
  return answer
}
