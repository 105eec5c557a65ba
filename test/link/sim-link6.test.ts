import { describe, expect, it } from 'vitest'
import { type Ipv6, ipv4, parseIpv6 } from '../../src/core/ip.ts'
import { faultLink } from '../../src/link/fault-link.ts'
import { NO_FAULTS } from '../../src/link/packet-fault.ts'
import { simLinkKind } from '../../src/link/sim-link.ts'
import { specText } from '../../src/link/spec-text.ts'
import { listen } from './contract.ts'
import { describeLink6 } from './contract6.ts'
import { ECHO_HOP_LIMIT, echoNetwork6 } from './echo-network6.ts'
import { echoProbe6 } from './probes6.ts'
import { batchOf6 } from './target-batch.ts'

const SOURCE = parseIpv6('fd00::1')!
const HOSTS = ['fd00:1::1', 'fd00:1::2', 'fd00:ffff::3'].map((text) => parseIpv6(text)!)
const kind = simLinkKind(echoNetwork6, { sourceAddress: ipv4(0x0a000001), sourceAddress6: SOURCE })
const openLink = async () => kind.open(await kind.resolve({ sampleTarget6: HOSTS[0]! }), { mayBlock: true })

describeLink6('sim-link', async () => ({ link: await openLink(), hosts: HOSTS, replyHopLimit: ECHO_HOP_LIMIT }))
describeLink6('fault-link', async () => ({
  link: faultLink(await openLink(), NO_FAULTS, 'seed'),
  hosts: HOSTS,
  replyHopLimit: ECHO_HOP_LIMIT,
}))

describe('the kind sim, asked for IPv6', () => {
  it('takes another source address', async () => {
    const sourceAddress6 = parseIpv6('fd00::9')!
    expect(await kind.resolve({ sourceAddress6 })).toMatchObject({ link: 'sim', sourceAddress: 0, sourceAddress6 })
  })

  it('says in one line that a network has none', () => {
    const old = simLinkKind(echoNetwork6, { sourceAddress: ipv4(0x0a000001) })
    expect(() => old.resolve({ sampleTarget6: HOSTS[0]! })).toThrow(
      expect.objectContaining({ code: 'ERR_NO_ROUTE', message: expect.stringMatching(/fd00:1::1.*IPv4 only/) }),
    )
  })

  it('gives a spec that logs can show', async () => {
    const spec = await kind.resolve({ sampleTarget6: HOSTS[0]! })
    expect(JSON.parse(specText([spec]))).toMatchObject([{ link: 'sim', sourceAddress6: 'fd00::1' }])
  })
})

describe('a bad line', () => {
  it('keeps every packet addressed to its own target, whatever it damages', async () => {
    const faults = { ...NO_FAULTS, duplicate: 0.5, reorder: 0.5, corrupt: 0.8, truncate: 0.5 }
    const link = faultLink(await openLink(), faults, 'bad line 6')
    const transmitter = link.openTransmitter({ slotBytes: 128, slots: 8 })
    const filter = { destinations: [], destinations6: [SOURCE], protocols: ['icmp'] as const }
    const receiver = link.openReceiver({ filter, snapBytes: 256 })
    const targets: Ipv6[] = Array.from({ length: 8 }, (_, i) => HOSTS[i % 3]!)
    for (let round = 0; round < 50; round += 1) {
      for (const [slot, destination] of targets.entries()) {
        const probe = echoProbe6({ source: SOURCE, destination }, 1, slot)
        transmitter.memory.set(probe, slot * 128)
        transmitter.lengths[slot] = probe.length
      }
      expect(await transmitter.send(batchOf6(targets), 8)).toBe(8)
    }
    expect(link.faultCounters().transmit.corrupted).toBeGreaterThan(200)
    expect((await listen(link, receiver, 1)).length).toBeGreaterThan(0)
  })
})
