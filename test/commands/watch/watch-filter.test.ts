import { describe, expect, it } from 'vitest'
import { frameTest, liveProgram, usualFilter } from '../../../src/commands/watch/watch-filter.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'
import { errorCode } from '../../error-code.ts'
import { ipPacket, LINK_FRAMES, type PacketFacts } from '../../sources/flows/link-frames.ts'

const passes = (filter: string, facts: PacketFacts): boolean[] => {
  const test = frameTest(filter)
  return LINK_FRAMES.filter(({ name }) => !/PPPoE|MPLS|VLAN/.test(name)).map(({ linkType, frame }) => {
    const bytes = frame(ipPacket(facts))
    return test(bytes, 0, bytes.length, bytes.length, linkType)
  })
}

const web = { source: '10.0.0.1', destination: '198.51.100.7', protocol: 6, sourcePort: 50_000, destinationPort: 443 }
const ssh = { ...web, destinationPort: 22 }
const back = { ...ssh, source: ssh.destination, destination: ssh.source, sourcePort: 22, destinationPort: 50_000 }
const echo = { source: 'fd00::1', destination: '2001:db8::1', protocol: 58 }
const own = { ...web, source: '127.0.0.1', destination: '127.0.0.1', destinationPort: 8017 }
const own6 = { ...own, source: '::1', destination: '::1' }

describe('the filter where none is given', () => {
  it.each<[string, boolean, PacketFacts, boolean]>([
    ['ssh, to it', false, ssh, false],
    ['ssh, from it', false, back, false],
    ['UDP to port 22', false, { ...ssh, protocol: 17 }, true],
    ['the web', false, web, true],
    ['ICMPv6', false, echo, true],
    ['the live map, on one interface', false, own, false],
    ['another loopback connection, on one interface', false, { ...own, destinationPort: 5432 }, true],
    ['loopback, on all interfaces', true, { ...own, destinationPort: 5432 }, false],
    ['loopback over IPv6, on all interfaces', true, own6, false],
    ['the web, on all interfaces', true, web, true],
  ])('%s', (_, isAny, facts, wanted) => {
    expect(new Set(passes(usualFilter(isAny, 8017), facts))).toEqual(new Set([wanted]))
  })
})

describe('filters of a person', () => {
  it('are refused at once, with what is not understood', () => {
    expect(errorCode(() => frameTest('tcp prot 80'))).toBe('ERR_USAGE')
  })

  it('are given to tcpdump where ours lacks a word, but not to find hosts', async () => {
    const program = await liveProgram('ip protochain 6', 96)
    expect(program.length).toBeGreaterThan(3)
    await expect(liveProgram('host somewhere', 96)).rejects.toMatchObject({ code: 'ERR_USAGE' })
    await expect(liveProgram('tpc port 80', 96)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('are made for each link type of a file', () => {
    const test = frameTest('udp port 53')
    const packet = ipPacket({ ...web, protocol: 17, destinationPort: 53 })
    const ethernet = LINK_FRAMES[0]!.frame(packet)
    expect(test(packet, 0, packet.length, packet.length, LINK_TYPE.raw)).toBe(true)
    expect(test(ethernet, 0, ethernet.length, ethernet.length, LINK_TYPE.ethernet)).toBe(true)
    expect(test(ethernet, 0, ethernet.length, ethernet.length, LINK_TYPE.raw)).toBe(false)
  })

  it('let frames pass that cannot be read: they are counted as such', () => {
    const test = frameTest('udp port 53')
    const monitored = 105
    expect(test(new Uint8Array(60), 0, 60, 60, monitored)).toBe(true)
  })
})
