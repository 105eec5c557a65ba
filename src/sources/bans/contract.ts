/**
 * What a format of bans is: lines of another program → events, why a line was refused, or nothing. Pure: whatever a line holds,
 * nothing is thrown; time and zone are arguments.
 */

import type { BanEvent } from '../../core/ban.ts'
import type { Described } from '../../core/registry.ts'
import type { LocalTimes } from './local-times.ts'

/** An entry that should have been an address or a ban, and is none. */
export interface Refusal {
  refused: string
  /** From 1. */
  column?: number
}

export type BanFinding = BanEvent | Refusal

/** Null: the line is of the format and tells of no ban. */
export type LineReading = BanFinding | readonly BanFinding[] | null

export interface BanContext {
  /** Times without a zone. One reader's own: it remembers what it read last. */
  localTimes: LocalTimes
  /** For dates without a year and for durations that are left. Microseconds since the Unix epoch. */
  nowUs(): number
  /** Also failures without a ban, where the format tells of both. */
  attempts: boolean
}

export interface BanLines {
  /** The line has no end of line and no byte order mark. */
  read(line: string): LineReading
}

export interface BanFormat extends Described {
  /** Whether an input that begins with these lines is of this format. */
  recognizes(lines: readonly string[]): boolean
  open(context: BanContext): BanLines
  /** Long lines come in several parts instead of being cut: to the format line ends are blanks. */
  readonly takesParts?: boolean
  /** Asked only when no other format recognizes an input. */
  readonly lastResort?: boolean
}

export const isRefusal = (finding: BanFinding): finding is Refusal => 'refused' in finding
