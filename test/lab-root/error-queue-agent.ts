/**
 * Runs at the near end of a router chain: one job, named by the first argument, over the error-queue link. Prints what it
 * saw as one line of JSON.
 */

import { InterplotError } from '../../src/core/errors.ts'
import { formatIp, type IpAddress, ipv4, isIpv4, parseIp } from '../../src/core/ip.ts'
import type { CaptureFilter, Link } from '../../src/link/contract.ts'
import { errorQueueLink } from '../../src/link/error-queue-link.ts'
import { checksum, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { readIcmpExtensions, readMplsLabels } from '../../src/wire/icmp-extension.ts'
import { readIcmpv6 } from '../../src/wire/icmpv6.ts'
import { readIpv4, verifiesIpv4Checksum, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { readIpv6, writeIpv6Header } from '../../src/wire/ipv6.ts'
import { verifiesTransportChecksum } from '../../src/wire/transport-checksum.ts'
import { listen } from '../link/contract.ts'
import { echoProbe, udpProbe } from '../link/probes.ts'
import { udpProbe6 } from '../link/probes6.ts'
import { batchOf, batchOf6 } from '../link/target-batch.ts'

const SLOT_BYTES = 1504
const SLOTS = 512

interface Options {
  target: string
  /** One probe each; default: TTL 1, 2, 3, 4. */
  ttls?: number[]
  sourcePort?: number
  destinationPort?: number
  /** `source`: a source port for each probe; `destination`: a destination port for each; `none`: the same for all. */
  vary?: 'source' | 'destination' | 'none'
  payloadBytes?: number
  dontFragment?: boolean
  trafficClass?: number
  /** IPv6 only. */
  flowLabel?: number
  forMs?: number
  source?: string
}

interface Probe {
  ttl: number
  sourcePort: number
  destinationPort: number
}

const openLink = async ({ target, source }: Options): Promise<Link> => {
  const address = parseIp(target)!
  const from = source === undefined ? null : parseIp(source)!
  const own = from === null ? {} : isIpv4(from) ? { sourceAddress: from } : { sourceAddress6: from }
  const sample = isIpv4(address) ? { sampleTarget: address } : { sampleTarget6: address }
  return errorQueueLink.open(await errorQueueLink.resolve({ ...sample, ...own }), { mayBlock: false })
}

const filterOf = ({ spec }: Link, protocols: CaptureFilter['protocols'] = ['icmp', 'udp']): CaptureFilter =>
  spec.sourceAddress6 === undefined
    ? { destinations: [spec.sourceAddress], protocols }
    : { destinations: [], destinations6: [spec.sourceAddress6], protocols }

const packetOf = ({ spec }: Link, target: IpAddress, probe: Probe, options: Options): Uint8Array => {
  const payload = new Uint8Array(options.payloadBytes ?? 12).fill(probe.ttl)
  const { sourcePort, destinationPort, ttl } = probe
  const { trafficClass = 0, flowLabel = 0, dontFragment = false } = options
  if (!isIpv4(target)) {
    const ends = { source: spec.sourceAddress6!, destination: target, hopLimit: ttl }
    const packet = udpProbe6(ends, sourcePort, destinationPort, payload)
    const payloadLength = packet.length - 40
    writeIpv6Header(packet, 0, { ...ends, nextHeader: 17, payloadLength, trafficClass, flowLabel })
    return packet
  }
  const ends = { source: spec.sourceAddress, destination: target, ttl }
  const packet = udpProbe(ends, sourcePort, destinationPort, payload)
  const totalLength = packet.length
  writeIpv4Header(packet, 0, { ...ends, protocol: 17, totalLength, id: 0x1234, dontFragment, tos: trafficClass })
  return packet
}

interface Seen {
  from: string
  kind: string
  ttl: number
  rest: number
  sound: boolean
  timeUs: number
  /** MPLS labels of the error's extensions. */
  labels?: number[]
  /** Of the probe that is quoted. */
  quoted?: { ttl: number; sourcePort: number; destinationPort: number; bytes: number }
}

const portsAt = (bytes: Uint8Array, at: number) => ({
  sourcePort: (bytes[at]! << 8) | bytes[at + 1]!,
  destinationPort: (bytes[at + 2]! << 8) | bytes[at + 3]!,
})

const labelsAt = (bytes: Uint8Array, at: number): { labels?: number[] } => {
  if (at < 0 || at >= bytes.length) return {}
  const objects = readIcmpExtensions(bytes, at, bytes.length - at)
  const stack = objects?.find(({ classNumber, type }) => classNumber === 1 && type === 1)
  if (stack === undefined) return {}
  return { labels: readMplsLabels(bytes, stack.payloadOffset, stack.payloadBytes).map(({ label }) => label) }
}

const observe4 = (bytes: Uint8Array, timeUs: number): Seen => {
  const header = readIpv4(bytes, 0, bytes.length)!
  const common = { from: formatIp(header.source), ttl: header.ttl, timeUs }
  const sound = verifiesIpv4Checksum(bytes, 0, bytes.length)
  if (header.protocol === 17) {
    return { ...common, kind: 'udp', rest: 0, sound: sound && verifiesTransportChecksum(bytes, 0, 20, bytes.length) }
  }
  const message = readIcmp(bytes, header.payloadOffset, header.payloadBytes)!
  const inner = readIpv4(bytes, message.payloadOffset, message.payloadBytes)!
  const quoted = { ttl: inner.ttl, ...portsAt(bytes, inner.payloadOffset), bytes: message.payloadBytes }
  const kind = `${message.type}/${message.code}`
  const extended = labelsAt(bytes, message.extensionsOffset)
  return { ...common, kind, rest: message.rest & 0xffff, sound: sound && message.checksumRight, quoted, ...extended }
}

const observe6 = (bytes: Uint8Array, timeUs: number): Seen => {
  const header = readIpv6(bytes, 0, bytes.length)!
  const { source, destination, payloadOffset, payloadBytes, protocol, hopLimit } = header
  const pseudo = pseudoHeaderSum6(source, destination, protocol, payloadBytes)
  const sound = checksum(bytes, payloadOffset, payloadBytes, pseudo) === 0
  const common = { from: formatIp(source), ttl: hopLimit, timeUs, sound }
  if (protocol === 17) return { ...common, kind: 'udp', rest: 0 }
  const message = readIcmpv6(bytes, payloadOffset, payloadBytes)!
  const inner = readIpv6(bytes, message.payloadOffset, message.payloadBytes)!
  const quoted = { ttl: inner.hopLimit, ...portsAt(bytes, inner.payloadOffset), bytes: message.payloadBytes }
  const kind = `${message.type}/${message.code}`
  // RFC 4884 section 4.6: the first byte behind the checksum counts the quotation in words of 64 bits.
  const words = message.type === 2 ? 0 : message.rest >>> 24
  const extended = labelsAt(bytes, words === 0 ? -1 : message.payloadOffset + words * 8)
  return { ...common, kind, rest: message.rest % 0x1000000, quoted, ...extended }
}

const observe = (bytes: Uint8Array, timeUs: number): Seen =>
  bytes[0]! >>> 4 === 4 ? observe4(bytes, timeUs) : observe6(bytes, timeUs)

/** UDP probes, all at once, and what comes back. */
const trace = async (options: Options) => {
  const { target, ttls = [1, 2, 3, 4], sourcePort = 40_000, destinationPort = 33_434, vary = 'source' } = options
  const address = parseIp(target)!
  const link = await openLink(options)
  const receiver = link.openReceiver({ filter: filterOf(link), snapBytes: 2048 })
  const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: SLOTS })
  const written: string[] = []
  for (const [slot, ttl] of ttls.entries()) {
    const probe = {
      ttl,
      sourcePort: sourcePort + (vary === 'source' ? slot : 0),
      destinationPort: destinationPort + (vary === 'destination' ? slot : 0),
    }
    const packet = packetOf(link, address, probe, options)
    written.push(Buffer.from(packet).toString('hex'))
    transmitter.memory.set(packet, slot * SLOT_BYTES)
    transmitter.lengths[slot] = packet.length
  }
  const targets = isIpv4(address) ? batchOf(ttls.map(() => address)) : batchOf6(ttls.map(() => address))
  const beforeUs = link.clock.nowUs()
  const sent = await transmitter.send(targets, ttls.length)
  const heard = await listen(link, receiver, Number.POSITIVE_INFINITY, () => true, options.forMs ?? 300)
  const afterUs = link.clock.nowUs()
  const seen = heard.map(({ bytes, timeUs }) => observe(bytes, timeUs))
  const onTime = seen.every(({ timeUs }) => timeUs >= beforeUs - 1000 && timeUs <= afterUs)
  const counters = { ...transmitter.counters(), ...receiver.counters() }
  await link.close()
  return {
    sent,
    seen: seen.map(({ timeUs: _timeUs, ...rest }) => rest),
    onTime,
    counters,
    written,
    uid: process.getuid?.(),
  }
}

