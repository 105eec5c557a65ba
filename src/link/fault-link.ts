/**
 * A bad line in front of any link: loses, duplicates, reorders, damages and delays packets in both directions, the same way
 * again for the same seed and the same traffic.
 *
 * Delay and jitter of both directions are added on the way in, because a transmitter has no clock of its own to release
 * a packet later: round-trip times are those of a line that is slow both ways. Reordering moves a packet behind the rest of
 * its batch on the way out, and holds it back for REORDER_HOLD_US on the way in.
 */

import { InterplotError } from '../core/errors.ts'
import type { Ipv6 } from '../core/ip.ts'
import { type RandomStream, randomStream } from '../core/random.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import { type ArrivalQueue, makeArrivalQueue } from './arrival-queue.ts'
import type {
  Link,
  PacketHandler,
  Receiver,
  ReceiverOptions,
  Transmitter,
  TransmitterCounters,
  TransmitterOptions,
} from './contract.ts'
import { applyFaults, type FaultCounters, type LinkFaults, makeFaultCounters, REORDER_HOLD_US } from './packet-fault.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'

export type { FaultCounters, LinkFaults } from './packet-fault.ts'

export interface FaultLink extends Link {
  /** What was done so far to the packets of all halves. */
  faultCounters(): { transmit: FaultCounters; receive: FaultCounters }
}

/** A duplicate needs a slot of its own. */
const MAX_COPIES = 2
/** Packets held for later; what exceeds it counts as dropped. */
const MAX_HELD = 262_144
/** Microseconds since 1970 in a double are exact to a quarter; times closer than this count as equal. */
const CLOCK_GRAIN_US = 1

interface Direction {
  faults: LinkFaults
  chance: RandomStream
  counters: FaultCounters
}

interface OutgoingPacket {
  packet: Uint8Array
  address: number
  address6: Ipv6 | undefined
  port: number
}

const makeFaultTransmitter = (link: Link, options: TransmitterOptions, direction: Direction): Transmitter => {
  checkTransmitterOptions(options)
  const inner = link.openTransmitter({ ...options, slots: options.slots * MAX_COPIES })
  const memory = new Uint8Array(options.slotBytes * options.slots)
  const lengths = new Uint16Array(options.slots)
  let handedOver = 0
  let failed = 0

  const draw = (targets: TargetBatch, count: number): OutgoingPacket[] => {
    const inOrder: OutgoingPacket[] = []
    const heldBack: OutgoingPacket[] = []
    for (let slot = 0; slot < count; slot += 1) {
      const offset = slot * options.slotBytes
      const copy = memory.slice(offset, offset + lengths[slot]!)
      const address = targets.addresses[slot] ?? 0
      const address6 = targets.addresses6?.[slot]
      const port = targets.ports[slot]!
      for (const fate of applyFaults(copy, direction.faults, direction.chance, direction.counters, true)) {
        const list = fate.heldBack ? heldBack : inOrder
        list.push({ packet: fate.packet, address, address6, port })
      }
    }
    return [...inOrder, ...heldBack]
  }

  const fill = (packets: readonly OutgoingPacket[], targets: TargetBatch): TargetBatch => {
    const addresses = new Uint32Array(packets.length)
    const ports = new Uint16Array(packets.length)
    for (const [slot, { packet, address, port }] of packets.entries()) {
      inner.memory.set(packet, slot * options.slotBytes)
      inner.lengths[slot] = packet.length
      addresses[slot] = address
      ports[slot] = port
    }
    // A rearrangement of a minted batch: no address in it that was not there.
    const addresses6 = packets.flatMap(({ address6 }) => address6 ?? [])
    const family = targets.addresses6 === undefined ? {} : { addresses6 }
    return { ...targets, ...family, addresses, ports, count: packets.length }
  }

  return {
    memory,
    lengths,
    send(targets, count) {
      checkSlots(memory, lengths, options, targets, count, link.spec)
      const packets = draw(targets, count)
      const settle = (left: number): number => {
        const givenUp = Math.min(count, packets.length - left)
        failed += givenUp
        handedOver += count - givenUp
        return count - givenUp
      }
      const left = inner.send(fill(packets, targets), packets.length)
      return typeof left === 'number' ? settle(left) : left.then(settle)
    },
    counters: (): TransmitterCounters => ({ sent: handedOver, backoffs: inner.counters().backoffs, failed }),
    close: () => inner.close(),
  }
}

