/**
 * Runs inside a namespace of the lab: one job, named by the first argument, over the links under test. Prints what
 * it saw as one line of JSON; a coded error as `{ "code": …, "line": … }`.
 */

import { execFileSync } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { InterplotError } from '../../src/core/errors.ts'
import { formatIpv4, type Ipv4, ipv4, parseIpv4 } from '../../src/core/ip.ts'
import type { CaptureFilter, Link, LinkSpec, Receiver, Transmitter } from '../../src/link/contract.ts'
import { linkKinds } from '../../src/link/registry.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, ipv4PayloadEnd, ipv4PayloadOffset, readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readTcp } from '../../src/wire/tcp.ts'
import { IDENTIFIER, type Probe, targetsOf, writeDatagram, writeEchoRequest, writeSyn } from '../link/probe-packets.ts'

const BATCH = 64
const SLOT_BYTES = 64
const SNAP_BYTES = 96

interface Seen {
  source: string
  kind: string
  port: number
  sequence: number
  soundChecksums: boolean
  length: number
  timeUs: number
}

const observe = (bytes: Uint8Array, offset: number, length: number, timeUs: number): Seen | null => {
  const header = readIpv4(bytes, offset, length)
  const at = ipv4PayloadOffset(bytes, offset, length)
  if (header === null) return null
  const rest = ipv4PayloadEnd(bytes, offset, length) - at
  const common = { source: formatIpv4(header.source), length, timeUs }
  const ipSound = verifiesIpv4Checksum(bytes, offset, length)
  if (at < 0) return { ...common, kind: 'later fragment', port: 0, sequence: 0, soundChecksums: ipSound }
  if (header.protocol === IP_PROTOCOL.icmp) {
    const message = readIcmp(bytes, at, rest)
    const kind = message === null ? 'icmp?' : `icmp ${message.type}/${message.code}`
    const sequence = (bytes[at + 6]! << 8) | bytes[at + 7]!
    const whole = header.totalLength <= length
    return {
      ...common,
      kind,
      port: 0,
      sequence,
      soundChecksums: ipSound && (!whole || checksum(bytes, at, rest) === 0),
    }
  }
  const segment = header.protocol === IP_PROTOCOL.tcp ? readTcp(bytes, at, rest) : null
  if (segment === null)
    return { ...common, kind: `protocol ${header.protocol}`, port: 0, sequence: 0, soundChecksums: ipSound }
  const kind = (segment.flags & 4) !== 0 ? 'rst' : (segment.flags & 18) === 18 ? 'syn-ack' : `flags ${segment.flags}`
  const { destinationPort: port, acknowledgement: sequence } = segment
  return { ...common, kind, port, sequence, soundChecksums: ipSound }
}

type Write = (bytes: Uint8Array, offset: number, probe: Probe) => number

/** Sends one packet to each probe's destination, in batches. */
const sendAll = async (transmitter: Transmitter, write: Write, probes: readonly Probe[]): Promise<number> => {
  let sent = 0
  for (let from = 0; from < probes.length; from += BATCH) {
    const batch = probes.slice(from, from + BATCH)
    for (const [slot, probe] of batch.entries()) {
      transmitter.lengths[slot] = write(transmitter.memory, slot * SLOT_BYTES, probe)
    }
    sent += await transmitter.send(targetsOf(batch.map(({ destination }) => destination)), batch.length)
  }
  return sent
}

const collect = async (receiver: Receiver, clock: Link['clock'], forMs: number, enough: number): Promise<Seen[]> => {
  const seen: Seen[] = []
  const endUs = clock.nowUs() + forMs * 1000
  while (clock.nowUs() < endUs && seen.length < enough) {
    await receiver.poll((bytes, offset, length, timeUs) => {
      const one = observe(bytes, offset, length, timeUs)
      if (one !== null) seen.push(one)
    }, 50)
  }
  return seen
}

interface Options {
  link?: string
  target?: string
  interfaceName?: string
  gatewayMac?: string
  mayBlock?: boolean
  first?: string
  count?: number
  ttl?: number
  port?: number
}

const openLink = async ({
  link = 'packet',
  mayBlock = true,
  target = '10.64.0.1',
  interfaceName,
  gatewayMac,
}: Options) => {
  const kind = linkKinds.get(link)
  const spec = await kind.resolve({
    sampleTarget: parseIpv4(target)!,
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(gatewayMac === undefined ? {} : { gatewayMac }),
  })
  return kind.open(spec, { mayBlock })
}

