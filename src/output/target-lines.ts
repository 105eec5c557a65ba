/** Addresses, or addresses with ports, one a line, written digit by digit without a string a row. */

import { Buffer } from 'node:buffer'

/** `255.255.255.255:65535\n` */
const LINE_BYTES = 22
const DOT = 46
const COLON = 58
const LINE_FEED = 10
const ZERO = 48

/** Decimal digits of each octet: three bytes, left-aligned, and how many of them count. */
const octetDigits = new Uint8Array(256 * 3)
const octetLength = new Uint8Array(256)
for (let octet = 0; octet < 256; octet += 1) {
  const digits = String(octet)
  octetLength[octet] = digits.length
  for (let i = 0; i < digits.length; i += 1) octetDigits[octet * 3 + i] = digits.charCodeAt(i) || ZERO
}

/** @returns the offset after the digits. */
const writePort = (lines: Uint8Array, from: number, port: number): number => {
  const length = port > 9999 ? 5 : port > 999 ? 4 : port > 99 ? 3 : port > 9 ? 2 : 1
  let rest = port
  for (let at = from + length - 1; at >= from; at -= 1) {
    const tenth = (rest / 10) | 0
    lines[at] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return from + length
}

/** `192.0.2.1` or, with ports, `192.0.2.1:80`, one a line. */
export const formatTargetLines = (
  addresses: Uint32Array,
  ports: Uint16Array | null,
  count = addresses.length,
): Buffer => {
  const lines = Buffer.allocUnsafe(count * LINE_BYTES)
  let at = 0
  for (let i = 0; i < count; i += 1) {
    const address = addresses[i]!
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = (address >>> shift) & 255
      const length = octetLength[octet]!
      const from = octet * 3
      lines[at] = octetDigits[from]!
      if (length > 1) lines[at + 1] = octetDigits[from + 1]!
      if (length > 2) lines[at + 2] = octetDigits[from + 2]!
      at += length
      if (shift > 0) {
        lines[at] = DOT
        at += 1
      }
    }
    if (ports !== null) {
      lines[at] = COLON
      at = writePort(lines, at + 1, ports[i]!)
    }
    lines[at] = LINE_FEED
    at += 1
  }
  return lines.subarray(0, at)
}
