/**
 * TCP options: end, no-operation and maximum segment size (RFC 9293 section 3.2), window scale and timestamps
 * (RFC 7323), selective acknowledgement permitted (RFC 2018). Others are kept as they came.
 */

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'

/** Option numbers of the IANA registry. */
const CODE = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, timestamps: 8 } as const

/** Forty bytes of options at most fit in a header. */
export const MAX_TCP_OPTION_BYTES = 40

export type TcpOption =
  | { kind: 'end' }
  | { kind: 'nop' }
  /** Bytes. */
  | { kind: 'mss'; value: number }
  | { kind: 'window-scale'; shift: number }
  | { kind: 'sack-permitted' }
  | { kind: 'timestamps'; value: number; echo: number }
  /** Any other option: its number and the bytes behind its length byte. */
  | { kind: 'raw'; code: number; data: Uint8Array }

const readOption = (bytes: Uint8Array, at: number, optionBytes: number): TcpOption => {
  const code = bytes[at]!
  if (code === CODE.mss && optionBytes === 4) return { kind: 'mss', value: readUint16(bytes, at + 2) }
  if (code === CODE.windowScale && optionBytes === 3) return { kind: 'window-scale', shift: bytes[at + 2]! }
  if (code === CODE.sackPermitted && optionBytes === 2) return { kind: 'sack-permitted' }
  if (code === CODE.timestamps && optionBytes === 10) {
    return { kind: 'timestamps', value: readUint32(bytes, at + 2), echo: readUint32(bytes, at + 6) }
  }
  return { kind: 'raw', code, data: bytes.slice(at + 2, at + optionBytes) }
}

/**
 * The options in `length` bytes, in order. An end option is the last one returned; what pads behind it is ignored.
 * @returns null when an option's length is less than 2 or reaches past the end.
 */
export const parseTcpOptions = (bytes: Uint8Array, offset: number, length: number): TcpOption[] | null => {
  const options: TcpOption[] = []
  const end = offset + length
  let at = offset
  while (at < end) {
    const code = bytes[at]!
    if (code === CODE.end) {
      options.push({ kind: 'end' })
      return options
    }
    if (code === CODE.noOperation) {
      options.push({ kind: 'nop' })
      at += 1
      continue
    }
    if (at + 2 > end) return null
    const optionBytes = bytes[at + 1]!
    if (optionBytes < 2 || at + optionBytes > end) return null
    options.push(readOption(bytes, at, optionBytes))
    at += optionBytes
  }
  return options
}

const optionLength = (option: TcpOption): number => {
  switch (option.kind) {
    case 'end':
    case 'nop':
      return 1
    case 'mss':
      return 4
    case 'window-scale':
      return 3
    case 'sack-permitted':
      return 2
    case 'timestamps':
      return 10
    case 'raw':
      return 2 + option.data.length
  }
}

const writeOption = (bytes: Uint8Array, at: number, option: TcpOption): void => {
  if (option.kind === 'end') {
    bytes[at] = CODE.end
    return
  }
  if (option.kind === 'nop') {
    bytes[at] = CODE.noOperation
    return
  }
  bytes[at + 1] = optionLength(option)
  switch (option.kind) {
    case 'mss':
      bytes[at] = CODE.mss
      writeUint16(bytes, at + 2, option.value)
      return
    case 'window-scale':
      bytes[at] = CODE.windowScale
      bytes[at + 2] = option.shift
      return
    case 'sack-permitted':
      bytes[at] = CODE.sackPermitted
      return
    case 'timestamps':
      bytes[at] = CODE.timestamps
      writeUint32(bytes, at + 2, option.value)
      writeUint32(bytes, at + 6, option.echo)
      return
    case 'raw':
      bytes[at] = option.code
      bytes.set(option.data, at + 2)
  }
}

/**
 * The options as bytes, padded with end options to a multiple of four.
 * @throws RangeError when they need more than 40 bytes: a mistake of the caller's, not of a packet.
 */
export const buildTcpOptions = (options: readonly TcpOption[]): Uint8Array => {
  const used = options.reduce((sum, option) => sum + optionLength(option), 0)
  if (used > MAX_TCP_OPTION_BYTES) throw new RangeError(`TCP options of ${used} bytes: at most ${MAX_TCP_OPTION_BYTES}`)
  const bytes = new Uint8Array(Math.ceil(used / 4) * 4)
  let at = 0
  for (const option of options) {
    writeOption(bytes, at, option)
    at += optionLength(option)
  }
  return bytes
}
