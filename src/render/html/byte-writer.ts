/** Bytes that grow: numbers as variable-length integers, seven bits a byte, the lowest first (LEB128). */

const FIRST_BYTES = 4096

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #length = 0

  /** A whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    let rest = value
    // Bit operations would cut at 32 bits.
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** A whole number of less than 31 bits, positive or negative: 0, −1, 1, −2, … */
  signed(value: number): void {
    this.varint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** A view, without a copy. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
