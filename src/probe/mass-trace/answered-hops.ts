/**
 * Which probes of each target have been answered: 32 bits a target for the codes 0 … 31, as many again where there are more. And
 * the least TTL at which its end was met.
 */

import type { ScheduleState } from './schedule.ts'

const WORD_BITS = 32
export const NO_END = 255

export interface AnsweredHops {
  has(index: number, code: number): boolean
  /** @returns false when it was there already. */
  add(index: number, code: number): boolean
  /** The least TTL at which the target's end was met, or NO_END. */
  endOf(index: number): number
  setEnd(index: number, ttl: number): void
  columns(): ScheduleState['columns']
}

export const makeAnsweredHops = (count: number, maxCode: number, from?: ScheduleState['columns']): AnsweredHops => {
  const first = from === undefined ? new Uint32Array(count) : Uint32Array.from(from['answered']!)
  const rest = maxCode < WORD_BITS ? null : Uint32Array.from(from?.['answeredRest'] ?? new Uint32Array(count))
  const ends = Uint8Array.from(from?.['ends'] ?? new Uint8Array(count).fill(NO_END))
  const wordsOf = (code: number): Uint32Array | null => (code < WORD_BITS ? first : rest)
  const has = (index: number, code: number): boolean =>
    ((wordsOf(code)?.[index] ?? 0) & (1 << (code % WORD_BITS))) !== 0
  return {
    has,
    add(index, code) {
      const words = wordsOf(code)
      if (words === null || has(index, code)) return false
      words[index] = words[index]! | (1 << (code % WORD_BITS))
      return true
    },
    endOf: (index) => ends[index]!,
    setEnd(index, ttl) {
      ends[index] = ttl
    },
    columns: () => ({ answered: first, ends, ...(rest === null ? {} : { answeredRest: rest }) }),
  }
}
