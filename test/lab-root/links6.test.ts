/** The links that stand on the kernel with IPv6: this file runs itself once more at the near end of two namespaces that a veth pair joins. */

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ipv6, parseIpv6 } from '../../src/core/ip.ts'
import type { LinkOptions } from '../../src/link/contract.ts'
import { linkKinds } from '../../src/link/registry.ts'
import { describeLink6 } from '../link/contract6.ts'
import { isRoot } from './kernel-lab.ts'
import { type RouterChain, startRouterChain } from './router-chain.ts'

const INSIDE = 'INTERPLOT_TEST_LINKS6'
const FILE = fileURLToPath(import.meta.url)
const at = (text: string): Ipv6 => parseIpv6(text)!
const NEAR = at('fd00:77:0::1')
const HOSTS = ['fd00:64::1', 'fd00:64::ffff:1', 'fd00:64::2', 'fd00:77:0::2'].map(at)
const kind = linkKinds.get('packet')
const LINKS = [
  ['packet', true],
  ['packet', false],
  ['xdp', true],
  ['af-xdp', false],
  ['raw', false],
] as const

const inside = (): void => {
  // The raw link does not know the hop limit.
  for (const [name, mayBlock] of LINKS) {
    const open = async (options: LinkOptions) =>
      linkKinds.get(name).open(await linkKinds.get(name).resolve(options), { mayBlock })
    const how = mayBlock ? 'blocking' : 'on the event loop'
    describeLink6(`${name}-link, ${how},`, async () => ({
      link: await open({ sampleTarget6: HOSTS[0]! }),
      hosts: HOSTS,
      replyHopLimit: name === 'raw' ? 0 : 64,
    }))
    describeLink6(`${name}-link, ${how}, on loopback`, async () => ({
      link: await open({ sampleTarget6: at('::1') }),
      hosts: ['fd00:10::7', 'fd00:10::8', 'fd00:77:0::1', '::1'].map(at),
      replyHopLimit: name === 'raw' ? 0 : 64,
    }))
  }

  describe('resolving', () => {
    it.each([
      ['a target behind the gateway', { sampleTarget6: HOSTS[0]! }, 'down0', NEAR],
      ['a neighbour', { sampleTarget6: at('fd00:77:0::2') }, 'down0', NEAR],
      ['loopback', { sampleTarget6: at('::1') }, 'lo', at('::1')],
      ['an address of our own', { sampleTarget6: NEAR }, 'lo', NEAR],
      ['another source', { sampleTarget6: HOSTS[0]!, sourceAddress6: at('fd00:77:0::9') }, 'down0', at('fd00:77:0::9')],
      ['a named interface', { sampleTarget6: HOSTS[0]!, interfaceName: 'down0' }, 'down0', NEAR],
    ])('finds the way to %s', async (_name, options, interfaceName, sourceAddress6) => {
      const details = { sendPath: 'ip', gatewayMac: '' }
      const mtu = interfaceName === 'lo' ? 65_535 : 1400
      expect(await kind.resolve(options)).toMatchObject({
        interfaceName,
        sourceAddress: 0,
        sourceAddress6,
        mtu,
        details,
      })
    })

    it.each([
      ['no route', { sampleTarget6: at('2001:db8::1') }, 'ERR_NO_ROUTE', /no IPv6 route to 2001:db8::1$/],
      ['no route at all', { sourceAddress6: NEAR }, 'ERR_NO_ROUTE', /no IPv6 route/],
      ['another interface', { sampleTarget6: HOSTS[0]!, interfaceName: 'lo' }, 'ERR_NO_ROUTE', /through lo$/],
      ['no interface', { sampleTarget6: HOSTS[0]!, interfaceName: 'x' }, 'ERR_INTERFACE', /"x"/],
      ['frames', { sampleTarget6: HOSTS[0]!, gatewayMac: '02:00:00:00:00:01' }, 'ERR_USAGE', /IPv6/],
    ])('says that there is %s', async (_name, options, code, message) => {
      await expect(kind.resolve(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    })
  })
}

if (process.env[INSIDE] === '1') inside()
else {
  describe.skipIf(!isRoot)('links with IPv6 in a namespace', () => {
    let chain: RouterChain
    beforeAll(async () => {
      chain = await startRouterChain(0)
      await chain.script(0, 'ip route add local fd00:10::/64 dev lo; ip link set down0 mtu 1400')
    })
    afterAll(() => chain?.stop())

    it('sends, hears, and finds the way', () => {
      const rows = LINKS.length * 2 * 7 + 11
      expect(chain.runTests(FILE, INSIDE)).toEqual({ code: 0, total: rows, passed: rows, skipped: 0, failures: '' })
    })
  })
}
