/** Probe modules at work without a scan around them. */

import { type Ipv4, parseIpv4 } from '../../../src/core/ip.ts'
import { makeReplyBatch, type ReplyBatch } from '../../../src/core/reply-batch.ts'
import type { Value } from '../../../src/core/reply-field.ts'
import { cookieKey } from '../../../src/probe/cookie.ts'
import type {
  PacketSpan,
  PreparedProbe,
  ProbeModule,
  ProbeSetup,
  Verdict,
} from '../../../src/probe/modules/contract.ts'
import { probeModules } from '../../../src/probe/modules/index.ts'

export const SOURCE = parseIpv4('198.51.100.7') as Ipv4
export const PORTS = { first: 40_000, last: 49_999 }

export const setupOf = (more: Partial<ProbeSetup> = {}): ProbeSetup => ({
  sourceAddresses: [SOURCE],
  validatesPort: true,
  contact: null,
  sourcePorts: PORTS,
  key: cookieKey('k'),
  probeTtl: 77,
  copies: 2,
  args: null,
  mtu: 1500,
  ...more,
})

export const prepare = (name: string, more: Partial<ProbeSetup> = {}): PreparedProbe =>
  probeModules.get(name).prepare(setupOf(more))

/** The packet, made in a slot that is dirty and not at the beginning of its memory. */
export const build = (probe: PreparedProbe, address: number, port: number, copy = 0): Uint8Array => {
  const bytes = new Uint8Array(probe.packetBytes + 16).fill(0xaa)
  probe.writeTemplate(bytes, 8)
  // A slot is used again and again.
  probe.writeTarget(bytes, 8, (address ^ 0x5555) >>> 0, port ^ 1, copy)
  const length = probe.writeTarget(bytes, 8, address, port, copy)
  return bytes.slice(8, 8 + length)
}

/** Text of the payload that a UDP or ICMP probe carries. */
export const payloadText = (packet: Uint8Array): string => Buffer.from(packet.subarray(28)).toString('latin1')

export const spanOf = (bytes: Uint8Array, payload = 0): PacketSpan => ({
  bytes,
  offset: 0,
  payload,
  end: bytes.length,
  cut: false,
  timeUs: 0,
  question: 0,
})

export interface Read {
  verdict: Verdict
  batch: ReplyBatch
  question: number
  /** What the module's field says about the answer. */
  field: (name: string) => Value
}

/** What the probe makes of an answer: its transport header and what follows. */
export const read = (module: ProbeModule, probe: PreparedProbe, answer: Uint8Array, source: number): Read => {
  const batch = makeReplyBatch(8, 4096)
  const span = spanOf(answer)
  const verdict = probe.readReply(span, source, batch, 0)
  batch.target[0] = source
  batch.count = 1
  return {
    verdict,
    batch,
    question: span.question,
    field: (name) => module.fields.find((field) => field.name === name)!.get(batch, 0, {}),
  }
}
