/** An explicit list of plug-ins that describe themselves; looking up an unknown name lists the known ones. */

import { InterplotError } from './errors.ts'

export interface Described {
  /** What people type. Lower case, words joined by hyphens. */
  readonly name: string
  /** One line for `--help` and the lists. */
  readonly help: string
  /** Other programs' names for it, which work, too. */
  readonly aliases?: readonly string[]
}

export interface Registry<T extends Described> {
  /** What the entries are, for messages: "probe module", "style". */
  readonly kind: string
  readonly entries: readonly T[]
  /** @throws InterplotError ERR_UNKNOWN_NAME, listing the known names. */
  get(name: string): T
}

export const makeRegistry = <T extends Described>(kind: string, entries: readonly T[]): Registry<T> => {
  const named = entries.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])].map((name) => [name, entry] as const))
  const byName = new Map(named)
  if (byName.size !== named.length)
    throw new InterplotError('ERR_INTERNAL', `two entries named alike among the ${kind}s`)
  return {
    kind,
    entries,
    get(name) {
      const entry = byName.get(name)
      if (entry !== undefined) return entry
      const known = entries.map((each) => each.name).join(', ')
      throw new InterplotError('ERR_UNKNOWN_NAME', `there is no ${kind} named "${name}"`, {
        advice: `Known: ${known}.`,
      })
    },
  }
}
