/**
 * JSON of any length as the small values that it is a list of: each object in the outermost list, or in a list right below the outermost object under
 * its name (`{"new": [{…}], "deleted": [{…}]}`). One value is kept at a time.
 */

import { isJsonObject, type JsonObject } from './json-object.ts'

export interface JsonValue {
  value: JsonObject
  /** Of the list, where it has one. */
  list: string
}

/** Text → what has become whole with it; null for a value that is no JSON or longer than can be. */
export type JsonValues = (text: string) => readonly (JsonValue | null)[]

const VALUE_MAX = 4 * 1024 * 1024
/** Longer than the name of any list that is asked for. */
const NAME_MAX = 64

export const jsonValues = (): JsonValues => {
  let [inString, escaped, depth] = [false, false, 0]
  /** Depth at which a value lies: 1 in a list, 2 in a list of an object. */
  let level = 1
  let [parts, length] = [[] as string[], 0]
  /** The last string, what of it came before this text, and the list that it named. */
  let [name, begun, list] = ['', '', '']
  const whole = (): JsonValue | null => {
    const text = parts.join('')
    const tooLong = length > VALUE_MAX
    parts = []
    length = 0
    if (tooLong) return null
    try {
      const value: unknown = JSON.parse(text)
      return isJsonObject(value) ? { value, list } : null
    } catch {
      return null
    }
  }
  return (text) => {
    const found: (JsonValue | null)[] = []
    let start = depth > level ? 0 : -1
    const keep = (end: number): void => {
      length += end - start
      if (length <= VALUE_MAX) parts.push(text.slice(start, end))
      else parts = []
    }
    let nameStart = 0
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (inString) {
        if (escaped) escaped = false
        else if (code === 92) escaped = true
        else if (code === 34) {
          inString = false
          name = (begun + text.slice(nameStart, at)).slice(0, NAME_MAX)
          begun = ''
        }
      } else if (code === 34) {
        inString = true
        nameStart = at + 1
      } else if (code === 91 || code === 123) {
        if (depth === 0) level = code === 123 ? 2 : 1
        if (depth === level - 1 && level === 2 && code === 91) list = name
        if (depth === level && code === 123 && start < 0) start = at
        depth += 1
      } else if (code === 93 || code === 125) {
        depth = Math.max(0, depth - 1)
        if (depth === level && start >= 0) {
          keep(at + 1)
          start = -1
          found.push(whole())
        }
      }
    }
    if (start >= 0) keep(text.length)
    if (inString) begun = (begun + text.slice(nameStart, nameStart + NAME_MAX)).slice(0, NAME_MAX)
    return found
  }
}
