/**
 * What the UDP services of the simulation say: DNS (RFC 1035), NTP (RFC 5905), QUIC (RFC 9000, section 6), SSDP (UPnP Device
 * Architecture 2.0, section 1.3.3) and BACnet/IP (ASHRAE 135, annex J), each on its port; elsewhere the payload itself (RFC 862).
 */

import { formatIpv4 } from '../core/ip.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../wire/bytes.ts'

/** A question to a host, and the host. */
export interface ServiceQuery {
  payload: Uint8Array
  /** The host's own address. */
  address: number
  timeUs: number
}

/** Null: the service says nothing to this. */
type Service = (query: ServiceQuery) => Uint8Array | null

const DNS = { headerBytes: 12, flags: 2, questions: 4, answers: 6, maxBytes: 512 } as const
/** Response, recursion available; whether it was desired is repeated from the query. */
const DNS_RESPONSE = 0x8080
const DNS_RECURSION_DESIRED = 0x0100
const DNS_FORMAT_ERROR = 0x8181
const DNS_ANSWER_BYTES = 16
/** A pointer to the question's name, which begins behind the header. */
const DNS_NAME_POINTER = 0xc000 | DNS.headerBytes
const DNS_TTL_S = 60
/** Types A and ALL get an answer, all others an empty one. */
const DNS_ANSWERED_TYPES: ReadonlySet<number> = new Set([1, 255])

/** The query turned into a response with one address record at most: the host's own address. */
const dns: Service = ({ payload: query, address }) => {
  const answerable = query.length >= DNS.headerBytes && readUint16(query, DNS.questions) === 1
  if (!answerable || query.length + DNS_ANSWER_BYTES > DNS.maxBytes) {
    const error = new Uint8Array(DNS.headerBytes)
    error.set(query.subarray(0, 2))
    writeUint16(error, DNS.flags, DNS_FORMAT_ERROR)
    return error
  }
  const answers = DNS_ANSWERED_TYPES.has(readUint16(query, query.length - 4)) ? 1 : 0
  const response = new Uint8Array(query.length + answers * DNS_ANSWER_BYTES)
  response.set(query)
  writeUint16(response, DNS.flags, DNS_RESPONSE | (readUint16(query, DNS.flags) & DNS_RECURSION_DESIRED))
  writeUint16(response, DNS.answers, answers)
  if (answers === 0) return response
  const record = query.length
  writeUint16(response, record, DNS_NAME_POINTER)
  writeUint16(response, record + 2, 1)
  writeUint16(response, record + 4, 1)
  writeUint32(response, record + 6, DNS_TTL_S)
  writeUint16(response, record + 10, 4)
  writeUint32(response, record + 12, address)
  return response
}

const NTP = { bytes: 48, originate: 24, receive: 32, transmit: 40 } as const
/** No leap warning, version 4, mode 4 (server). */
const NTP_SERVER_V4 = 0x24
/** Seconds from 1900 to 1970. */
const NTP_EPOCH_S = 2_208_988_800

const writeNtpTime = (bytes: Uint8Array, offset: number, timeUs: number): void => {
  const seconds = Math.floor(timeUs / 1e6)
  writeUint32(bytes, offset, seconds + NTP_EPOCH_S)
  writeUint32(bytes, offset + 4, Math.floor(((timeUs - seconds * 1e6) / 1e6) * 2 ** 32))
}

const ntp: Service = ({ payload: query, address, timeUs }) => {
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

const QUIC_VERSION_1 = 1
const QUIC = { version: 1, destinationLength: 5, destination: 6, minBytes: 1200 } as const

/** To a version that it has not: the one that it has. It never answers a small datagram (section 14.1). */
const quic: Service = ({ payload: query }) => {
  const isLong = query.length >= QUIC.minBytes && query[0]! >= 0x80
  if (!isLong || readUint32(query, QUIC.version) === QUIC_VERSION_1) return null
  const theirEnd = QUIC.destination + query[QUIC.destinationLength]!
  const destination = query.subarray(QUIC.destination, theirEnd)
  const source = query.subarray(theirEnd + 1, theirEnd + 1 + (query[theirEnd] ?? 0))
  return Uint8Array.of(
    ...[0x80, 0, 0, 0, 0, source.length, ...source, destination.length, ...destination],
    ...[0, 0, 0, QUIC_VERSION_1],
  )
}

const ssdp: Service = ({ payload: query, address }) => {
  if (!new TextDecoder().decode(query).startsWith('M-SEARCH * HTTP/1.1\r\n')) return null
  const lines = [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=1800',
    'EXT:',
    `LOCATION: http://${formatIpv4(address)}:5000/description.xml`,
    'SERVER: interplot-lab/1 UPnP/2.0 host/1',
    'ST: upnp:rootdevice',
    'USN: uuid:00000000-0000-4000-8000-000000000000::upnp:rootdevice',
  ]
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`)
}

/** A confirmed ReadProperty behind plain headers: where its invoke id is, and its shortest length. */
const BACNET = { invokeId: 8, service: 9, minBytes: 17, readProperty: 0x0c } as const

/** The object-identifier of the device, whose number is the lower half of the host's address. */
const bacnet: Service = ({ payload: query, address }) => {
  if (query.length < BACNET.minBytes || query[0] !== 0x81 || query[BACNET.service] !== BACNET.readProperty) return null
  return Uint8Array.of(
    ...[0x81, 0x0a, 0x00, 0x17, 0x01, 0x00],
    ...[0x30, query[BACNET.invokeId]!, BACNET.readProperty],
    ...[0x0c, 0x02, 0x3f, 0xff, 0xff, 0x19, 0x4b],
    ...[0x3e, 0xc4, 0x02, 0x00, (address >>> 8) & 255, address & 255, 0x3f],
  )
}

const SERVICES: ReadonlyMap<number, Service> = new Map([
  [53, dns],
  [123, ntp],
  [443, quic],
  [1900, ssdp],
  [47_808, bacnet],
])

/** What the service on an open port says; null for silence. */
export const serviceAnswer = (port: number, query: ServiceQuery): Uint8Array | null => {
  const service = SERVICES.get(port)
  return service === undefined ? query.payload : service(query)
}