const addressesFrom = (first: string, count: number): Ipv4[] =>
  Array.from({ length: count }, (_, index) => ipv4(parseIpv4(first)! + index))

const halves = (link: Link, filter: Omit<CaptureFilter, 'destinations'>) => ({
  receiver: link.openReceiver({
    filter: { destinations: [link.spec.sourceAddress], ...filter },
    snapBytes: SNAP_BYTES,
  }),
  transmitter: link.openTransmitter({ slotBytes: SLOT_BYTES, slots: BATCH }),
})

const summary = (seen: readonly Seen[]) => ({
  seen: seen.length,
  distinct: new Set(seen.map(({ source, port }) => `${source}:${port}`)).size,
  kinds: [...new Set(seen.map(({ kind }) => kind))].sort(),
  soundChecksums: seen.every((each) => each.soundChecksums),
})

const echo = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const { first = '10.64.0.0', count = BATCH } = options
  const probes = addressesFrom(first, count).map((destination, sequence) => ({ source, destination, sequence }))
  const beforeUs = link.clock.nowUs()
  const sent = await sendAll(transmitter, writeEchoRequest, probes)
  const seen = await collect(receiver, link.clock, 400, Number.POSITIVE_INFINITY)
  const replies = seen.filter(({ kind }) => kind === 'icmp 0/0')
  const inOrder = replies.every(({ source: from, sequence }) => parseIpv4(from) === probes[sequence]!.destination)
  const rttsUs = replies.map(({ timeUs }) => timeUs - beforeUs)
  const result = {
    ...summary(replies),
    sent,
    others: seen.length - replies.length,
    matches: inOrder,
    minRttUs: Math.min(...rttsUs),
    maxRttUs: Math.max(...rttsUs),
    counters: { ...transmitter.counters(), ...receiver.counters() },
    spec: link.spec,
  }
  await link.close()
  return result
}

const syn = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp', 'tcp'], ports: { first: 40000, last: 40001 } })
  const source = link.spec.sourceAddress
  const to = (destinationPort: number, sourcePort: number): Probe[] =>
    addressesFrom('10.64.1.0', BATCH).map((destination, index) => ({
      source,
      destination,
      destinationPort,
      sourcePort,
      sequence: 1000 + index,
    }))
  const probes = [...to(80, 40000), ...to(81, 40001), ...to(80, 39999), ...to(80, 40002)]
  const sent = await sendAll(transmitter, writeSyn, probes)
  const seen = await collect(receiver, link.clock, 400, Number.POSITIVE_INFINITY)
  const right = seen.every(({ source: from, sequence }) => sequence === 1001 + (parseIpv4(from)! & 255))
  const count = (wanted: string, port: number): number =>
    seen.filter((one) => one.kind === wanted && one.port === port).length
  await link.close()
  const synAcks = count('syn-ack', 40000)
  return { sent, ...summary(seen), synAcks, resets: count('rst', 40001), right }
}

/** Which packets of each kind a filter lets through: the kernel's verdict on real traffic. */
const filter = async (options: Options) => {
  const link = await openLink(options)
  const source = link.spec.sourceAddress
  const wanted = { tcp: ['tcp'], icmp: ['icmp'], all: ['icmp', 'tcp', 'udp'] } as const
  const receivers = Object.entries(wanted).map(([name, protocols]) => ({
    name,
    receiver: halves(link, { protocols: [...protocols], ports: { first: 40000, last: 40000 } }).receiver,
  }))
  const elsewhere = link.openReceiver({
    filter: { destinations: [ipv4(source + 1)], protocols: ['icmp', 'tcp', 'udp'] },
    snapBytes: SNAP_BYTES,
  })
  const transmitter = link.openTransmitter({ slotBytes: 2048, slots: 1 })
  const destination = parseIpv4('10.64.2.1')!
  const one = async (write: Write, probe: Partial<Probe>): Promise<void> => {
    transmitter.lengths[0] = write(transmitter.memory, 0, { source, destination, ...probe })
    await transmitter.send(targetsOf([destination]), 1)
  }
  await one(writeSyn, { sourcePort: 40000 })
  await one(writeSyn, { sourcePort: 40001 })
  await one(writeEchoRequest, {})
  await one(writeEchoRequest, { payloadBytes: 1400 })
  await one(writeDatagram, { destinationPort: 999 })
  const result: Record<string, string[]> = {}
  for (const { name, receiver } of [...receivers, { name: 'elsewhere', receiver: elsewhere }]) {
    const seen = await collect(receiver, link.clock, 150, Number.POSITIVE_INFINITY)
    result[name] = seen.map(({ kind, length }) => `${kind} ${length}`).sort()
  }
  await link.close()
  return result
}

