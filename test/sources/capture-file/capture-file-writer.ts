/** Capture files for tests: pcap and pcapng, in both byte orders, with whatever is wrong in them. */

export interface WrittenFrame {
  bytes: Uint8Array
  timeUs: number
  wireBytes?: number
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Numbers of 32 bits, or of 16 where `h` is said. */
export const words = (isLittle: boolean, ...values: readonly (number | { h: number })[]): Uint8Array => {
  const bytes = values.map((value) => {
    const view = new DataView(new ArrayBuffer(typeof value === 'number' ? 4 : 2))
    if (typeof value === 'number') view.setUint32(0, value, isLittle)
    else view.setUint16(0, value.h, isLittle)
    return new Uint8Array(view.buffer)
  })
  return joined(...bytes)
}

export interface PcapForm {
  isLittle: boolean
  magic: number
  linkType: number
  minor?: number
}

export const pcapHeader = ({ isLittle, magic, linkType, minor = 4 }: PcapForm): Uint8Array =>
  words(isLittle, magic, { h: 2 }, { h: minor }, 0, 0, 262_144, linkType)

export const pcapRecord = (frame: WrittenFrame, { isLittle, magic }: PcapForm): Uint8Array => {
  const { bytes, timeUs, wireBytes = bytes.length } = frame
  const unitsPerUs = magic === 0xa1b23c4d ? 1000 : 1
  const extra = magic === 0xa1b2cd34 ? new Uint8Array(8) : new Uint8Array(0)
  const seconds = Math.floor(timeUs / 1e6)
  return joined(words(isLittle, seconds, (timeUs % 1e6) * unitsPerUs, bytes.length, wireBytes), extra, bytes)
}

export const pcapFile = (frames: readonly WrittenFrame[], form: PcapForm): Uint8Array =>
  joined(pcapHeader(form), ...frames.map((frame) => pcapRecord(frame, form)))

const padded = (bytes: Uint8Array): Uint8Array => joined(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))

export const block = (isLittle: boolean, type: number, body: Uint8Array): Uint8Array => {
  const whole = padded(body)
  return joined(words(isLittle, type, whole.length + 12), whole, words(isLittle, whole.length + 12))
}

export const section = (isLittle: boolean): Uint8Array =>
  block(isLittle, 0x0a0d0d0a, words(isLittle, 0x1a2b3c4d, { h: 1 }, { h: 0 }, 0xffff_ffff, 0xffff_ffff))

export const option = (isLittle: boolean, code: number, value: Uint8Array): Uint8Array =>
  joined(words(isLittle, { h: code }, { h: value.length }), padded(value))

export const described = (isLittle: boolean, linkType: number, ...options: readonly Uint8Array[]): Uint8Array =>
  block(isLittle, 1, joined(words(isLittle, { h: linkType }, { h: 0 }, 262_144), ...options))

/** @param units since the epoch, of whatever size the interface says. */
export const enhanced = (isLittle: boolean, device: number, units: bigint, bytes: Uint8Array, wire = bytes.length) =>
  block(
    isLittle,
    6,
    joined(words(isLittle, device, Number(units >> 32n), Number(units & 0xffff_ffffn), bytes.length, wire), bytes),
  )
