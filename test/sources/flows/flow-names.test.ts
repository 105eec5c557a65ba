import { beforeAll, describe, expect, it } from 'vitest'
import { clientHello } from '../../wire/client-hellos.ts'
import { response } from '../../wire/dns-messages.ts'
import { RFC_FRAME, sealInitial } from '../../wire/quic-packets.ts'
import type { PacketFacts } from './link-frames.ts'
import { metered } from './metered.ts'

const HERE = '10.0.0.1'
const THERE = '198.51.100.7'
const RESOLVER = '10.0.0.53'
const [SYN, ACK, PUSH] = [2, 16, 24]

const out = (more: Partial<PacketFacts>): PacketFacts => ({
  ...{ source: HERE, destination: THERE, protocol: 6, sourcePort: 50_000, destinationPort: 443 },
  ...more,
})
const back = (more: Partial<PacketFacts>): PacketFacts => ({
  ...{ source: THERE, destination: HERE, protocol: 6, sourcePort: 443, destinationPort: 50_000 },
  ...more,
})
const opened: readonly PacketFacts[] = [
  out({ flags: SYN, sequence: 1000 }),
  back({ flags: SYN | ACK, sequence: 5000 }),
  out({ flags: ACK, sequence: 1001 }),
]
const dnsAnswer = (client: string, name: string, address = 'c6336407'): PacketFacts => ({
  ...{ source: RESOLVER, destination: client, protocol: 17, sourcePort: 53, destinationPort: 40_000 },
  payload: response({ question: name, answers: [{ name, type: 'A', data: address }] }),
})

let hello: Uint8Array
let longHello: Uint8Array
beforeAll(async () => {
  hello = await clientHello('www.example.org')
  longHello = await clientHello(
    'www.example.org',
    Array.from({ length: 40 }, (_, i) => `protocol-number-${i}`),
  )
})

/** Names of the connections to THERE. */
const namesOf = (packets: readonly PacketFacts[], names = true): unknown[] => {
  const { see, connections } = metered({ names })
  for (const [i, facts] of packets.entries()) see(facts, i * 1000)
  return connections()
    .filter(({ remotePort, localPort }) => remotePort === 443 || localPort === 443)
    .map(({ name, nameSource }) => [name, nameSource])
}

describe('DNS', () => {
  it('names what was asked for', () => {
    expect(namesOf([dnsAnswer(HERE, 'a.example'), ...opened])).toEqual([['a.example', 'dns']])
  })

  it('keeps to the answer that this client got', () => {
    const answers = [dnsAnswer(HERE, 'a.example'), dnsAnswer('10.0.0.2', 'b.example')]
    expect(namesOf([...answers, ...opened])).toEqual([['a.example', 'dns']])
  })

  it('takes anybody’s where the client’s own was not seen', () => {
    expect(namesOf([dnsAnswer('10.0.0.2', 'b.example'), ...opened])).toEqual([['b.example', 'dns']])
  })

  it('tells nothing of other addresses, and nothing where nobody wants it', () => {
    expect(namesOf([dnsAnswer(HERE, 'a.example', 'c6336408'), ...opened])).toEqual([[null, 'none']])
    expect(namesOf([dnsAnswer(HERE, 'a.example'), ...opened], false)).toEqual([[null, 'none']])
  })
})

describe('TLS', () => {
  const data = (from: number, to: number, whole: Uint8Array): PacketFacts =>
    out({ flags: PUSH, sequence: 1001 + from, payload: whole.subarray(from, to) })

  it('names the server that the client asks for, whatever DNS said', () => {
    const wanted = [['www.example.org', 'sni']]
    expect(namesOf([...opened, data(0, hello.length, hello)])).toEqual(wanted)
    expect(namesOf([dnsAnswer(HERE, 'cdn.example'), ...opened, data(0, hello.length, hello)])).toEqual(wanted)
  })

  it('reads it out of segments in any order, and twice', () => {
    const [a, b, c] = [data(0, 100, longHello), data(100, 400, longHello), data(400, longHello.length, longHello)]
    for (const segments of [
      [a, b, c],
      [c, b, a],
      [b, a, a, c],
      [a, c, c, b],
    ]) {
      expect(namesOf([...opened, ...segments])).toEqual([['www.example.org', 'sni']])
    }
  })

  it('goes over the end of the sequence numbers', () => {
    const at = 0xffff_fff0
    const packets = [
      out({ flags: SYN, sequence: at }),
      out({ flags: PUSH, sequence: at + 1, payload: longHello.subarray(0, 100) }),
      out({ flags: PUSH, sequence: (at + 101) % 2 ** 32, payload: longHello.subarray(100) }),
    ]
    expect(namesOf(packets)).toEqual([['www.example.org', 'sni']])
  })

  it('reads it where the handshake was not seen', () => {
    expect(namesOf([data(0, hello.length, hello)])).toEqual([['www.example.org', 'sni']])
  })

  it('reads nothing that the server sends, nor what is no TLS', () => {
    const served = back({ flags: PUSH, sequence: 5001, payload: hello })
    const plain = out({ flags: PUSH, sequence: 1001, payload: Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n')) })
    expect(namesOf([...opened, served])).toEqual([[null, 'none']])
    expect(namesOf([...opened, plain, data(16, 16 + hello.length, hello)])).toEqual([[null, 'none']])
  })

  it('waits for no more than a few packets', () => {
    const junk = Array.from({ length: 40 }, (_, i) =>
      out({ flags: PUSH, sequence: 1001 + i, payload: Uint8Array.of(i === 0 ? 22 : 3) }),
    )
    expect(namesOf([...opened, ...junk, data(0, hello.length, hello)])).toEqual([[null, 'none']])
  })
})

describe('QUIC', () => {
  const datagram = (payload: Uint8Array): PacketFacts => out({ protocol: 17, payload })

  it('names the server of RFC 9001’s example', () => {
    expect(namesOf([datagram(sealInitial(RFC_FRAME))])).toEqual([['example.com', 'quic']])
  })

  it('leaves alone what is damaged or something else', () => {
    const damaged = sealInitial(RFC_FRAME)
    damaged[200]! ^= 1
    expect(namesOf([datagram(damaged)])).toEqual([[null, 'none']])
    expect(namesOf([datagram(Uint8Array.of(0x40, 1, 2, 3)), datagram(sealInitial(RFC_FRAME))])).toEqual([
      [null, 'none'],
    ])
  })
})

it('forgets with the connection: the next one on the same ports has its own name', async () => {
  const other = await clientHello('other.example')
  const again = [
    back({ flags: 4, sequence: 5001 }),
    out({ flags: SYN, sequence: 9000 }),
    out({ flags: PUSH, sequence: 9001, payload: other }),
  ]
  const first = out({ flags: PUSH, sequence: 1001, payload: hello.subarray(0, 50) })
  expect(namesOf([...opened, first, ...again])).toEqual([
    [null, 'none'],
    ['other.example', 'sni'],
  ])
})
