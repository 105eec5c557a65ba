/** JSON values of a file one by one: lines, values one after the other, or the elements of one array. Only brackets and quotes are looked at. */

export interface JsonText {
  text: string
  /** From 1. */
  number: number
  /** The file ends in its middle, or it is longer than anything that is wanted. */
  cut: boolean
}

/** A trace is shorter. */
const VALUE_MAX = 16 * 1024 * 1024

export async function* jsonValues(chunks: AsyncIterable<string>): AsyncIterableIterator<JsonText> {
  let text = ''
  let depth = 0
  let inString = false
  let escaped = false
  let inList = false
  let number = 0
  for await (const chunk of chunks) {
    let from = text === '' ? -1 : 0
    for (let at = 0; at < chunk.length; at += 1) {
      const letter = chunk[at]!
      if (inString) {
        if (escaped) escaped = false
        else if (letter === '\\') escaped = true
        else if (letter === '"') inString = false
        continue
      }
      if (letter === '"' && depth > 0) inString = true
      else if (letter === '[' && depth === 0 && number === 0 && !inList) inList = true
      else if (letter === '{' || letter === '[') {
        if (depth === 0) from = at
        depth += 1
      } else if ((letter === '}' || letter === ']') && depth > 0) {
        depth -= 1
        if (depth > 0) continue
        number += 1
        yield { text: text + chunk.slice(Math.max(0, from), at + 1), number, cut: false }
        text = ''
        from = -1
      }
    }
    if (from >= 0) text += chunk.slice(from)
    if (text.length > VALUE_MAX) break
  }
  if (text !== '') yield { text: text.slice(0, VALUE_MAX), number: number + 1, cut: true }
}
