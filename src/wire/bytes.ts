/**
 * Words in network order (most significant byte first, RFC 791 appendix B). Plain indexing instead of a DataView: no
 * object per packet, and engines compile it to the same loads. Callers check the range; these do not.
 */

/** Two bytes as 0 … 65535. */
export const readUint16 = (bytes: Uint8Array, offset: number): number => (bytes[offset]! << 8) | bytes[offset + 1]!

/** Four bytes as 0 … 2^32-1. */
export const readUint32 = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0

/** The low 16 bits of `value`. */
export const writeUint16 = (bytes: Uint8Array, offset: number, value: number): void => {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value
}

/** `value` modulo 2^32. */
export const writeUint32 = (bytes: Uint8Array, offset: number, value: number): void => {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
