/** Bytes of an answer into the heap of its batch, for fields that are read later or never. */

import type { ReplyBatch } from '../../core/reply-batch.ts'

/** Below this, copying byte by byte is faster than making a view. */
const SHORT_BYTES = 64

/** Keeps `length` bytes from `from` on for the row, or as many as there is room for. */
export const keepData = (batch: ReplyBatch, row: number, bytes: Uint8Array, from: number, length: number): void => {
  const { heap, heapUsed } = batch
  const kept = Math.min(length, heap.length - heapUsed)
  if (kept <= SHORT_BYTES) for (let i = 0; i < kept; i += 1) heap[heapUsed + i] = bytes[from + i]!
  else heap.set(bytes.subarray(from, from + kept), heapUsed)
  batch.dataOffset[row] = heapUsed
  batch.dataLength[row] = kept
  batch.heapUsed = heapUsed + kept
}
