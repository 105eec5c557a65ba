import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { portsOutside } from '../../src/link/local-ports.ts'

const take = (next: (() => number) | undefined, count: number): number[] =>
  next === undefined ? [] : Array.from({ length: count }, next)

describe('ports outside a scan’s own', () => {
  it.each([
    ['the usual range leaves those above', 32_768, 61_000, [65_535, 61_001, 4535]],
    ['few above: those below', 1024 + 4000, 65_000, [5023, 1024, 4000]],
    ['few on both sides: more of them', 1030, 65_500, [65_535, 65_501, 35]],
    ['only those below', 2000, 65_535, [1999, 1024, 976]],
    ['none', 1, 65_535, [undefined, undefined, 0]],
  ] as const)('%s', (_name, first, last, [highest, lowest, count]) => {
    const ports = take(portsOutside({ first, last }), 2 * count)
    expect([ports[0], ports[count - 1], new Set(ports).size]).toEqual([highest, lowest, count])
    expect(ports.slice(count)).toEqual(ports.slice(0, count))
  })

  it('are never of the scan, and never of a service', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }), (one, other) => {
        const [first, last] = [Math.min(one, other), Math.max(one, other)]
        for (const port of take(portsOutside({ first, last }), 5000)) {
          if (port < 1024 || port > 65_535 || (port >= first && port <= last)) throw new Error(`${port}`)
        }
      }),
      { numRuns: 50 },
    )
  })
})
