/** The link for traces without privileges, as the user nobody, over a chain of kernels that forward. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRoot } from './kernel-lab.ts'
import { type RouterChain, startRouterChain, TARGETS } from './router-chain.ts'

const NOBODY = 65_534
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all']
const AGENT = './error-queue-agent.ts'
const ROUTERS = 3
const ECHO_PORT = 7007

const FAMILIES = [
  {
    name: 'IPv4',
    target: TARGETS.ipv4,
    routers: ['10.77.0.2', '10.77.1.2', '10.77.2.2'],
    own: '10.77.0.1',
    timeExceeded: '11/0',
    closed: '3/3',
    tooBig: '3/4',
    prohibited: '3/13',
    headerBytes: 28,
  },
  {
    name: 'IPv6',
    target: TARGETS.ipv6,
    routers: ['fd00:77::2', 'fd00:77:1::2', 'fd00:77:2::2'],
    own: 'fd00:77::1',
    timeExceeded: '3/0',
    closed: '1/4',
    tooBig: '2/0',
    prohibited: '1/1',
    headerBytes: 48,
  },
] as const

describe.skipIf(!isRoot)('the error-queue link without privileges', () => {
  let chain: RouterChain
  beforeAll(async () => {
    chain = await startRouterChain(ROUTERS)
    await chain.startHost(ROUTERS + 1, './datagram-host.ts', [TARGETS.ipv4, TARGETS.ipv6, `${ECHO_PORT}`])
  })
  afterAll(() => chain?.stop())

  const trace = (options: object) => chain.runAgent(AGENT, 'trace', options, AS_NOBODY)

  describe.each(FAMILIES)(
    '$name',
    ({ target, routers, own, timeExceeded, closed, tooBig, prohibited, headerBytes }) => {
      const path = [...routers.map((from) => ({ from, kind: timeExceeded })), { from: target, kind: closed }]
      /** What four probes bring: who, what, and which probe is quoted. @param vary which of its ports is its own. */
      const hops = (vary: 'source' | 'destination' | 'none') =>
        path.map((hop, index) => ({
          ...hop,
          // Every router on the way back takes one.
          ttl: 64 - index,
          rest: 0,
          sound: true,
          quoted: {
            ttl: index + 1,
            sourcePort: 40_000 + (vary === 'source' ? index : 0),
            destinationPort: 33_434 + (vary === 'destination' ? index : 0),
            bytes: headerBytes + 12,
          },
        }))

      it.each(['source', 'destination', 'none'] as const)(
        'has every router and the target tell which probe it was, its own by: %s',
        (vary) => {
          const counters = { sent: 4, backoffs: 0, failed: 0, received: 4, droppedByKernel: 0 }
          expect(trace({ target, vary })).toMatchObject({
            sent: 4,
            seen: hops(vary),
            onTime: true,
            counters,
            uid: NOBODY,
          })
        },
      )

      it('goes on with the same socket while errors come for earlier probes', () => {
        const ttls = Array.from({ length: 200 }, (_, index) => (index % 4) + 1)
        const { sent, seen } = trace({ target, ttls, vary: 'destination' }) as { sent: number; seen: object[] }
        expect([sent, seen.length]).toEqual([200, 200])
      })

      it('has more source ports than sockets: the last 256 are heard', () => {
        const ttls = Array.from({ length: 300 }, () => 2)
        const result = trace({ target, ttls }) as { sent: number; seen: { quoted: { sourcePort: number } }[] }
        expect(result.sent).toBe(300)
        const ports = new Set(result.seen.map(({ quoted }) => quoted.sourcePort))
        for (let port = 40_044; port < 40_300; port += 1) expect(ports).toContain(port)
      })

      it('brings answers of the port itself', () => {
        const options = { target, ttls: [64], destinationPort: ECHO_PORT, payloadBytes: 33 }
        const { seen } = trace(options)
        expect(seen).toEqual([{ from: target, kind: 'udp', ttl: 64 - ROUTERS, rest: 0, sound: true }])
      })

      it('tells the MTU of a link that a probe is too big for, again and again', async () => {
        await chain.script(2, 'ip link set down0 mtu 1300')
        await chain.script(3, 'ip link set up0 mtu 1300')
        const options = { target, ttls: [64, 64, 64], payloadBytes: 1400, dontFragment: true }
        const seen = [trace(options), trace(options)].flatMap((each) => each['seen'] as object[])
        await chain.script(2, 'ip link set down0 mtu 1500')
        await chain.script(3, 'ip link set up0 mtu 1500')
        expect(seen).toMatchObject(
          Array.from({ length: 6 }, () => ({ from: routers[1], kind: tooBig, rest: 1300, sound: true })),
        )
      })

      it('tells that a router forbids the way', async () => {
        const family = headerBytes === 28 ? '-4' : '-6'
        await chain.script(1, `ip ${family} route replace prohibit ${target}`)
        const { seen } = trace({ target, ttls: [9] })
        await chain.script(1, `ip ${family} route del prohibit ${target}`)
        expect(seen).toMatchObject([{ from: routers[0], kind: prohibited, sound: true }])
      })

      it('tells that a neighbour does not answer, from our own address', () => {
        const neighbour = headerBytes === 28 ? '10.77.0.77' : 'fd00:77::77'
        const { seen } = trace({ target: neighbour, ttls: [9], forMs: 4500 })
        expect(seen).toMatchObject([{ from: own, kind: headerBytes === 28 ? '3/1' : '1/3', sound: true }])
      })

      /** What comes of a probe that node 1 drops, while it says something of its own. */
      const whileRouterSays = async (what: string, more: object = {}): Promise<object[]> => {
        const dropped = headerBytes === 28 ? '10.64.0.200' : 'fd00:64::200'
        const family = headerBytes === 28 ? '-4' : '-6'
        await chain.script(1, `ip ${family} route replace blackhole ${dropped}`)
        const stopHost = await chain.startHost(1, './router-error-host.ts', [own, dropped, what])
        const { seen } = trace({ target: dropped, ttls: [64], forMs: 1000, ...more })
        await stopHost()
        return seen as object[]
      }

      it('brings MPLS labels, and tells the probe from a padded quotation', async () => {
        const [first] = await whileRouterSays('labels')
        const quoted = { ttl: 64, sourcePort: 40_000, destinationPort: 33_434, bytes: headerBytes === 28 ? 128 : 140 }
        expect(first).toMatchObject({
          from: routers[0],
          kind: timeExceeded,
          rest: 0,
          sound: true,
          labels: [299_792],
          quoted,
        })
      })

      it('leaves out extensions that do not verify', async () => {
        const [first] = await whileRouterSays('broken')
        expect(first).toMatchObject({ from: routers[0], kind: timeExceeded, rest: 0, sound: true })
        expect(first).not.toHaveProperty('labels')
      })

      it('finds the probe when only its ports are quoted, if one alone has them', async () => {
        const [first] = await whileRouterSays('short')
        const quoted = { ttl: 64, sourcePort: 40_000, destinationPort: 33_434, bytes: headerBytes }
        expect(first).toMatchObject({ from: routers[0], kind: timeExceeded, sound: true, quoted })
        expect(await whileRouterSays('short', { ttls: [62, 63], vary: 'none' })).toEqual([])
      })

      it('hears nothing about a probe that was not ours', async () => {
        expect(await whileRouterSays('foreign')).toEqual([])
      })

      it.each([
        ['plain', {}],
        ['with DF', { dontFragment: true }],
        ['with a traffic class and a flow label', { trafficClass: 0xb8, flowLabel: 0xabcde }],
        ['with the greatest of both', { trafficClass: 0xfc, flowLabel: 0xfffff }],
      ])('sends what it was given, all but identification and sums: %s', async (_name, header) => {
        const stopHost = await chain.startHost(1, './probe-witness-host.ts', [own, target])
        const { written } = trace({ target, ttls: [1, 7, 3, 255], ...header }) as { written: string[] }
        const seen = JSON.parse(await stopHost()) as string[]
        // In IPv4 the kernel's identification, and the header's sum with it, are its own. UDP's sum is left to a device, which a
        // veth pair does not have.
        const leftOut = [...(headerBytes === 28 ? [4, 10] : []), headerBytes - 2]
        const comparable = (hex: string): string => {
          const bytes = Buffer.from(hex, 'hex')
          for (const at of leftOut) bytes.writeUInt16BE(0, at)
          return bytes.toString('hex')
        }
        expect(seen.map(comparable)).toEqual(written.map(comparable))
      })

      it('works on loopback', () => {
        const address = headerBytes === 28 ? '127.0.0.1' : '::1'
        const { seen } = trace({ target: address, ttls: [1] })
        expect(seen).toMatchObject([{ from: address, kind: closed, sound: true, quoted: { ttl: 1 } }])
      })

      it('says that a source address is not ours', () => {
        const source = headerBytes === 28 ? '10.77.0.9' : 'fd00:77::9'
        expect(trace({ target, source })).toMatchObject({ code: 'ERR_INTERFACE' })
      })
    },
  )

  it('refuses what no UDP socket can do, each with its code', () => {
    expect(chain.runAgent(AGENT, 'refusals', { target: TARGETS.ipv4 }, AS_NOBODY)).toEqual({
      icmp: 'ERR_INTERNAL',
      lengthOfAnother: 'ERR_INTERNAL',
      ttl0: 'ERR_INTERNAL',
      lowPort: 'ERR_RAW_PRIVILEGE',
      tcp: 'ERR_INTERNAL',
      elsewhere: 'ERR_INTERNAL',
      sent: 0,
    })
  })
})
