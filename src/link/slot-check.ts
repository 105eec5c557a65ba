/**
 * The last look before packets leave: every slot must hold an IPv4 packet to the target it was minted for. Nothing gets
 * past the blocklist by a slip in a builder, because the address on the wire is compared with the one that was checked.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import type { TransmitterOptions } from './contract.ts'

const DESTINATION_WORD = 4
const MIN_PACKET_BYTES = 20

const swap32 = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0

/** @throws InterplotError ERR_INTERNAL for slots that cannot be laid out. */
export const checkTransmitterOptions = ({ slotBytes, slots }: TransmitterOptions): void => {
  const sound = slotBytes >= 32 && slotBytes % 16 === 0 && slotBytes <= 65536 && Number.isInteger(slots) && slots > 0
  if (!sound) throw new InterplotError('ERR_INTERNAL', `a transmitter of ${slots} slots of ${slotBytes} bytes`)
}

const mismatch = (slot: number, problem: string): InterplotError =>
  new InterplotError('ERR_INTERNAL', `packet ${slot} of a batch ${problem}; nothing of the batch was sent`)

export interface SlotCheck {
  /** The slots as little-endian 32-bit words. */
  words: Uint32Array
  lengths: Uint16Array
  slotBytes: number
}

/** @throws InterplotError ERR_INTERNAL for the first slot of 0 … count-1 that is not an IPv4 packet to its target. */
export const checkSlots = ({ words, lengths, slotBytes }: SlotCheck, targets: TargetBatch, count: number): void => {
  if (count > lengths.length || count > targets.count) {
    throw new InterplotError('ERR_INTERNAL', `a batch of ${count} with ${targets.count} targets`)
  }
  const wordsPerSlot = slotBytes >>> 2
  const { addresses } = targets
  for (let slot = 0, at = 0; slot < count; slot += 1, at += wordsPerSlot) {
    const destination = swap32(words[at + DESTINATION_WORD]!)
    if (destination !== addresses[slot]! || (words[at]! & 0xf0) !== 0x40) {
      const target = formatIpv4(addresses[slot]!)
      throw mismatch(slot, `is not IPv4 to its target ${target} (it goes to ${formatIpv4(destination)})`)
    }
    const length = lengths[slot]!
    if (length < MIN_PACKET_BYTES || length > slotBytes) throw mismatch(slot, `has the length ${length}`)
  }
}
