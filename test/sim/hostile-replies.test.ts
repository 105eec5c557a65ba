/** Forged packets beside honest replies: none becomes a row, each is counted under its reason, no honest reply is lost. */

import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario } from '../../src/lab/scenario.ts'
import type { SimNetwork } from '../../src/link/sim-link.ts'
import { REJECTIONS, type Rejection } from '../../src/probe/modules/contract.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import { runScan } from '../../src/probe/scanner.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { ICMP_OFFSET, ICMP_TYPE } from '../../src/wire/icmp.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from '../../src/wire/ipv4.ts'
import { TCP_OFFSET } from '../../src/wire/tcp.ts'
import { UDP_OFFSET } from '../../src/wire/udp.ts'
import { resummed } from '../wire/resummed.ts'
import { simScan } from './sim-scan.ts'

/** Makes packets out of an honest reply, which it must not change. */
type Forge = (reply: Uint8Array) => Uint8Array[]

const PREFIX = '10.64.0.0/22'
/** Any bit above the prefix: nobody there was probed. */
const FAR_AWAY = 0x0080_0000
const DESTINATION_PORT = 2

const MODULES = [
  { module: 'icmp-echo', ports: [0], probeArgs: null },
  { module: 'tcp-syn', ports: [80, 443], probeArgs: null },
  { module: 'udp', ports: [53], probeArgs: 'text:hello' },
  { module: 'dns', ports: [53], probeArgs: 'A,example.com' },
] as const
type Case = (typeof MODULES)[number]

const scan = async ({ module, ports, probeArgs }: Case, forge: Forge, seed = 'hostile') => {
  const internet = makeInternet(
    parseScenario(
      {
        name: 'x',
        seed: 'hostile',
        vantage: { address: '10.77.0.1' },
        networks: [
          {
            prefix: PREFIX,
            density: 0.4,
            tcp: { '80': 'open', '*': 'closed' },
            udp: { '53': 'open', '*': 'filtered' },
          },
        ],
      },
      'x',
    ),
  )
  let forged = 0
  const honest: Uint8Array[] = []
  const network: SimNetwork = {
    inject(bytes, offset, length, timeUs, answer) {
      internet.inject(bytes, offset, length, timeUs, (packet, arrivalUs) => {
        honest.push(packet.slice())
        for (const lie of forge(packet)) {
          forged += 1
          answer(lie, arrivalUs)
        }
        answer(packet, arrivalUs)
      })
    },
  }
  const { plan, link, control } = await simScan(network, [PREFIX], ports, { module, probeArgs, seed })
  const rows: string[] = []
  await runScan({
    plan,
    link,
    control,
    onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        rows.push(`${batch.target[row]}:${batch.port[row]} ${batch.classification[row]} ${batch.flags[row]}`)
      }
    },
  })
  return { rows: rows.sort(), totals: control.totals(), forged, honest }
}

