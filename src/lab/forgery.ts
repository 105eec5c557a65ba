/**
 * Replies that somebody off the path forges. The forger knows who probes whom with which protocol, and guesses the rest: ports,
 * identifiers, sequence numbers, data. Whether a probe draws a forgery and what it guesses follows from the seed and
 * the probe's number, not from the chances of the probe itself, so that forgeries change nothing else.
 */

import { parseIpv4 } from '../core/ip.ts'
import { readUint16, writeUint16 } from '../wire/bytes.ts'
import { checksum } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_TYPE } from '../wire/icmp.ts'
import { ICMPV6_TYPE } from '../wire/icmpv6.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET, writeTcp } from '../wire/tcp.ts'
import { answerPayload, sealAnswer, startAnswer } from './answer-packet.ts'
import { type ErrorSender, echoAnswer, errorAnswer } from './icmp-answer.ts'
import { HOST_UNREACHABLE, TIME_EXCEEDED } from './icmp-reason.ts'
import { addWord, deriveKey, hashWord, mix32 } from './keyed-hash.ts'
import { routerPersonality } from './personality.ts'
import { type Probe, readProbe } from './probe.ts'
import type { Scenario, SpoofedReply } from './scenario.ts'

export interface Forgery {
  packet: Uint8Array
  /** After the probe left. */
  delayUs: number
}

/** Endless words that look random. */
type Guess = () => number

const guessFrom = (key: number): Guess => {
  let count = 0
  return () => {
    count += 1
    return hashWord(key, count)
  }
}

const MAX_HOPS_AWAY = 32
const LOW_BYTE = 255

/** The probe as far as the forger knows it: all that is behind the IP header is guessed, and the rest of the IP header. */
const guessedProbe = (probe: Probe, quote: SpoofedReply['quote'], guess: Guess): Probe => {
  const { version, payload } = probe
  const bytes = probe.bytes.slice()
  const known = quote === 'random' ? 0 : payload
  for (let at = known; at < bytes.length; at += 1) bytes[at] = guess()
  if (quote === 'random') {
    // The reply is addressed by the quoted source.
    if (version === 6) bytes.set(probe.bytes.subarray(IPV6_OFFSET.source, IPV6_OFFSET.destination), IPV6_OFFSET.source)
    return { ...probe, bytes }
  }
  const destinationEnd = version === 4 ? IPV4_OFFSET.destination + 3 : IPV6_HEADER_BYTES - 1
  // Another address of the same /24, never the same one.
  if (quote === 'wrong-target') bytes[destinationEnd] = bytes[destinationEnd]! ^ (1 + (guess() % LOW_BYTE))
  if (version === 6) {
    bytes[IPV6_OFFSET.hopLimit] = 1
    writeUint16(bytes, 2, guess())
    return { ...probe, bytes }
  }
  bytes[IPV4_OFFSET.ttl] = 1
  writeUint16(bytes, IPV4_OFFSET.id, guess())
  writeUint16(bytes, IPV4_OFFSET.checksum, 0)
  writeUint16(bytes, IPV4_OFFSET.checksum, checksum(bytes, 0, payload))
  return { ...probe, bytes }
}

/** An echo request that was never sent: same length, everything else guessed. */
const guessedEcho = (probe: Probe, guess: Guess): Probe => {
  const bytes = new Uint8Array(Math.max(probe.bytes.length, probe.payload + ICMP_HEADER_BYTES))
  bytes.set(probe.bytes.subarray(0, probe.payload))
  for (let at = probe.payload; at < bytes.length; at += 1) bytes[at] = guess()
  bytes[probe.payload] = probe.version === 4 ? ICMP_TYPE.echoRequest : ICMPV6_TYPE.echoRequest
  bytes[probe.payload + 1] = 0
  return { ...probe, bytes, protocol: probe.version === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.ipv6Icmp }
}

/** A SYN-ACK from the port that was asked, which a forger may know, to a port that he guesses. */
const forgedSynAck = (probe: Probe, sender: ErrorSender, guess: Guess): Uint8Array => {
  const { personality, address } = sender
  const header = { source: address, destination: probe.source, ttl: personality.initialTtl - sender.hops, id: 0 }
  const answer = startAnswer(probe, { ...header, protocol: IP_PROTOCOL.tcp }, TCP_HEADER_BYTES)
  const port = probe.payload + TCP_OFFSET.destinationPort
  writeTcp(answer, answerPayload(probe), {
    source: address,
    destination: probe.source,
    sourcePort: port + 2 <= probe.bytes.length ? readUint16(probe.bytes, port) : guess() & 0xffff,
    destinationPort: guess() & 0xffff,
    sequence: guess(),
    acknowledgement: guess(),
    flags: TCP_FLAG.syn | TCP_FLAG.ack,
    window: personality.window,
  })
  sealAnswer(probe, answer)
  return answer
}

const forge = (probe: Probe, reply: SpoofedReply, key: number): Uint8Array | null => {
  const guess = guessFrom(key)
  const address = reply.source === 'target' ? probe.destination : (parseIpv4(reply.source) ?? 0)
  const personality = routerPersonality(key, address)
  const sender = { address, destination: probe.source, personality, hops: guess() % MAX_HOPS_AWAY }
  if (reply.kind === 'syn-ack') return forgedSynAck(probe, sender, guess)
  if (reply.kind === 'echo-reply') {
    return echoAnswer({ ...guessedEcho(probe, guess), destination: address }, personality, sender.hops)
  }
  const reason = reply.kind === 'time-exceeded' ? TIME_EXCEEDED : HOST_UNREACHABLE
  return errorAnswer(guessedProbe(probe, reply.quote, guess), sender, reason)
}

/** The forgeries that the `count`th probe draws; `packet` is not kept. */
export type Forger = (packet: Uint8Array, count: number) => Forgery[]

/** Null where nobody forges anything. */
export const makeForger = ({ spoofedReplies, seed }: Scenario): Forger | null => {
  if (spoofedReplies.length === 0) return null
  const key = deriveKey(seed, 'forgeries')
  return (packet, count) => {
    const probe = readProbe(packet)
    if (probe === null) return []
    return spoofedReplies.flatMap((reply, index) => {
      const own = mix32(addWord(addWord(key, index), count))
      if (own / 2 ** 32 >= reply.share) return []
      const forged = forge(probe, reply, mix32(own + 1))
      return forged === null ? [] : [{ packet: forged, delayUs: Math.round(reply.delayMs * 1000) }]
    })
  }
}