/** Answers larger than the line come in fragments: only the first of each may pass. */
const fragments = async (options: Options) => {
  const link = await openLink(options)
  const { receiver } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const transmitter = link.openTransmitter({ slotBytes: 2048, slots: 1 })
  const destination = parseIpv4('10.64.2.2')!
  const { memory, lengths } = transmitter
  // One echo request of 1480 + 1000 bytes in two pieces. The message's checksum covers both.
  const whole = new Uint8Array(4096)
  const length = writeEchoRequest(whole, 0, { source, destination, payloadBytes: 2472 })
  const pieces = [
    { at: 0, bytes: 1480, field: 0x2000 },
    { at: 1480, bytes: length - 20 - 1480, field: 1480 / 8 },
  ]
  for (const { at, bytes, field } of pieces) {
    memory.set(whole.subarray(0, 20))
    memory.set(whole.subarray(20 + at, 20 + at + bytes), 20)
    const view = new DataView(memory.buffer, memory.byteOffset, 20)
    view.setUint16(2, 20 + bytes)
    view.setUint16(6, field)
    view.setUint16(10, 0)
    view.setUint16(10, checksum(memory, 0, 20))
    lengths[0] = 20 + bytes
    await transmitter.send(targetsOf([destination]), 1)
  }
  const seen = await collect(receiver, link.clock, 200, Number.POSITIVE_INFINITY)
  await link.close()
  return { seen: seen.map(({ kind }) => kind) }
}

/** Nobody reads while more answers come than the ring holds. */
const drops = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const { count = 262_144 } = options
  const probes = addressesFrom('10.64.0.0', count).map((destination) => ({ source, destination }))
  const idle = receiver.underPressure()
  const sent = await sendAll(transmitter, writeEchoRequest, probes)
  execFileSync('sleep', ['0.3'])
  const pressed = receiver.underPressure()
  let handedOver = 0
  for (let packets = -1; packets !== 0; handedOver += packets) packets = await receiver.poll(() => undefined, 100)
  const { received, droppedByKernel } = receiver.counters()
  const relieved = receiver.underPressure()
  await link.close()
  return { sent, idle, pressed, relieved, handedOver, received, droppedByKernel }
}

/** One echo request with a given TTL: who answers. */
const hop = async (options: Options) => {
  const link = await openLink({ ...options, target: options.first ?? '' })
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const { first = '10.64.0.1', ttl = 64 } = options
  await sendAll(transmitter, writeEchoRequest, [{ source, destination: parseIpv4(first)!, ttl }])
  const seen = await collect(receiver, link.clock, 150, Number.POSITIVE_INFINITY)
  await link.close()
  return { seen: seen.map(({ kind, source: from }) => `${kind} from ${from}`) }
}

/** One SYN: what comes of it. */
const port = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp', 'tcp'] })
  const source = link.spec.sourceAddress
  const destination = parseIpv4('10.64.3.3')!
  await sendAll(transmitter, writeSyn, [{ source, destination, destinationPort: options.port ?? 80 }])
  const seen = await collect(receiver, link.clock, 150, Number.POSITIVE_INFINITY)
  await link.close()
  return { seen: seen.map(({ kind }) => kind) }
}

/** The interface goes down between two batches. */
const down = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const probes = addressesFrom('10.64.0.0', BATCH).map((destination) => ({ source, destination }))
  const sent = await sendAll(transmitter, writeEchoRequest, probes)
  execFileSync('ip', ['link', 'set', link.spec.interfaceName, 'down'])
  try {
    await sendAll(transmitter, writeEchoRequest, probes)
    return { sent, error: null }
  } catch (error) {
    const polled = await receiver.poll(() => undefined, 20)
    const again = await receiver.poll(() => undefined, 20)
    return { sent, polled: polled + again, ...coded(error) }
  } finally {
    await link.close()
    execFileSync('ip', ['link', 'set', link.spec.interfaceName, 'up'])
  }
}

/** A slot that does not hold a packet to its target must not leave, nor anything of its batch. */
const mismatch = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  const addresses = addressesFrom('10.64.0.0', BATCH)
  for (const [slot, destination] of addresses.entries()) {
    transmitter.lengths[slot] = writeEchoRequest(transmitter.memory, slot * SLOT_BYTES, { source, destination })
  }
  const targets = targetsOf(addresses.map((address, slot) => (slot === BATCH - 1 ? address + 1 : address)))
  try {
    await transmitter.send(targets, BATCH)
    return { error: null }
  } catch (error) {
    const seen = await collect(receiver, link.clock, 100, Number.POSITIVE_INFINITY)
    return { seen: seen.length, sent: transmitter.counters().sent, ...coded(error) }
  } finally {
    await link.close()
  }
}