/** What the link must refuse, each with its code. */
const refusals = async (options: Options) => {
  const link = await openLink(options)
  const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: SLOTS })
  const destination = parseIp(options.target) as number
  const ends = { source: link.spec.sourceAddress, destination }
  const attempt = async (packet: Uint8Array): Promise<string> => {
    transmitter.memory.set(packet)
    transmitter.lengths[0] = packet.length
    try {
      await transmitter.send(batchOf([destination]), 1)
      return 'sent'
    } catch (error) {
      return error instanceof InterplotError ? error.code : String(error)
    }
  }
  const longer = new Uint8Array(64)
  longer.set(udpProbe(ends, 40_000, 33_434, new Uint8Array(4)))
  const hears = (filter: CaptureFilter): string => {
    try {
      link.openReceiver({ filter, snapBytes: 64 })
      return 'open'
    } catch (error) {
      return error instanceof InterplotError ? error.code : String(error)
    }
  }
  const result = {
    icmp: await attempt(echoProbe(ends, 1, 1)),
    lengthOfAnother: await attempt(longer),
    ttl0: await attempt(udpProbe({ ...ends, ttl: 0 }, 40_000, 33_434, new Uint8Array(4))),
    lowPort: await attempt(udpProbe(ends, 53, 33_434, new Uint8Array(4))),
    tcp: hears(filterOf(link, ['icmp', 'tcp'])),
    elsewhere: hears({ destinations: [ipv4(destination)], protocols: ['icmp'] }),
    sent: transmitter.counters().sent,
  }
  await link.close()
  return result
}

const JOBS: Readonly<Record<string, (options: Options) => Promise<object>>> = { trace, refusals }
const [name = '', options = '{}'] = process.argv.slice(2)
const result = await JOBS[name]!(JSON.parse(options)).catch((error: unknown) =>
  error instanceof InterplotError ? { code: error.code, line: error.toLine() } : { code: 'OTHER', line: String(error) },
)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
