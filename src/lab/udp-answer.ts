/** The datagram with which an open UDP port answers; what it says is up to its service. */

import { IP_PROTOCOL } from '../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, writeUdp } from '../wire/udp.ts'
import { answerPayload, sealAnswer, startAnswer } from './answer-packet.ts'
import type { Personality } from './personality.ts'
import type { Probe } from './probe.ts'
import { serviceAnswer } from './udp-service.ts'

/** The datagram that an open port answers with; null when the probe is no UDP, or the service silent. `timeUs` is for NTP. */
export const udpAnswer = (probe: Probe, personality: Personality, hops: number, timeUs: number): Uint8Array | null => {
  const { bytes } = probe
  const datagram = readUdp(bytes, probe.payload, bytes.length - probe.payload)
  if (datagram === null) return null
  const query = bytes.subarray(datagram.payloadOffset, datagram.payloadOffset + datagram.payloadBytes)
  const port = datagram.destinationPort
  const payload = serviceAnswer(port, { payload: query, address: probe.destination, timeUs })
  if (payload === null) return null
  const source = probe.destination
  const destination = probe.source
  const header = {
    source,
    destination,
    protocol: IP_PROTOCOL.udp,
    ttl: personality.initialTtl - hops,
    id: personality.ipId,
  }
  const answer = startAnswer(probe, header, UDP_HEADER_BYTES + payload.length)
  const at = answerPayload(probe)
  answer.set(payload, at + UDP_HEADER_BYTES)
  writeUdp(answer, at, {
    source,
    destination,
    sourcePort: port,
    destinationPort: datagram.sourcePort,
    payloadBytes: payload.length,
  })
  sealAnswer(probe, answer)
  return answer
}
