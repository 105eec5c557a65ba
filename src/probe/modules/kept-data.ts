/** Bytes of an answer into the heap of its batch, for fields that are read later or never. */

import type { ReplyBatch } from '../../core/reply-batch.ts'

/** Below this, copying byte by byte is faster than making a view. */
const SHORT_BYTES = 64

/** Four at a time; up to three bytes too many land where nothing is yet, or nowhere. */
const copyWords = (to: Uint8Array, at: number, bytes: Uint8Array, from: number, length: number): void => {
  for (let i = 0; i < length; i += 4) {
    to[at + i] = bytes[from + i]!
    to[at + i + 1] = bytes[from + i + 1]!
    to[at + i + 2] = bytes[from + i + 2]!
    to[at + i + 3] = bytes[from + i + 3]!
  }
}

/** Keeps `length` bytes from `from` on for the row, or as many as there is room for. */
export const keepData = (batch: ReplyBatch, row: number, bytes: Uint8Array, from: number, length: number): void => {
  const { heap, heapUsed } = batch
  const kept = Math.min(length, heap.length - heapUsed)
  if (kept <= SHORT_BYTES) copyWords(heap, heapUsed, bytes, from, kept)
  else heap.set(bytes.subarray(from, from + kept), heapUsed)
  batch.dataOffset[row] = heapUsed
  batch.dataLength[row] = kept
  batch.heapUsed = heapUsed + kept
}