/** Views that outlive the receiver must stay readable. */
const afterClose = async (options: Options) => {
  const link = await openLink(options)
  const { receiver, transmitter } = halves(link, { protocols: ['icmp'] })
  const source = link.spec.sourceAddress
  await sendAll(
    transmitter,
    writeEchoRequest,
    addressesFrom('10.64.0.0', 4).map((destination) => ({ source, destination })),
  )
  let kept: Uint8Array | undefined
  let at = 0
  for (let tries = 0; tries < 10 && kept === undefined; tries += 1) {
    await receiver.poll((bytes, offset) => {
      kept = bytes
      at = offset
    }, 50)
  }
  const before = kept?.[at]
  await receiver.close()
  await receiver.close()
  const polled = await receiver.poll(() => undefined, 10)
  return { before, after: kept?.[at], polled }
}

/** This module as a thread; the loader for TypeScript has to be started in each. */
const THREAD_SOURCE = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register(); await import(${JSON.stringify(import.meta.url)});`
const THREAD = new URL(`data:text/javascript,${encodeURIComponent(THREAD_SOURCE)}`)

/** A sender's thread and a receiver's, from copies of one spec. */
const threads = async (options: Options) => {
  const kind = linkKinds.get('packet')
  const spec = await kind.resolve({ sampleTarget: parseIpv4('10.64.0.1')! })
  const start = (job: string): Promise<Record<string, number>> =>
    new Promise((resolve, reject) => {
      const workerData = { job, spec, count: options.count ?? 4096 }
      const worker = new Worker(THREAD, { workerData })
      worker.once('error', reject)
      worker.on('message', (message) => (message.ready === true ? ready() : resolve(message)))
    })
  let ready = (): void => undefined
  const listening = new Promise<void>((resolve) => {
    ready = resolve
  })
  const receiving = start('receive')
  await listening
  const sending = await start('send')
  return { ...(await receiving), ...sending }
}

interface ThreadData {
  job: 'send' | 'receive'
  spec: LinkSpec
  count: number
}

const runThread = async ({ job, spec, count }: ThreadData, post: (message: object) => void): Promise<void> => {
  const link = linkKinds.get(spec.link).open(spec, { mayBlock: true })
  if (job === 'send') {
    const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: BATCH })
    const source = spec.sourceAddress
    const probes = addressesFrom('10.64.0.0', count).map((destination) => ({ source, destination }))
    const startUs = link.clock.nowUs()
    const sent = await sendAll(transmitter, writeEchoRequest, probes)
    post({ sent, startUs, endUs: link.clock.nowUs() })
  } else {
    const receiver = link.openReceiver({
      filter: { destinations: [spec.sourceAddress], protocols: ['icmp'] },
      snapBytes: SNAP_BYTES,
    })
    post({ ready: true })
    const seen = await collect(receiver, link.clock, 2000, count)
    const times = seen.map(({ timeUs }) => timeUs)
    post({ distinct: summary(seen).distinct, firstUs: Math.min(...times), lastUs: Math.max(...times) })
  }
  await link.close()
}

const resolveOnly = async ({ target = '10.64.0.1', interfaceName, gatewayMac }: Options) =>
  linkKinds.get('packet').resolve({
    sampleTarget: parseIpv4(target)!,
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(gatewayMac === undefined ? {} : { gatewayMac }),
  })

const coded = (error: unknown): object =>
  error instanceof InterplotError ? { code: error.code, line: error.toLine() } : { code: 'OTHER', line: String(error) }

const JOBS: Readonly<Record<string, (options: Options) => Promise<object>>> = {
  echo,
  syn,
  filter,
  fragments,
  drops,
  hop,
  port,
  down,
  mismatch,
  afterClose,
  threads,
  resolve: resolveOnly,
}

const { isMainThread, parentPort, workerData } = await import('node:worker_threads')
if (isMainThread) {
  const [name = '', options = '{}'] = process.argv.slice(2)
  const result = await JOBS[name]!(JSON.parse(options)).catch(coded)
  process.stdout.write(`${JSON.stringify({ identifier: IDENTIFIER, ...result })}\n`)
  process.exit(0)
} else {
  await runThread(workerData as ThreadData, (message) => parentPort?.postMessage(message))
}
