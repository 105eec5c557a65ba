/** The transmitters and receivers that a link has opened, so that closing the link closes them. */

interface Half {
  close(): void | Promise<void>
}

export interface LinkHalves {
  /** Remembers a half until the link is closed. */
  keep<T extends Half>(half: T): T
  close(): Promise<void>
}

export const makeLinkHalves = (): LinkHalves => {
  const halves = new Set<Half>()
  return {
    keep(half) {
      halves.add(half)
      return half
    },
    async close() {
      for (const half of halves) await half.close()
      halves.clear()
    },
  }
}