/** Waits for packets of `inner` and for the release of held ones, until one is due or the deadline has passed. */
const pollUntilDue = (
  link: Link,
  held: ArrivalQueue,
  timeoutMs: number,
  takeIn: (timeoutMs: number) => number | Promise<number>,
  release: () => number,
): number | Promise<number> => {
  const deadlineUs = link.clock.nowUs() + timeoutMs * 1000
  const remainingMs = (): number => {
    const nowUs = link.clock.nowUs()
    return Math.max(0, Math.min(deadlineUs, held.nextUs()) - nowUs) / 1000
  }
  const isOver = (): boolean => link.clock.nowUs() + CLOCK_GRAIN_US >= deadlineUs
  const continueLater = async (first: Promise<number>): Promise<number> => {
    await first
    for (;;) {
      const released = release()
      if (released > 0 || isOver()) return released
      await takeIn(remainingMs())
    }
  }
  const taken = takeIn(0)
  if (typeof taken !== 'number') return continueLater(taken)
  for (;;) {
    const released = release()
    if (released > 0 || isOver()) return released
    const beforeUs = link.clock.nowUs()
    const more = takeIn(remainingMs())
    if (typeof more !== 'number') return continueLater(more)
    // An endless wait for a link that will never bring anything.
    if (more === 0 && link.clock.nowUs() === beforeUs && !Number.isFinite(deadlineUs)) return 0
  }
}

const makeFaultReceiver = (link: Link, options: ReceiverOptions, direction: Direction): Receiver => {
  const inner = link.openReceiver(options)
  const held = makeArrivalQueue()
  let received = 0
  let dropped = 0

  const unsummedPackets = new WeakSet<Uint8Array>()
  const takePacket: PacketHandler = (bytes, offset, length, timeUs, unsummed) => {
    const copy = bytes.slice(offset, offset + length)
    for (const fate of applyFaults(copy, direction.faults, direction.chance, direction.counters, false)) {
      if (unsummed === true) unsummedPackets.add(fate.packet)
      const holdUs = fate.delayUs + (fate.heldBack ? REORDER_HOLD_US : 0)
      if (held.size() < MAX_HELD) held.push(fate.packet, timeUs + holdUs)
      else dropped += 1
    }
  }

  return {
    poll(onPacket, timeoutMs) {
      const release = (): number => {
        const nowUs = link.clock.nowUs() + CLOCK_GRAIN_US
        let count = 0
        while (held.nextUs() <= nowUs) {
          const arrival = held.pop()
          if (arrival === undefined) break
          count += 1
          received += 1
          const { packet, timeUs } = arrival
          onPacket(packet, 0, packet.length, timeUs, unsummedPackets.has(packet))
        }
        return count
      }
      return pollUntilDue(link, held, timeoutMs, (waitMs) => inner.poll(takePacket, waitMs), release)
    },
    underPressure: () => inner.underPressure() || held.size() * 4 > MAX_HELD,
    counters: () => ({ received, droppedByKernel: inner.counters().droppedByKernel + dropped }),
    close: () => inner.close(),
  }
}

const checkFaults = (faults: LinkFaults): void => {
  const { delayMs, jitterMs, ...shares } = faults
  const wrong = Object.values(shares).some((share) => !(share >= 0 && share <= 1)) || !(delayMs >= 0 && jitterMs >= 0)
  if (wrong) throw new InterplotError('ERR_INTERNAL', `faults out of range: ${JSON.stringify(faults)}`)
}

/**
 * Wraps `inner`. Every half draws from a stream of its own, derived from `seed` and how many of its kind were opened before.
 * @throws InterplotError ERR_INTERNAL for shares outside 0 … 1 and for negative times.
 */
export const faultLink = (inner: Link, faults: LinkFaults, seed: string): FaultLink => {
  checkFaults(faults)
  const transmit = makeFaultCounters()
  const receive = makeFaultCounters()
  const opened = { transmit: 0, receive: 0 }
  const direction = (label: 'transmit' | 'receive', counters: FaultCounters, lineFaults: LinkFaults): Direction => {
    opened[label] += 1
    return { faults: lineFaults, chance: randomStream(seed, `fault-link ${label} ${opened[label]}`), counters }
  }
  const bothWays = { ...faults, delayMs: faults.delayMs * 2, jitterMs: faults.jitterMs * 2 }
  return {
    spec: inner.spec,
    clock: inner.clock,
    openTransmitter: (options) => makeFaultTransmitter(inner, options, direction('transmit', transmit, faults)),
    openReceiver: (options) => makeFaultReceiver(inner, options, direction('receive', receive, bothWays)),
    close: () => inner.close(),
    faultCounters: () => ({ transmit: { ...transmit }, receive: { ...receive } }),
  }
}
