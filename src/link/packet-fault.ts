/**
 * What can happen to a packet on a bad line. Each fault is drawn independently from the chances that the caller brings,
 * so whoever brings a seeded stream gets the same faults again.
 */

export interface LinkFaults {
  /** Share of packets that vanish, each direction. */
  loss: number
  duplicate: number
  /** Share of packets held back behind later ones. */
  reorder: number
  /** Share of packets with one flipped bit. */
  corrupt: number
  /** Share of packets cut short. */
  truncate: number
  /** Added one-way delay and its uniform spread, milliseconds. */
  delayMs: number
  jitterMs: number
}

/** Where the draws come from: a RandomStream, or a hash of the packet. */
export interface Chance {
  /** Uniform in [0, 1). */
  nextFloat(): number
  /** Uniform integer in 0 … bound-1. */
  nextBelow(bound: number): number
}

export interface FaultCounters {
  passed: number
  lost: number
  duplicated: number
  reordered: number
  corrupted: number
  truncated: number
}

export interface FaultedPacket {
  packet: Uint8Array
  /** Delay and jitter of the line, microseconds. */
  delayUs: number
  /** Drawn to be overtaken by later packets. */
  heldBack: boolean
}

/** How long a packet that is to be overtaken is held back. */
export const REORDER_HOLD_US = 5000

/** Bytes of a packet that a link looks at before it sends: version and destination, which ends the header in both families. */
const VERSION_BYTE = 0
const IPV4 = { destination: 16, headerBytes: 20 } as const
const IPV6 = { destination: 24, headerBytes: 40 } as const

const headerOf = (packet: Uint8Array) => (packet[VERSION_BYTE]! >>> 4 === 6 ? IPV6 : IPV4)

export const NO_FAULTS: LinkFaults = {
  loss: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  truncate: 0,
  delayMs: 0,
  jitterMs: 0,
}

export const hasFaults = (faults: LinkFaults): boolean => Object.values(faults).some((value) => value > 0)

export const makeFaultCounters = (): FaultCounters => ({
  passed: 0,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  corrupted: 0,
  truncated: 0,
})

const flipBit = (packet: Uint8Array, chance: Chance, keepRoutable: boolean): boolean => {
  const at = chance.nextBelow(packet.length)
  const bit = 1 << chance.nextBelow(8)
  const { destination, headerBytes } = headerOf(packet)
  const guarded = at === VERSION_BYTE || (at >= destination && at < headerBytes)
  if (packet.length === 0 || (keepRoutable && guarded)) return false
  packet[at] = packet[at]! ^ bit
  return true
}

const cutShort = (packet: Uint8Array, chance: Chance, keepRoutable: boolean): Uint8Array => {
  const shortest = keepRoutable ? headerOf(packet).headerBytes : 1
  return packet.length <= shortest ? packet : packet.subarray(0, shortest + chance.nextBelow(packet.length - shortest))
}

/**
 * What becomes of one packet: nothing, itself, or itself twice, possibly damaged. `packet` must be the caller's own copy.
 * With `keepRoutable`, version, header length and destination survive, so that a link still accepts the packet.
 */
export const applyFaults = (
  packet: Uint8Array,
  faults: LinkFaults,
  chance: Chance,
  counters: FaultCounters,
  keepRoutable: boolean,
): FaultedPacket[] => {
  if (chance.nextFloat() < faults.loss) {
    counters.lost += 1
    return []
  }
  let damaged = packet
  if (chance.nextFloat() < faults.corrupt && flipBit(damaged, chance, keepRoutable)) counters.corrupted += 1
  if (chance.nextFloat() < faults.truncate) {
    damaged = cutShort(damaged, chance, keepRoutable)
    if (damaged.length < packet.length) counters.truncated += 1
  }
  const copies = chance.nextFloat() < faults.duplicate ? 2 : 1
  counters.duplicated += copies - 1
  const results: FaultedPacket[] = []
  for (let copy = 0; copy < copies; copy += 1) {
    const heldBack = chance.nextFloat() < faults.reorder
    if (heldBack) counters.reordered += 1
    const delayUs = Math.round((faults.delayMs + chance.nextFloat() * faults.jitterMs) * 1000)
    results.push({ packet: copy === 0 ? damaged : damaged.slice(), delayUs, heldBack })
  }
  counters.passed += copies
  return results
}