const changed = (reply: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array[] => {
  const copy = reply.slice()
  change(copy)
  return [copy]
}

/** The same with right checksums. */
const remade = (reply: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array[] =>
  changed(reply, change).map(resummed)

const flipWord = (bytes: Uint8Array, at: number): void => writeUint16(bytes, at, readUint16(bytes, at) ^ 1)

const fromElsewhere: Forge = (reply) =>
  remade(reply, (copy) =>
    writeUint32(copy, IPV4_OFFSET.source, (readUint32(copy, IPV4_OFFSET.source) ^ FAR_AWAY) >>> 0),
  )

const wrongCookie =
  (module: Case['module']): Forge =>
  (reply) =>
    changed(reply, (copy) => {
      if (module === 'icmp-echo') flipWord(copy, IPV4_HEADER_BYTES + ICMP_OFFSET.id)
      else if (module === 'tcp-syn') flipWord(copy, IPV4_HEADER_BYTES + TCP_OFFSET.acknowledgement)
      else flipWord(copy, IPV4_HEADER_BYTES + DESTINATION_PORT)
    })

const CHECKSUM_AT = { icmp: ICMP_OFFSET.checksum, tcp: TCP_OFFSET.checksum, udp: UDP_OFFSET.checksum } as const
const MORE_FRAGMENTS = 0x2000

const expectOnly = (
  lied: Awaited<ReturnType<typeof scan>>,
  truth: Awaited<ReturnType<typeof scan>>,
  reason: Rejection,
): void => {
  expect(lied.forged).toBeGreaterThan(300)
  expect(lied.rows).toEqual(truth.rows)
  const expected = Object.fromEntries(REJECTIONS.map((each) => [each, each === reason ? lied.forged : 0]))
  expect(lied.totals).toMatchObject({ ...expected, repeats: 0 })
}

describe.each(MODULES)('forged replies to $module probes', (each) => {
  const { module } = each

  it('from addresses that were never probed count as wrong cookies', async () => {
    expectOnly(await scan(each, fromElsewhere), await scan(each, () => []), 'cookie')
  })

  it('with a cookie that is one bit off count as wrong cookies', async () => {
    expectOnly(await scan(each, wrongCookie(module)), await scan(each, () => []), 'cookie')
  })

  it('that are replayed from a scan with another seed count as wrong cookies', async () => {
    const { honest } = await scan(each, () => [], 'an earlier scan')
    const replay = honest.values()
    const next: Forge = () => {
      const { value } = replay.next()
      return value === undefined ? [] : [value]
    }
    expectOnly(await scan(each, next), await scan(each, () => []), 'cookie')
  })

  it('with a wrong checksum, of the header or of what it carries, count as such', async () => {
    const at = CHECKSUM_AT[probeModules.get(module).protocol]
    const flip: Forge = (reply) => [
      ...changed(reply, (copy) => flipWord(copy, IPV4_OFFSET.checksum)),
      ...changed(reply, (copy) => flipWord(copy, IPV4_HEADER_BYTES + at)),
    ]
    expectOnly(await scan(each, flip), await scan(each, () => []), 'checksum')
  })

  it('that are pieces of packets, the first or another, count as fragments', async () => {
    const random = randomStream('pieces', module)
    const cut: Forge = (reply) => [
      ...remade(reply, (copy) => writeUint16(copy, IPV4_OFFSET.flagsFragment, MORE_FRAGMENTS)),
      ...remade(reply, (copy) => writeUint16(copy, IPV4_OFFSET.flagsFragment, 1 + random.nextBelow(0x1fff))),
    ]
    expectOnly(await scan(each, cut), await scan(each, () => []), 'fragment')
  })

  it('that are cut at every length, or random bytes behind a good header, add no row', async () => {
    const truth = await scan(each, () => [])
    const random = randomStream('hostile', module)
    const lied = await scan(each, (reply) => [
      ...Array.from({ length: reply.length }, (_, length) => reply.slice(0, length)),
      ...changed(reply, (copy) => {
        for (let at = IPV4_HEADER_BYTES; at < copy.length; at += 1) copy[at] = random.nextBelow(256)
      }),
      ...changed(reply, (copy) => copy.set([0x40 + random.nextBelow(5)])),
    ])
    expect(lied.rows).toEqual(truth.rows)
    expect(lied.totals).toMatchObject({ success: truth.totals.success, repeats: 0, fragment: 0 })
    const { received, accepted, malformed } = lied.totals
    const refused = REJECTIONS.reduce((sum, reason) => sum + lied.totals[reason], 0)
    // Cut within the header, a reply does not pass the capture filter; with UDP and TCP, not within the ports either.
    expect(malformed).toBeGreaterThan(truth.rows.length)
    // Every packet that passed the capture filter is accounted for.
    expect(accepted + refused).toBe(received)
  })
})

describe('forged replies to icmp-echo probes', () => {
  const [echo] = MODULES

  it('that are requests count as unrelated', async () => {
    const ask: Forge = (reply) => changed(reply, (copy) => copy.set([ICMP_TYPE.echoRequest], IPV4_HEADER_BYTES))
    expectOnly(await scan(echo, ask), await scan(echo, () => []), 'unrelated')
  })
})
