/** Distinct rows, numbered as they come. Number 0 is the empty one. */

export class StringTable<T> {
  readonly rows: T[]
  readonly #numbers = new Map<string, number>()

  constructor(empty: T, emptyKey: string) {
    this.rows = [empty]
    this.#numbers.set(emptyKey, 0)
  }

  numberOf(key: string, make: () => T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.rows.push(make()) - 1
    this.#numbers.set(key, number)
    return number
  }
}
