import { describe, expect, it } from 'vitest'
import { parseIpv4, parseIpv6 } from '../../src/core/ip.ts'
import { errorQueueLink } from '../../src/link/error-queue-link.ts'
import { linkKinds } from '../../src/link/registry.ts'

// Finding the way needs no privilege and sends nothing; the rest is in test/lab-root.
describe.skipIf(process.platform !== 'linux')('the error-queue link', () => {
  const target = parseIpv4('127.0.0.9')!

  it('is there, and nobody is offered it', () => {
    expect(errorQueueLink.unavailable()).toBeNull()
    expect(linkKinds.entries.map(({ name }) => name)).not.toContain(errorQueueLink.name)
  })

  it('finds the way to loopback', async () => {
    const spec = await errorQueueLink.resolve({ sampleTarget: target })
    const sourceAddress = parseIpv4('127.0.0.1')!
    expect(spec).toMatchObject({ link: 'error-queue', interfaceName: 'lo', sourceAddress, details: { bound: false } })
    expect(spec.sourceAddress6).toBeUndefined()
  })

  it('says what is wrong with the way', async () => {
    const options = { sampleTarget: target, interfaceName: 'nothing0' }
    await expect(errorQueueLink.resolve(options)).rejects.toMatchObject({ code: 'ERR_INTERFACE' })
    const frames = { sampleTarget6: parseIpv6('::1')!, sourceMac: '02:00:00:00:00:01' }
    await expect(errorQueueLink.resolve(frames)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('opens nothing for what it cannot hear', async () => {
    const link = errorQueueLink.open(await errorQueueLink.resolve({ sampleTarget: target }), { mayBlock: false })
    const filter = { destinations: [link.spec.sourceAddress], protocols: ['tcp'] as const }
    expect(() => link.openReceiver({ filter, snapBytes: 64 })).toThrow(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    )
    await link.close()
  })
})
