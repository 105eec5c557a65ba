/** Numbers the probes of each TTL, in the order in which they are told. */

export const makeAttempts = (): ((ttl: number) => number) => {
  const next = new Map<number, number>()
  return (ttl) => {
    const attempt = next.get(ttl) ?? 0
    next.set(ttl, attempt + 1)
    return attempt
  }
}
