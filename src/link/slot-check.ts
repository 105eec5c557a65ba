/** The checks that every transmitter makes before anything of a batch leaves. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, formatIpv6, ipv6FromBytes } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import { readUint32 } from '../wire/bytes.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import type { LinkSpec, TransmitterOptions } from './contract.ts'

const SLOT_ALIGNMENT = 16
/** `lengths` counts in 16 bits. */
const MAX_SLOT_BYTES = 65_536

/** @throws InterplotError ERR_INTERNAL for a slot size that is not a positive multiple of 16, or without slots. */
export const checkTransmitterOptions = (options: TransmitterOptions): void => {
  const { slotBytes, slots } = options
  const sizeRight = slotBytes > 0 && slotBytes <= MAX_SLOT_BYTES && slotBytes % SLOT_ALIGNMENT === 0
  if (!sizeRight || !Number.isInteger(slots) || slots < 1) {
    throw new InterplotError('ERR_INTERNAL', `a transmitter of ${slots} slots with ${slotBytes} bytes each`)
  }
}

/** What is wrong with the slot's destination, or null. */
const strayAddress = (memory: Uint8Array, offset: number, targets: TargetBatch, slot: number): string | null => {
  if (targets.addresses6 === undefined) {
    const destination = readUint32(memory, offset + IPV4_OFFSET.destination)
    const expected = targets.addresses[slot]!
    return destination === expected ? null : `${formatIpv4(destination)}, not ${formatIpv4(expected)}`
  }
  const destination = ipv6FromBytes(memory, offset + IPV6_OFFSET.destination)
  const expected = targets.addresses6[slot]
  if (destination === expected) return null
  return `${formatIpv6(destination)}, not ${expected === undefined ? 'a target' : formatIpv6(expected)}`
}

/**
 * Compares slots 0 … count-1 with their targets.
 * @throws InterplotError ERR_INTERNAL for targets of another family than the link's, and for the first slot that does not
 * hold an IP packet of that family to its target, or whose length exceeds the slot or the MTU.
 */
export const checkSlots = (
  memory: Uint8Array,
  lengths: Uint16Array,
  options: TransmitterOptions,
  targets: TargetBatch,
  count: number,
  { mtu, sourceAddress6 }: Pick<LinkSpec, 'mtu' | 'sourceAddress6'>,
): void => {
  if (count > options.slots || count > targets.count || count < 0) {
    throw new InterplotError('ERR_INTERNAL', `${count} packets in ${options.slots} slots for ${targets.count} targets`)
  }
  const family = sourceAddress6 === undefined ? 4 : 6
  if ((targets.addresses6 === undefined ? 4 : 6) !== family) {
    throw new InterplotError('ERR_INTERNAL', `targets of the other family for a link that carries IPv${family}`)
  }
  const least = family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES
  const limit = Math.min(options.slotBytes, mtu)
  for (let slot = 0; slot < count; slot += 1) {
    const offset = slot * options.slotBytes
    const length = lengths[slot]!
    if (length < least || length > limit || memory[offset]! >>> 4 !== family) {
      throw new InterplotError(
        'ERR_INTERNAL',
        `slot ${slot} holds no IPv${family} packet of ${length} bytes (at most ${limit})`,
      )
    }
    const stray = strayAddress(memory, offset, targets, slot)
    if (stray !== null) throw new InterplotError('ERR_INTERNAL', `slot ${slot} is addressed to ${stray}`)
  }
}
