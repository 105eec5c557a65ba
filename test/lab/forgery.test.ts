import { describe, expect, it } from 'vitest'
import type { Internet } from '../../src/lab/internet.ts'
import { twinOf } from '../../src/lab/ipv6-twin.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { readUint16 } from '../../src/wire/bytes.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readIpv6 } from '../../src/wire/ipv6.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { type Answer, address, inject, injectRaw, internetOf, isSound, routerChain, VANTAGE } from './drive.ts'
import { echoProbe6, inject6, isSound6, tcpProbe6, udpProbe6 } from './probes6.ts'

type Spoofed = NonNullable<ScenarioInput['spoofedReplies']>[number]

const HOST = address('240.0.0.9')
const ENDS = { source: VANTAGE, destination: HOST, ttl: 2 }
const FORGER = '249.1.2.3'

const internetWith = (spoofed: Partial<Spoofed>, changes: Partial<ScenarioInput> = {}): Internet =>
  internetOf(
    { path: ['r1', 'r2'] },
    {
      routers: routerChain(2, () => ({ silent: true })),
      spoofedReplies: [{ share: 1, kind: 'time-exceeded', source: FORGER, ...spoofed }],
      ...changes,
    },
  )

const forged = (spoofed: Partial<Spoofed>, probe: Uint8Array): Answer => {
  const [answer, ...more] = inject(internetWith(spoofed), probe)
  expect(more).toEqual([])
  expect(isSound(answer!)).toBe(true)
  return answer!
}
const quoteOf = (answer: Answer): Uint8Array => answer.bytes.slice(28)

describe('a forged reply', () => {
  it.each(['time-exceeded', 'unreachable'] as const)('%s quotes the target, but no cookie of ours', (kind) => {
    const probe = udpProbe(ENDS, 5000, 33_434, new Uint8Array(20).fill(0x77))
    const answer = forged({ kind, delayMs: 3 }, probe)
    expect(answer.icmp?.type).toBe(kind === 'time-exceeded' ? 11 : 3)
    expect(answer.ip).toMatchObject({ source: address(FORGER), destination: VANTAGE })
    expect(answer.afterUs).toBe(3000)
    const quote = quoteOf(answer)
    expect(verifiesIpv4Checksum(quote, 0, quote.length)).toBe(true)
    expect(readIpv4(quote, 0, quote.length)).toMatchObject({ source: VANTAGE, destination: HOST, protocol: 17, ttl: 1 })
    expect(quote.slice(20, 28)).not.toEqual(probe.slice(20, 28))
    expect(readUint16(quote, 4)).not.toBe(readUint16(probe, 4))
  })

  it('may quote another target, or noise', () => {
    const wrong = quoteOf(forged({ quote: 'wrong-target' }, udpProbe(ENDS, 1, 2, new Uint8Array(4))))
    expect(readIpv4(wrong, 0, wrong.length)?.destination).not.toBe(HOST)
    expect((readIpv4(wrong, 0, wrong.length)?.destination ?? 0) >>> 8).toBe(HOST >>> 8)
    const noise = quoteOf(forged({ quote: 'random' }, udpProbe(ENDS, 1, 2, new Uint8Array(4))))
    expect(verifiesIpv4Checksum(noise, 0, noise.length)).toBe(false)
  })

  it('may be an echo reply or a SYN-ACK that answers nothing', () => {
    const echo = forged({ kind: 'echo-reply', source: 'target' }, echoProbe(ENDS, 4711, 8))
    expect(echo.icmp?.type).toBe(0)
    expect(echo.ip.source).toBe(HOST)
    expect([echo.icmp?.id, echo.icmp?.sequence]).not.toEqual([4711, 8])
    const synAck = forged(
      { kind: 'syn-ack', source: 'target' },
      tcpProbe(ENDS, { sourcePort: 4000, destinationPort: 80, sequence: 1000 }),
    )
    expect(synAck.tcp).toMatchObject({ sourcePort: 80, flags: 0x12 })
    expect(synAck.tcp?.acknowledgement).not.toBe(1001)
  })

  it('comes in the family of the probe', () => {
    const ends = { destination: twinOf(HOST), ttl: 2 }
    const probes = [echoProbe6(ends, 1, 1), tcpProbe6(ends, 1, 80), udpProbe6(ends, 1, 9, new Uint8Array(9))]
    for (const kind of ['time-exceeded', 'unreachable', 'echo-reply', 'syn-ack'] as const) {
      for (const quote of ['wrong-cookie', 'wrong-target', 'random'] as const) {
        for (const probe of probes) {
          const [answer] = inject6(internetWith({ kind, quote }), probe)
          expect(isSound6(answer!)).toBe(true)
          expect(answer?.ip).toMatchObject({ source: twinOf(address(FORGER)), destination: twinOf(VANTAGE) })
          if (answer?.icmp?.type === 3 && quote === 'wrong-cookie') {
            const inner = answer.bytes.slice(48)
            expect(readIpv6(inner, 0, inner.length)).toMatchObject({ hopLimit: 1, destination: twinOf(HOST) })
          }
        }
      }
    }
  })

  it('is drawn by its share, also where nobody answers, and changes nothing else', () => {
    const run = (spoofedReplies: Spoofed[]): { answers: string[]; forgedCount: number } => {
      const faults = { loss: 0.1, duplicate: 0.1, jitterMs: 3 }
      const internet = internetOf({ path: ['r1'], density: 0.5 }, { routers: routerChain(1), faults, spoofedReplies })
      const answers = Array.from({ length: 1000 }, (_, index) =>
        injectRaw(
          internet,
          udpProbe({ ...ENDS, destination: HOST + (index % 90), ttl: 9 }, index, 9, new Uint8Array(4)),
        ),
      ).flat()
      return {
        answers: answers.map(({ bytes, timeUs }) => `${timeUs} ${Buffer.from(bytes).toString('hex')}`),
        forgedCount: internet.counters().forged,
      }
    }
    const honest = run([])
    const spoofed = run([{ share: 0.3, kind: 'unreachable', source: FORGER }])
    expect(honest.forgedCount).toBe(0)
    expect(spoofed.forgedCount).toBeGreaterThan(240)
    expect(spoofed.forgedCount).toBeLessThan(360)
    const others = spoofed.answers.filter((answer) => honest.answers.includes(answer))
    expect(others.length).toBe(honest.answers.length)
    expect(spoofed.answers.length).toBe(honest.answers.length + spoofed.forgedCount)
    expect(run([{ share: 0.3, kind: 'unreachable', source: FORGER }])).toEqual(spoofed)
  })
})
