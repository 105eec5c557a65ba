/**
 * Interface descriptions of pcapng files and the times of their packets: a count of units since the epoch, of 10^-6 s unless
 * if_tsresol says otherwise, shifted by if_tsoffset seconds. Source: draft-ietf-opsawg-pcapng, sections 3.5 and 4.2.
 */

import { printableText } from '../../core/printable-text.ts'

const OPTION = { end: 0, name: 2, timeResolution: 9, timeOffset: 14 } as const
const OPTION_HEADER_BYTES = 4
const LINK_TYPE_AT = 8
const SNAP_BYTES_AT = 12
const OPTIONS_AT = 16
const POWER_OF_TWO = 0x80
const US_DIGITS = 6
const WORD = 2 ** 32

export interface PcapngInterface {
  device: number
  linkType: number
  /** 0: unlimited. */
  snapBytes: number
  name: string | null
  /** A time's count is divided by `divisor`, then multiplied by `factor`, for microseconds. */
  divisor: number
  factor: number
  offsetUs: number
}

const setResolution = (description: PcapngInterface, value: number): void => {
  const exponent = value & ~POWER_OF_TWO
  if ((value & POWER_OF_TWO) !== 0) {
    description.divisor = 2 ** exponent
    description.factor = 1e6
  } else if (exponent >= US_DIGITS) description.divisor = 10 ** (exponent - US_DIGITS)
  else description.factor = 10 ** (US_DIGITS - exponent)
}

/** @param end where the block's options end at the latest. */
const readOptions = (
  description: PcapngInterface,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  isLittle: boolean,
): void => {
  let at = from
  while (end - at >= OPTION_HEADER_BYTES) {
    const code = view.getUint16(at, isLittle)
    const length = view.getUint16(at + 2, isLittle)
    const value = at + OPTION_HEADER_BYTES
    if (code === OPTION.end || value + length > end) return
    if (code === OPTION.name && description.name === null) {
      description.name = printableText(new TextDecoder().decode(bytes.subarray(value, value + length)))
    } else if (code === OPTION.timeResolution && length === 1) setResolution(description, bytes[value]!)
    else if (code === OPTION.timeOffset && length === 8) {
      description.offsetUs = Number(view.getBigInt64(value, isLittle)) * 1e6
    }
    at = value + ((length + 3) & ~3)
  }
}

/** The interface of the block at bytes[at … end-1], without its closing length; what is cut of its options is left out. */
export const readInterface = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  isLittle: boolean,
  device: number,
): PcapngInterface | null => {
  if (end - at < OPTIONS_AT) return null
  const description: PcapngInterface = {
    device,
    linkType: view.getUint16(at + LINK_TYPE_AT, isLittle),
    snapBytes: view.getUint32(at + SNAP_BYTES_AT, isLittle),
    name: null,
    divisor: 1,
    factor: 1,
    offsetUs: 0,
  }
  readOptions(description, bytes, view, at + OPTIONS_AT, end, isLittle)
  return description
}

/** Microseconds since the epoch, or -1 for what is before it or beyond exact numbers. */
export const interfaceTimeUs = (from: PcapngInterface, high: number, low: number): number => {
  const { divisor, factor, offsetUs } = from
  let timeUs = high * WORD + low
  if (divisor > 1) {
    // The upper word apart: 64 bits of nanoseconds are more than a number holds.
    const rest = high % divisor
    timeUs =
      factor === 1
        ? Math.floor(high / divisor) * WORD + Math.floor((rest * WORD + low) / divisor)
        : Math.floor((timeUs / divisor) * factor)
  } else if (factor > 1) timeUs *= factor
  timeUs += offsetUs
  return timeUs >= 0 && timeUs <= Number.MAX_SAFE_INTEGER ? timeUs : -1
}
