/**
 * What a row of a reply batch can say, as a named value: the fields of outputs and filters. Some are common to all replies
 * (output/reply-fields.ts), others belong to a probe module, which reads them out of the reply's own bytes in the batch's heap.
 */

import type { Described } from './registry.ts'
import type { ReplyBatch } from './reply-batch.ts'

export type Value = string | number | boolean | null

/** What a batch does not hold. */
export interface ReplyContext {
  /** The address that the probes left from; absent when there were several. */
  sourceAddress?: number
}

export interface ReplyField extends Described {
  /** binary: hexadecimal digits. json: a JSON text, which formats that nest values can take as it is. */
  readonly type: 'string' | 'int' | 'bool' | 'binary' | 'json'
  /** The value for one row; null where the reply has none. */
  get(batch: ReplyBatch, row: number, context: ReplyContext): Value
  /** The bit of the batch's `flags` column that the field shows, if that is all it does. */
  readonly flag?: number
  /** Whether the row's value is also known by this name, where it has several. */
  goesBy?(batch: ReplyBatch, row: number, name: string): boolean
}

/** The bytes that the reply carried (a view, not a copy); empty when none were kept. */
export const replyData = (batch: ReplyBatch, row: number): Uint8Array => {
  const offset = batch.dataOffset[row]!
  return batch.heap.subarray(offset, offset + batch.dataLength[row]!)
}
