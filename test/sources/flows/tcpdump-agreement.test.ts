import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp } from '../../../src/core/ip.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { pcapFile } from '../capture-file/capture-file-writer.ts'
import { ipPacket, LINK_FRAMES, type PacketFacts } from './link-frames.ts'
import { metered } from './metered.ts'

const SEED = 7
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '192.168.7.9', '198.51.100.7', '203.0.113.250', '8.8.8.8']
const ADDRESSES6 = ['fd00::1', '2001:db8::2', '2001:db8:0:5::abcd', 'fe80::1']
/** Of no service: tcpdump prints what it knows of services' packets. */
const port = fc.integer({ min: 30_000, max: 30_020 })

const facts: fc.Arbitrary<PacketFacts> = fc
  .record({
    addresses: fc.oneof(
      fc.tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...ADDRESSES), fc.constant(1)),
      fc.tuple(fc.constantFrom(...ADDRESSES6), fc.constantFrom(...ADDRESSES6), fc.constant(58)),
    ),
    protocol: fc.constantFrom(6, 17, 'echo' as const),
    sourcePort: port,
    destinationPort: port,
    flags: fc.constantFrom(2, 16, 18, 17, 24),
    payload: fc.uint8Array({ maxLength: 20 }),
  })
  .map(({ addresses: [source, destination, echo], protocol, ...rest }) => ({
    ...{ source, destination, protocol: protocol === 'echo' ? echo : protocol },
    ...rest,
  }))

const LINE = /\bIP6? ([\da-f:.]+) > ([\da-f:.]+): (tcp|UDP|ICMP6?)/

/** Both ends in a fixed order, as text. */
const pairOf = (protocol: string, ends: readonly string[]): string => `${protocol} ${[...ends].sort().join(' ')}`

const endOf = (text: string, hasPort: boolean): string => {
  if (!hasPort) return text
  const dot = text.lastIndexOf('.')
  return `${text.slice(0, dot)}|${text.slice(dot + 1)}`
}

const fromTcpdump = (output: string): Set<string> =>
  new Set(
    output.split('\n').flatMap((line) => {
      const found = LINE.exec(line)
      if (found === null) return []
      const [, source = '', destination = '', word = ''] = found
      const hasPort = word === 'tcp' || word === 'UDP'
      return [pairOf(word.toLowerCase(), [endOf(source, hasPort), endOf(destination, hasPort)])]
    }),
  )

const WORDS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp6' }

const folder = temporaryFolder('flows')

describe('tcpdump -nn finds the same connections', () => {
  for (const { name, linkType, frame } of LINK_FRAMES) {
    it(name, () => {
      const packets = fc.sample(facts, { seed: SEED, numRuns: 400 })
      const frames = packets.map((each, i) => ({ bytes: frame(ipPacket(each)), timeUs: 1_760_000_000e6 + i * 1000 }))
      const path = join(folder, `${linkType}.pcap`)
      writeFileSync(path, pcapFile(frames, { isLittle: true, magic: 0xa1b2c3d4, linkType }))
      const { stdout, status, error } = spawnSync('tcpdump', ['-nn', '-q', '-t', '-r', path], { encoding: 'utf8' })
      expect(error, 'tcpdump has to be installed').toBeUndefined()
      expect(status).toBe(0)
      const theirs = fromTcpdump(stdout)
      expect(theirs.size).toBeGreaterThan(200)
      const { meter, connections } = metered()
      for (const { bytes, timeUs } of frames) meter.onFrame(bytes, 0, bytes.length, bytes.length, timeUs, linkType, 0)
      const ours = connections().map(({ protocol, local, localPort, remote, remotePort }) => {
        const ends = protocol === 6 || protocol === 17 ? [`|${localPort}`, `|${remotePort}`] : ['', '']
        return pairOf(WORDS[protocol]!, [`${formatIp(local)}${ends[0]}`, `${formatIp(remote)}${ends[1]}`])
      })
      expect([...new Set(ours)].sort()).toEqual([...theirs].sort())
      expect(meter.counters).toMatchObject({ packets: 400, notIp: 0, malformed: 0, unknownLink: 0 })
    })
  }
})
