/** What was found under the pointer. */

import type { MapLine } from './outline-set.ts'

export interface Finding {
  /** Of the middle of it, 0 … 1 of the world. */
  readonly x: number
  readonly y: number
  /** CSS pixels. */
  readonly radius: number
  readonly title: string
  readonly lines: readonly string[]
  /** Lines of the map around it. */
  readonly around?: readonly MapLine[]
}

/** Distance to the right or left, whichever is shorter around the world. */
export const eastwards = (from: number, to: number): number => to - from - Math.round(to - from)

export const joined = (parts: readonly (string | undefined)[], separator: string): string =>
  parts.filter((part) => part !== undefined && part !== '').join(separator)
