import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { packetText } from '../../src/probe/packet-text.ts'
import { prepareProbe } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { testPlan } from './test-plan.ts'

const TARGET = parseIpv4('203.0.113.9')!
const ENDS = { source: '02:00:00:00:00:0a', gateway: '02:00:00:00:00:0b' }
const RULE = '------------------------------------------------------\n'
const IP = 'ip { saddr: 10.77.0.1 | daddr: 203.0.113.9 | checksum: 0X1F3 }\n'
const ETH = 'eth { shost: 02:00:00:00:00:0a | dhost: 02:00:00:00:00:0b }\n'

/** A probe whose changing fields are set by hand, so that the text shows that each is read from its place. */
const probeOf = (module: string, sets: (packet: Uint8Array) => void): Uint8Array => {
  const plan = testPlan(makeTargetSet(cidrSet([{ first: TARGET, last: TARGET }]), Uint16Array.of(80)), { module })
  const probe = prepareProbe(plan)
  const packet = new Uint8Array(probe.packetBytes + 4)
  probe.writeTemplate(packet, 4)
  probe.writeTarget(packet, 4, TARGET, 80, 0)
  writeUint16(packet, 4 + 10, 0x1f3)
  sets(packet)
  return packet
}

const tcp = (checksum: number): Uint8Array =>
  probeOf('tcp-syn', (packet) => {
    writeUint16(packet, 24, 51154)
    writeUint32(packet, 28, 2721464021)
    writeUint16(packet, 24 + 16, checksum)
  })
const udp = (checksum: number): Uint8Array =>
  probeOf('udp', (packet) => {
    writeUint16(packet, 24, 43353)
    writeUint16(packet, 24 + 6, checksum)
  })
const icmp = probeOf('icmp-echo', (packet) => {
  writeUint16(packet, 24 + 2, 0x3a59)
  writeUint16(packet, 24 + 4, 48550)
  writeUint16(packet, 24 + 6, 7)
})

describe('packets as zmap prints them', () => {
  it.each<[string, Uint8Array, string]>([
    ['tcp', tcp(0xa4a1), 'tcp { source: 51154 | dest: 80 | seq: 2721464021 | checksum: 0XA4A1 }\n'],
    // C's %#04X: "0X" counts among the four, and 0 has none.
    ['a short checksum', tcp(0x5), 'tcp { source: 51154 | dest: 80 | seq: 2721464021 | checksum: 0X05 }\n'],
    ['udp', udp(0x4afe), 'udp { source: 43353 | dest: 80 | checksum: 0X4AFE }\n'],
    ['no checksum', udp(0), 'udp { source: 43353 | dest: 80 | checksum: 0000 }\n'],
    ['icmp', icmp, 'icmp { type: 8 | code: 0 | checksum: 0X3A59 | id: 48550 | seq: 7 }\n'],
  ])('%s', (_name, packet, line) => {
    expect(packetText(packet, 4, packet.length - 4, ENDS)).toBe(line + IP + ETH + RULE)
    expect(packetText(packet, 4, packet.length - 4, null)).toBe(line + IP + RULE)
  })
})
