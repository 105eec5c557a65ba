/** Reads what html/byte-writer.ts wrote. */

export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = this.#bytes[this.#at++]!
      if (shift < 28) value |= (byte & 0x7f) << shift
      else value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80 || byte === undefined) return value
      shift += 7
    }
  }

  signed(): number {
    const value = this.varint()
    return (value >>> 1) ^ -(value & 1)
  }
}
