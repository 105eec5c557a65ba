/** Sends probes into a simulated Internet and collects what comes back, in the order of arrival. */

import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { type Internet, makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { type IcmpMessage, readIcmp } from '../../src/wire/icmp.ts'
import { type Ipv4Header, readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readTcp, type TcpSegment } from '../../src/wire/tcp.ts'
import { readUdp, type UdpDatagram } from '../../src/wire/udp.ts'

export const address = (text: string): number => ipv4(parseIpv4(text) ?? 0)
export const VANTAGE = address('251.0.0.1')
export const START_US = 1_767_225_600_000_000

export interface Answer {
  bytes: Uint8Array
  /** After the probe left, microseconds. */
  afterUs: number
  ip: Ipv4Header
  icmp: IcmpMessage | null
  tcp: TcpSegment | null
  udp: UdpDatagram | null
}

/** The one network of most tests, with what the test changes. */
export const internetOf = (
  network: Partial<ScenarioInput['networks'][number]> = {},
  rest: Partial<ScenarioInput> = {},
): Internet =>
  makeInternet(
    parseScenario(
      {
        name: 'test',
        seed: 'test',
        vantage: { address: '251.0.0.1' },
        networks: [{ prefix: '240.0.0.0/24', ...network }],
        ...rest,
      },
      'test',
    ),
  )

export const routerChain = (
  count: number,
  changes: (index: number) => Partial<NonNullable<ScenarioInput['routers']>[number]> = () => ({}),
): NonNullable<ScenarioInput['routers']> =>
  Array.from({ length: count }, (_, index) => ({
    name: `r${index + 1}`,
    address: `250.0.0.${index + 1}`,
    ...changes(index),
  }))

const decode = (bytes: Uint8Array, afterUs: number): Answer | null => {
  const ip = readIpv4(bytes, 0, bytes.length)
  if (ip === null) return null
  const at = [bytes, ip.payloadOffset, ip.payloadBytes] as const
  return {
    bytes,
    afterUs,
    ip,
    icmp: ip.protocol === 1 ? readIcmp(...at) : null,
    tcp: ip.protocol === 6 ? readTcp(...at) : null,
    udp: ip.protocol === 17 ? readUdp(...at) : null,
  }
}

/** Every checksum of the answer is right. */
export const isSound = ({ bytes, ip }: Answer): boolean => {
  if (ip.totalLength !== bytes.length || !verifiesIpv4Checksum(bytes, 0, bytes.length)) return false
  const pseudo = ip.protocol === 1 ? 0 : pseudoHeaderSum(ip.source, ip.destination, ip.protocol, ip.payloadBytes)
  return checksum(bytes, ip.payloadOffset, ip.payloadBytes, pseudo) === 0
}

/** Raw answers with their arrival. */
export const injectRaw = (
  internet: Internet,
  probe: Uint8Array,
  atUs = START_US,
): { bytes: Uint8Array; timeUs: number }[] => {
  const answers: { bytes: Uint8Array; timeUs: number }[] = []
  internet.inject(probe, 0, probe.length, atUs, (bytes, timeUs) => answers.push({ bytes, timeUs }))
  return answers.sort((a, b) => a.timeUs - b.timeUs)
}

export const inject = (internet: Internet, probe: Uint8Array, atUs = START_US): Answer[] =>
  injectRaw(internet, probe, atUs).flatMap(({ bytes, timeUs }) => decode(bytes, timeUs - atUs) ?? [])
