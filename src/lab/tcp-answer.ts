/** What a host without connections says to a TCP segment: RFC 9293 section 3.10.7, states LISTEN and CLOSED. */

import { IP_PROTOCOL } from '../wire/ipv4.ts'
import {
  buildTcpOptions,
  readTcp,
  TCP_FLAG,
  TCP_HEADER_BYTES,
  type TcpOption,
  type TcpSegment,
  writeTcp,
} from '../wire/tcp.ts'
import { answerPayload, sealAnswer, startAnswer } from './answer-packet.ts'
import { addWord, mix32 } from './keyed-hash.ts'
import type { Personality } from './personality.ts'
import type { Probe } from './probe.ts'

/** Fits an Ethernet of 1500 bytes. */
const MSS = { 4: 1460, 6: 1440 } as const
const WINDOW_SHIFT = 7

interface Reply {
  flags: number
  sequence: number
  acknowledgement: number
  window: number
  options: Uint8Array
}

const NO_OPTIONS = new Uint8Array(0)

/** Extensions are only used when both sides offer them (RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2). */
const offeredOptions = (segment: TcpSegment, mss: number, timestamp: number): Uint8Array => {
  const options: TcpOption[] = [{ kind: 'mss', value: mss }]
  for (const offered of segment.options ?? []) {
    if (offered.kind === 'sack-permitted') options.push({ kind: 'sack-permitted' })
    if (offered.kind === 'timestamps') options.push({ kind: 'timestamps', value: timestamp, echo: offered.value })
    if (offered.kind === 'window-scale') options.push({ kind: 'nop' }, { kind: 'window-scale', shift: WINDOW_SHIFT })
  }
  // A segment may repeat an option; the answer has room for each once.
  return buildTcpOptions(options.filter((option, at) => options.findIndex(({ kind }) => kind === option.kind) === at))
}

const reset = (segment: TcpSegment): Reply => {
  const isAck = (segment.flags & TCP_FLAG.ack) !== 0
  const syn = segment.flags & TCP_FLAG.syn ? 1 : 0
  const fin = segment.flags & TCP_FLAG.fin ? 1 : 0
  return {
    flags: isAck ? TCP_FLAG.rst : TCP_FLAG.rst | TCP_FLAG.ack,
    sequence: isAck ? segment.acknowledgement : 0,
    acknowledgement: isAck ? 0 : (segment.sequence + segment.payloadBytes + syn + fin) >>> 0,
    window: 0,
    options: NO_OPTIONS,
  }
}

const replyTo = (
  probe: Probe,
  segment: TcpSegment,
  open: boolean,
  personality: Personality,
  timeUs: number,
): Reply | null => {
  if ((segment.flags & TCP_FLAG.rst) !== 0) return null
  if (!open || (segment.flags & TCP_FLAG.ack) !== 0) return reset(segment)
  if ((segment.flags & TCP_FLAG.syn) === 0) return null
  const ports = ((segment.sourcePort << 16) | segment.destinationPort) >>> 0
  const initialSequence = mix32(addWord(addWord(personality.word, probe.source), ports))
  return {
    flags: TCP_FLAG.syn | TCP_FLAG.ack,
    sequence: initialSequence,
    acknowledgement: (segment.sequence + 1) >>> 0,
    window: personality.window,
    options: offeredOptions(segment, MSS[probe.version], (Math.floor(timeUs / 1000) + personality.word) >>> 0),
  }
}

/** SYN-ACK, RST or silence (null). `timeUs` drives the timestamp option, `hops` are taken off the TTL. */
export const tcpAnswer = (
  probe: Probe,
  open: boolean,
  personality: Personality,
  hops: number,
  timeUs: number,
): Uint8Array | null => {
  const segment = readTcp(probe.bytes, probe.payload, probe.bytes.length - probe.payload)
  const reply = segment === null ? null : replyTo(probe, segment, open, personality, timeUs)
  if (segment === null || reply === null) return null
  const source = probe.destination
  const destination = probe.source
  // Every field by name: an object spread for each packet costs more than all the rest.
  const header = {
    source,
    destination,
    protocol: IP_PROTOCOL.tcp,
    ttl: personality.initialTtl - hops,
    id: personality.ipId,
  }
  const answer = startAnswer(probe, header, TCP_HEADER_BYTES + reply.options.length)
  writeTcp(answer, answerPayload(probe), {
    source,
    destination,
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    sequence: reply.sequence,
    acknowledgement: reply.acknowledgement,
    flags: reply.flags,
    window: reply.window,
    options: reply.options,
  })
  sealAnswer(probe, answer)
  return answer
}
