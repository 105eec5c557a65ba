import { describe, expect, it } from 'vitest'
import { kernelUnavailable } from '../../src/link/xdp-link.ts'

describe('XDP link', () => {
  it.each([
    ['5.17.99', false],
    ['4.19.0-21-amd64', false],
    ['5.18.0', true],
    ['5.18-rc1', true],
    ['6.1.0-13-amd64', true],
    ['6.18.44', true],
    ['10.0', true],
    ['nonsense', false],
  ])('knows whether Linux %s has live frames: %s', (release, has) => {
    const reason = kernelUnavailable(release)
    if (has) expect(reason).toBeNull()
    else expect(reason).toBe(`it needs Linux 5.18 or newer, this is ${release}`)
  })
})
