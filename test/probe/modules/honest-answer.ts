/**
 * What an honest target answers to a probe, by module: the transport header and what follows. Made from the bytes of the
 * probe by code that shares nothing with the modules.
 */

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const onesSum = (bytes: Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536)
  return sum
}

/** A datagram back to where the probe came from; its checksum is left out, as RFC 768 allows. */
export const udpAnswer = (packet: Uint8Array, payload: Uint8Array): Uint8Array => {
  const answer = new Uint8Array(8 + payload.length)
  answer.set(packet.subarray(22, 24), 0)
  answer.set(packet.subarray(20, 22), 2)
  view(answer).setUint16(4, answer.length)
  answer.set(payload, 8)
  return answer
}

const echo = (packet: Uint8Array): Uint8Array => {
  const answer = packet.slice(20)
  answer[0] = 0
  view(answer).setUint16(2, 0)
  view(answer).setUint16(2, 0xffff - onesSum(answer))
  return answer
}

/** Flags and numbers as RFC 9293, section 3.10.7, has them; `options` a multiple of four bytes. */
export const tcpAnswer = (
  packet: Uint8Array,
  fields: { flags: number; sequence: number; acknowledgement: number; options?: Uint8Array },
): Uint8Array => {
  const options = fields.options ?? new Uint8Array(0)
  const answer = new Uint8Array(20 + options.length)
  answer.set(packet.subarray(22, 24), 0)
  answer.set(packet.subarray(20, 22), 2)
  const data = view(answer)
  data.setUint32(4, fields.sequence)
  data.setUint32(8, fields.acknowledgement)
  data.setUint8(12, (5 + options.length / 4) * 16)
  data.setUint8(13, fields.flags)
  data.setUint16(14, 64_240)
  answer.set(options, 20)
  return answer
}

export const sequenceOf = (packet: Uint8Array): number => view(packet).getUint32(24)
export const acknowledgementOf = (packet: Uint8Array): number => view(packet).getUint32(28)

const dns = (packet: Uint8Array): Uint8Array => {
  const query = packet.subarray(28)
  const record = Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 33)
  const response = new Uint8Array(query.length + record.length)
  response.set(query)
  response.set(record, query.length)
  response.set([0x81, 0x80], 2)
  response.set([0, 1], 6)
  return response
}

const ntp = (packet: Uint8Array): Uint8Array => {
  const query = packet.subarray(28)
  const response = new Uint8Array(48)
  response.set([0x24, 2, 6, 0xe9, 0, 0, 0x10, 0x80, 0, 0, 0x20, 0, 192, 0, 2, 1])
  response.set([0xe1, 0, 0, 1, 0x80, 0, 0, 0], 16)
  response.set(query.subarray(40, 48), 24)
  response.set([0xe1, 0, 0, 2, 0, 0, 0, 0], 32)
  response.set([0xe1, 0, 0, 2, 0, 0, 0, 1], 40)
  return response
}

const SSDP =
  'HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLocation:http://192.0.2.1/d.xml\r\nST: upnp:rootdevice\r\n\r\n'

/** A complex acknowledgement: object-identifier of device 1234. */
const bacnet = (packet: Uint8Array): Uint8Array => {
  const apdu = [
    0x30,
    packet[36]!,
    0x0c,
    0x0c,
    0x02,
    0x3f,
    0xff,
    0xff,
    0x19,
    0x4b,
    0x3e,
    0xc4,
    0x02,
    0x00,
    0x04,
    0xd2,
    0x3f,
  ]
  return Uint8Array.of(0x81, 0x0a, 0, 6 + apdu.length, 1, 0, ...apdu)
}

/** Versions 1 and 2, behind our connection id (none) and the server's (which the probe named). */
const quic = (packet: Uint8Array): Uint8Array =>
  Uint8Array.of(0xca, 0, 0, 0, 0, 0, 8, ...packet.subarray(34, 42), 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf)

const WINDOWS_LIKE = Uint8Array.of(2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8)

export const honestAnswers: Readonly<Record<string, (packet: Uint8Array) => Uint8Array>> = {
  'icmp-echo': echo,
  'icmp-echo-time': echo,
  'tcp-syn': (packet) =>
    tcpAnswer(packet, {
      flags: 0x12,
      sequence: 7,
      acknowledgement: (sequenceOf(packet) + 1) % 2 ** 32,
      options: WINDOWS_LIKE,
    }),
  // No connection is known: the RST takes its sequence number from what was acknowledged.
  'tcp-synack': (packet) => tcpAnswer(packet, { flags: 4, sequence: acknowledgementOf(packet), acknowledgement: 0 }),
  udp: (packet) => udpAnswer(packet, Uint8Array.of(1, 2, 3, 4)),
  dns: (packet) => udpAnswer(packet, dns(packet)),
  ntp: (packet) => udpAnswer(packet, ntp(packet)),
  upnp: (packet) => udpAnswer(packet, new TextEncoder().encode(SSDP)),
  bacnet: (packet) => udpAnswer(packet, bacnet(packet)),
  'quic-initial': (packet) => udpAnswer(packet, quic(packet)),
  // The inner datagram itself comes here.
  ipip: (packet) => packet.slice(40),
}
