/** A typed array that grows by doubling, for columns of which nobody knows the length beforehand. */

export type ColumnArray = Uint8Array | Uint32Array | Float64Array

const FIRST_LENGTH = 65_536

export class GrowingColumn<T extends ColumnArray> {
  #values: T
  #length = 0
  readonly #make: (length: number) => T

  constructor(make: (length: number) => T) {
    this.#make = make
    this.#values = make(FIRST_LENGTH)
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.#make(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length] = value
    this.#length += 1
  }

  /** What there is, as a view without a copy; the column is empty then. */
  take(): T {
    const taken = this.#values.subarray(0, this.#length) as T
    this.#values = this.#make(FIRST_LENGTH)
    this.#length = 0
    return taken
  }
}

export const uint32Column = (): GrowingColumn<Uint32Array> => new GrowingColumn((length) => new Uint32Array(length))
export const uint8Column = (): GrowingColumn<Uint8Array> => new GrowingColumn((length) => new Uint8Array(length))
export const float64Column = (): GrowingColumn<Float64Array> => new GrowingColumn((length) => new Float64Array(length))
