import { describe, expect, it } from 'vitest'
import { spreadDistances } from '../../../src/probe/mass-trace/neighbourhood.ts'

/** One target in each of these /24s. */
const targetsIn = (...networks: number[]): Uint32Array => Uint32Array.from(networks, (network) => network * 256 + 9)

describe('distances of neighbours', () => {
  it.each([
    ['the nearest, on either side', [0, 1, 2, 3, 4], [7, 0, 0, 0, 9], 2, [7, 7, 7, 9, 9]],
    ['none beyond the reach', [0, 1, 2, 3], [7, 0, 0, 0], 2, [7, 7, 7, 0]],
    ['none from another part of the address space', [0, 1, 900], [0, 7, 0], 5, [7, 7, 0]],
    ['what was measured stays', [0, 1, 2], [7, 8, 9], 5, [7, 8, 9]],
    ['nothing where nothing is known', [0, 1, 2], [0, 0, 0], 5, [0, 0, 0]],
  ] as const)('%s', (_name, networks, measured, reach, expected) => {
    expect([...spreadDistances(targetsIn(...networks), Uint8Array.from(measured), reach)]).toEqual(expected)
  })
})
