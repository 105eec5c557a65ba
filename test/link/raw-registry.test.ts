import { describe, expect, it } from 'vitest'
import { rawPackageUnavailable } from '../../src/link/raw-package.ts'
import { defaultLinkKind, linkKinds } from '../../src/link/registry.ts'

describe('the registry of links', () => {
  it('describes every link, and lists them for an unknown name', () => {
    for (const kind of linkKinds.entries) {
      expect(kind.name).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      expect(kind.help.length).toBeGreaterThan(10)
      expect(kind.needs).toContain('root')
    }
    expect(() => linkKinds.get('carrier-pigeon')).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', advice: 'Known: packet, raw, xdp.' }),
    )
  })

  it('chooses the first that works here, which on Linux is the packet link', () => {
    const [expected] = process.platform === 'linux' ? ['packet'] : ['raw']
    expect(defaultLinkKind().kind.name).toBe(expected)
  })

  it('says why the optional package cannot be used, or that it can', () => {
    const reason = rawPackageUnavailable()
    if (reason !== null) expect(reason).toMatch(/raw-socket (?:is not installed|works in the main thread)/)
    expect(linkKinds.get('raw').unavailable()).toBe(process.platform === 'win32' ? expect.any(String) : reason)
  })

  it('refuses to open the raw link in a thread that blocks', () => {
    const spec = { link: 'raw', sourceAddress: 1 as never, interfaceName: 'x', mtu: 1500, details: {} }
    expect(() => linkKinds.get('raw').open(spec, { mayBlock: true })).toThrow(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    )
    expect(() => linkKinds.get('raw').open(spec, { mayBlock: false })).toThrow(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    )
  })
})
