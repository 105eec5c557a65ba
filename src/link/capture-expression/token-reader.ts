/** Reads a filter's words one after the other. */

import type { InterplotError } from '../../core/errors.ts'
import { type FilterToken, filterError, filterTokens, type TokenKind } from './filter-tokens.ts'

/** Deeper nesting than anybody writes; the parser calls itself. */
const MAX_DEPTH = 200

export interface TokenReader {
  readonly current: FilterToken
  /** The one behind the current one. */
  readonly following: FilterToken
  /** Goes on if the current word is one of these. @returns it, or null. */
  accept(...texts: readonly string[]): FilterToken | null
  acceptKind(...kinds: readonly TokenKind[]): FilterToken | null
  /** Goes on, and comes back if `read` makes nothing. */
  attempt<T>(read: () => T | null): T | null
  /** Counts how deep `read` is nested. */
  nested<T>(read: () => T): T
  error(wrong: string, at?: FilterToken | number): InterplotError
}

export const tokenReader = (text: string): TokenReader => {
  const tokens = filterTokens(text)
  let at = 0
  let depth = 0
  const take = (): FilterToken => {
    const token = tokens[at]!
    if (token.kind !== 'end') at += 1
    return token
  }
  const error = (wrong: string, from: FilterToken | number = tokens[at]!): InterplotError =>
    filterError(text, typeof from === 'number' ? from : from.column, wrong)
  return {
    get current() {
      return tokens[at]!
    },
    get following() {
      return tokens[Math.min(at + 1, tokens.length - 1)]!
    },
    accept: (...texts) => (tokens[at]!.kind !== 'end' && texts.includes(tokens[at]!.text) ? take() : null),
    acceptKind: (...kinds) => (kinds.includes(tokens[at]!.kind) ? take() : null),
    attempt(read) {
      const before = at
      const made = read()
      if (made === null) at = before
      return made
    },
    nested(read) {
      depth += 1
      if (depth > MAX_DEPTH) throw error('it is nested too deeply')
      const made = read()
      depth -= 1
      return made
    },
    error,
  }
}
