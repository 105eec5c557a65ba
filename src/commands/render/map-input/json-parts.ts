/**
 * JSON (RFC 8259) of any length, cut into parts that are small enough to be parsed one by one: the elements of an array, or
 * of an array that is a member of an object ({"markers": [{…}, …]}), and the other members of an object. Only brackets and
 * quotes are looked at here; whether a part is JSON, its parser says.
 */

import { InterplotError } from '../../../core/errors.ts'
import { printableText } from '../../../core/printable-text.ts'

export type JsonPart =
  | {
      kind: 'element' | 'member'
      text: string
      line: number /** Of the member; null in an array. */
      key: string | null
    }
  /** An object of the top level is complete. */
  | { kind: 'end'; line: number }

/** One part: a line of a million positions is shorter. */
const PART_MAX = 64 * 1024 * 1024

const [QUOTE, COMMA, COLON, BACKSLASH, NEWLINE] = [0x22, 0x2c, 0x3a, 0x5c, 0x0a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isOpen = (code: number): boolean => code === OPEN_LIST || code === OPEN_OBJECT
const isClose = (code: number): boolean => code === CLOSE_LIST || code === CLOSE_OBJECT

/** What is expected next; `list` = the first thing in an array that is a member; `in` = within a part. */
type State = 'value' | 'element' | 'after-element' | 'key' | 'colon' | 'member' | 'list' | 'after-member' | 'in'

class JsonSplitter {
  #state: State = 'value'
  #line = 1
  /** The part so far. */
  #text = ''
  #partLine = 1
  #what: 'element' | 'member' | 'key' = 'element'
  #depth = 0
  #inString = false
  #escaped = false
  /** Of the member whose value comes; null within an array of the top level. */
  #key: string | null = null
  #parts: JsonPart[] = []
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  #broken(what: string): InterplotError {
    return new InterplotError('ERR_INPUT_FILE', `${this.#name}:${this.#line}: ${what}`, {
      advice: 'Give JSON: an array of objects, an object of places by address, GeoJSON, or one object a line.',
    })
  }

  push(chunk: string): JsonPart[] {
    this.#parts = []
    let at = 0
    while (at < chunk.length) {
      if (this.#state === 'in') at = this.#goOn(chunk, at)
      else {
        const code = chunk.charCodeAt(at)
        if (code === NEWLINE) this.#line += 1
        if (isBlank(code) || !this.#step(code, chunk, at)) at += 1
      }
    }
    return this.#parts
  }

  /** @throws InterplotError ERR_INPUT_FILE when something is not closed. */
  end(): void {
    if (this.#state !== 'value') throw this.#broken('it breaks off in the middle')
  }

  /** @returns whether the character is the first of a part, and to be looked at once more. */
  #step(code: number, chunk: string, at: number): boolean {
    switch (this.#state) {
      case 'value':
        if (code === OPEN_LIST) this.#open(null, 'element')
        else if (code === OPEN_OBJECT) this.#open(null, 'key')
        // Objects one after the other, with commas between them: no JSON, but plain what is meant.
        else if (code !== COMMA) throw this.#broken(`"${printableText(chunk.slice(at, at + 12))}" is not JSON`)
        return false
      case 'element':
        if (code !== CLOSE_LIST) return this.#begin('element')
        this.#closeList()
        return false
      case 'after-element':
        if (code === COMMA) this.#state = 'element'
        else if (code === CLOSE_LIST) this.#closeList()
        else throw this.#broken('a comma or ] is wanted here')
        return false
      case 'key':
        if (code === QUOTE) return this.#begin('key')
        if (code !== CLOSE_OBJECT) throw this.#broken('a name in double quotes or } is wanted here')
        this.#closeObject()
        return false
      case 'colon':
        if (code !== COLON) throw this.#broken('a colon is wanted here')
        this.#state = 'member'
        return false
      case 'member':
        if (code !== OPEN_LIST) return this.#begin('member')
        this.#state = 'list'
        return false
      case 'list':
        if (code === OPEN_OBJECT) return this.#begin('element')
        this.#begin('member')
        this.#text = '['
        this.#depth = 1
        return true
      default:
        if (code === COMMA) this.#state = 'key'
        else if (code === CLOSE_OBJECT) this.#closeObject()
        else throw this.#broken('a comma or } is wanted here')
        return false
    }
  }

  #open(key: string | null, state: State): void {
    this.#key = key
    this.#state = state
  }

  #closeList(): void {
    this.#state = this.#key === null ? 'value' : 'after-member'
  }

  #closeObject(): void {
    this.#parts.push({ kind: 'end', line: this.#line })
    this.#open(null, 'value')
  }

  #begin(what: 'element' | 'member' | 'key'): true {
    this.#what = what
    this.#state = 'in'
    this.#text = ''
    this.#partLine = this.#line
    this.#depth = 0
    return true
  }

  /** Looks for the end of a part from `from` on. @returns where to go on. */
  #goOn(chunk: string, from: number): number {
    let [depth, inString, escaped] = [this.#depth, this.#inString, this.#escaped]
    let at = from
    let end = -1
    for (; at < chunk.length && end < 0; at += 1) {
      const code = chunk.charCodeAt(at)
      if (code === NEWLINE) this.#line += 1
      if (inString) {
        if (escaped) escaped = false
        else if (code === BACKSLASH) escaped = true
        else if (code === QUOTE) {
          inString = false
          if (depth === 0) end = at + 1
        }
      } else if (code === QUOTE) inString = true
      else if (isOpen(code)) depth += 1
      else if (isClose(code)) {
        // A number or a word ends before what closes its container.
        if (depth === 0) end = at
        else if (--depth === 0) end = at + 1
      } else if (depth === 0 && (code === COMMA || isBlank(code))) {
        end = at
        if (code === NEWLINE) this.#line -= 1
      }
    }
    this.#depth = depth
    this.#inString = inString
    this.#escaped = escaped
    this.#text += chunk.slice(from, end < 0 ? chunk.length : end)
    if (this.#text.length > PART_MAX) throw this.#broken('a value of more than 64 MiB')
    if (end < 0) return chunk.length
    this.#finish()
    return end
  }

  #finish(): void {
    const [text, line] = [this.#text, this.#partLine]
    this.#text = ''
    if (this.#what === 'key') {
      this.#key = this.#readKey(text)
      this.#state = 'colon'
      return
    }
    this.#parts.push({ kind: this.#what, text, line, key: this.#key })
    this.#state = this.#what === 'element' ? 'after-element' : 'after-member'
  }

  #readKey(text: string): string {
    try {
      return String(JSON.parse(text))
    } catch {
      throw this.#broken(`${printableText(text, 20)} is not JSON`)
    }
  }
}

/**
 * The parts in their order, as many at a time as have come.
 * @throws InterplotError ERR_INPUT_FILE for what is no JSON between the parts, breaks off, or has a part of more than 64 MiB.
 */
export async function* jsonPartsOf(chunks: AsyncIterable<string>, name: string): AsyncIterableIterator<JsonPart[]> {
  const splitter = new JsonSplitter(name)
  for await (const chunk of chunks) yield splitter.push(chunk)
  splitter.end()
}
