/** The checks that every transmitter makes before anything of a batch leaves. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import { readUint32 } from '../wire/bytes.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import type { TransmitterOptions } from './contract.ts'

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

/**
 * Compares slots 0 … count-1 with their targets.
 * @throws InterplotError ERR_INTERNAL for the first slot that does not hold an IPv4 packet to its target, or whose length
 * exceeds the slot or `maxBytes`.
 */
export const checkSlots = (
  memory: Uint8Array,
  lengths: Uint16Array,
  options: TransmitterOptions,
  targets: TargetBatch,
  count: number,
  maxBytes: number,
): void => {
  if (count > options.slots || count > targets.count || count < 0) {
    throw new InterplotError('ERR_INTERNAL', `${count} packets in ${options.slots} slots for ${targets.count} targets`)
  }
  const limit = Math.min(options.slotBytes, maxBytes)
  for (let slot = 0; slot < count; slot += 1) {
    const offset = slot * options.slotBytes
    const length = lengths[slot]!
    if (length < IPV4_HEADER_BYTES || length > limit || memory[offset]! >>> 4 !== 4) {
      throw new InterplotError(
        'ERR_INTERNAL',
        `slot ${slot} holds no IPv4 packet of ${length} bytes (at most ${limit})`,
      )
    }
    const destination = readUint32(memory, offset + IPV4_OFFSET.destination)
    if (destination !== targets.addresses[slot]!) {
      const expected = formatIpv4(targets.addresses[slot]!)
      throw new InterplotError(
        'ERR_INTERNAL',
        `slot ${slot} is addressed to ${formatIpv4(destination)}, not ${expected}`,
      )
    }
  }
}
