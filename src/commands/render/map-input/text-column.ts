/** A column of texts that repeat: each is kept once, and rows hold its number. */

import { uint32Column } from '../../../core/growing-column.ts'
import { printableText } from '../../../core/printable-text.ts'

export class TextColumn {
  readonly #numbers = new Map<string, number>()
  /** Number 0 is nothing. */
  readonly #texts: (string | null)[] = [null]
  readonly #rows = uint32Column()
  /** Rows in order of place repeat the row before. */
  #lastText = ''
  #lastNumber = 0

  /** As it may be shown; null where there is none. */
  push(text: string | null): void {
    if (text === null) {
      this.#rows.push(0)
      return
    }
    if (text !== this.#lastText || this.#lastNumber === 0) {
      this.#lastNumber = this.#numberOf(text)
      this.#lastText = text
    }
    this.#rows.push(this.#lastNumber)
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.length
    // A copy: a part of a line would keep the whole chunk in memory that the line is a part of.
    this.#numbers.set(Buffer.from(text).toString(), number)
    this.#texts.push(printableText(text))
    return number
  }

  take(): (string | null)[] {
    return Array.from(this.#rows.take(), (number) => this.#texts[number]!)
  }
}
