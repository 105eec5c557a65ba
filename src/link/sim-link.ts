/**
 * A link to a simulated network, in virtual time. Nothing waits: sleeping moves the clock, and polling an empty receiver
 * moves it to the next arrival or to the end of the wait, whichever comes first. An engine that takes time only from
 * the link's clock therefore runs as fast as it computes, and every run from the same seed is the same run.
 *
 * A receiver is modelled on a kernel's socket: packets in flight, then a buffer of arrived ones that overflows when
 * nobody reads. It lends packets from one buffer that the next packet overwrites, as a capture ring does, so that an engine
 * that keeps a reference fails here and not in the field.
 */

import type { Clock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, formatIpv6, type Ipv4, type Ipv6, ipv4 } from '../core/ip.ts'
import { makeArrivalQueue } from './arrival-queue.ts'
import { acceptsPacket } from './capture-filter.ts'
import type {
  Link,
  LinkKind,
  LinkOptions,
  LinkSpec,
  Receiver,
  ReceiverOptions,
  Transmitter,
  TransmitterOptions,
} from './contract.ts'
import { checkFilterFamily, wantsIpv6 } from './family.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'

/** What the link needs of a simulated network. */
export interface SimNetwork {
  /**
   * Takes one IPv4 or IPv6 packet (the first four bits tell) that leaves at `timeUs`; must neither change nor keep `bytes`. Calls `answer`, before it
   * returns, once for each packet that will arrive in return; the array then belongs to the link. An arrival is never
   * before `timeUs`.
   */
  inject(
    bytes: Uint8Array,
    offset: number,
    length: number,
    timeUs: number,
    answer: (packet: Uint8Array, arrivalUs: number) => void,
  ): void
}

export interface SimLinkOptions {
  sourceAddress: Ipv4
  /** Where the network has IPv6. */
  sourceAddress6?: Ipv6
  /** Bytes; 1500 when absent. */
  mtu?: number
  /** Virtual time at the beginning, microseconds since the Unix epoch; 2026-01-01T00:00:00Z when absent. */
  startUs?: number
  /** Arrived packets that a receiver holds until they are read; 65,536 when absent. */
  bufferPackets?: number
}

const SIM_INTERFACE = 'sim0'
const DEFAULT_MTU = 1500
const DEFAULT_START_US = Date.UTC(2026, 0, 1) * 1000
const DEFAULT_BUFFER_PACKETS = 65_536
/** Bound of the packets in flight to one receiver: about 150 MB of small ones. */
const MAX_IN_FLIGHT = 1_048_576
/** Lent packets begin here: an engine that ignores the offset fails at once. */
const LEND_OFFSET = 16
const MAX_PACKET_BYTES = 65_535

const makeVirtualClock = (startUs: number): Clock => {
  let nowUs = startUs
  return {
    nowUs: () => nowUs,
    sleepUntilUs(timeUs) {
      if (timeUs > nowUs) nowUs = timeUs
    },
  }
}

interface SimReceiver extends Receiver {
  /** Takes a packet that the network sends; it arrives at `timeUs`. */
  accept(packet: Uint8Array, timeUs: number): void
}

const makeReceiver = (
  clock: Clock,
  options: ReceiverOptions,
  bufferPackets: number,
  onClose: (receiver: SimReceiver) => void,
): SimReceiver => {
  const inFlight = makeArrivalQueue()
  const lent = new Uint8Array(LEND_OFFSET + Math.min(options.snapBytes, MAX_PACKET_BYTES))
  let arrived: { packet: Uint8Array; timeUs: number }[] = []
  let received = 0
  let dropped = 0

  /** Moves what has arrived by now into the buffer. */
  const settle = (): void => {
    const nowUs = clock.nowUs()
    while (inFlight.nextUs() <= nowUs) {
      const arrival = inFlight.pop()
      if (arrival === undefined) return
      if (arrived.length < bufferPackets) arrived.push(arrival)
      else dropped += 1
    }
  }

  const receiver: SimReceiver = {
    accept(packet, timeUs) {
      if (!acceptsPacket(options.filter, packet, 0, packet.length)) return
      if (inFlight.size() < MAX_IN_FLIGHT) inFlight.push(packet, timeUs)
      else dropped += 1
    },
    poll(onPacket, timeoutMs) {
      settle()
      if (arrived.length === 0 && timeoutMs > 0) {
        const wakeUs = Math.min(inFlight.nextUs(), clock.nowUs() + timeoutMs * 1000)
        // An endless wait for nothing has no end to jump to.
        if (Number.isFinite(wakeUs)) clock.sleepUntilUs(wakeUs)
        settle()
      }
      const batch = arrived
      arrived = []
      for (const { packet, timeUs } of batch) {
        const length = Math.min(packet.length, options.snapBytes)
        lent.set(length === packet.length ? packet : packet.subarray(0, length), LEND_OFFSET)
        received += 1
        onPacket(lent, LEND_OFFSET, length, timeUs)
      }
      return batch.length
    },
    underPressure() {
      settle()
      return arrived.length * 4 > bufferPackets
    },
    counters: () => ({ received, droppedByKernel: dropped }),
    close: () => onClose(receiver),
  }
  return receiver
}

