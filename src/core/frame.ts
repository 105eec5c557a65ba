/** Captured frames, as a live capture and a capture file hand them over. */

/**
 * One frame: `captured` bytes at `bytes[offset]`, valid only during the call, of `wireBytes` that were on the wire.
 * `timeUs` counts from the Unix epoch. `linkType` is a number of wire/link-type.ts, what the bytes begin with; numbers that are
 * not listed there may come, too. `device` tells the interfaces of one capture apart: an index of the kernel, or of the file.
 */
export type FrameHandler = (
  bytes: Uint8Array,
  offset: number,
  captured: number,
  wireBytes: number,
  timeUs: number,
  linkType: number,
  device: number,
) => void