const makeTransmitter = (
  options: TransmitterOptions,
  spec: LinkSpec,
  sendPacket: (bytes: Uint8Array, offset: number, length: number) => void,
): Transmitter => {
  checkTransmitterOptions(options)
  const memory = new Uint8Array(options.slotBytes * options.slots)
  const lengths = new Uint16Array(options.slots)
  let sent = 0
  let closed = false
  return {
    memory,
    lengths,
    send(targets, count) {
      if (closed) throw new InterplotError('ERR_LINK_SEND', 'the transmitter is closed')
      checkSlots(memory, lengths, options, targets, count, spec)
      for (let slot = 0; slot < count; slot += 1) sendPacket(memory, slot * options.slotBytes, lengths[slot]!)
      sent += count
      return count
    },
    counters: () => ({ sent, backoffs: 0, failed: 0 }),
    close() {
      closed = true
    },
  }
}

const openSimLink = (network: SimNetwork, spec: LinkSpec, clock: Clock, bufferPackets: number): Link => {
  const receivers = new Set<SimReceiver>()
  const answer = (packet: Uint8Array, arrivalUs: number): void => {
    for (const receiver of receivers) receiver.accept(packet, arrivalUs)
  }
  const sendPacket = (bytes: Uint8Array, offset: number, length: number): void =>
    network.inject(bytes, offset, length, clock.nowUs(), answer)
  return {
    spec,
    clock,
    openTransmitter: (options) => makeTransmitter(options, spec, sendPacket),
    openReceiver(options) {
      checkFilterFamily(spec, options.filter)
      const receiver = makeReceiver(clock, options, bufferPackets, (closed) => receivers.delete(closed))
      receivers.add(receiver)
      return receiver
    },
    close: () => receivers.clear(),
  }
}

/** @throws InterplotError ERR_INTERFACE for another interface, ERR_NO_ROUTE for IPv6 where there is none. */
const simSpec = (wish: LinkOptions, options: SimLinkOptions): LinkSpec => {
  const { sourceAddress, sourceAddress6, mtu = DEFAULT_MTU } = options
  if (wish.interfaceName !== undefined && wish.interfaceName !== SIM_INTERFACE) {
    throw new InterplotError('ERR_INTERFACE', `the simulated Internet has no interface "${wish.interfaceName}"`, {
      advice: `Its only interface is ${SIM_INTERFACE}, at ${formatIpv4(sourceAddress)}.`,
    })
  }
  const common = { link: 'sim', interfaceName: SIM_INTERFACE, mtu, details: {} }
  if (!wantsIpv6(wish)) return { ...common, sourceAddress: wish.sourceAddress ?? sourceAddress }
  if (sourceAddress6 === undefined) {
    const target = wish.sampleTarget6 === undefined ? 'IPv6' : formatIpv6(wish.sampleTarget6)
    throw new InterplotError('ERR_NO_ROUTE', `there is no route to ${target}: this simulated Internet has IPv4 only`, {
      advice: 'Choose an IPv4 target, or a scenario whose vantage point has an IPv6 address.',
    })
  }
  return { ...common, sourceAddress: ipv4(0), sourceAddress6: wish.sourceAddress6 ?? sourceAddress6 }
}

/**
 * The link kind `sim` over one network. All links opened from it share one virtual clock: the network's time goes on from
 * a scan to the trace after it. A receiver gets the answers to packets that are sent after it was opened.
 */
export const simLinkKind = (network: SimNetwork, options: SimLinkOptions): LinkKind => {
  const clock = makeVirtualClock(options.startUs ?? DEFAULT_START_US)
  return {
    name: 'sim',
    help: 'the simulated Internet, in this process and in virtual time',
    needs: 'nothing',
    threads: false,
    frames: false,
    unavailable: () => null,
    resolve: (wish) => simSpec(wish, options),
    open: (spec) => openSimLink(network, spec, clock, options.bufferPackets ?? DEFAULT_BUFFER_PACKETS),
  }
}
