import { describe, expect, it } from 'vitest'
import type { Link } from '../../src/link/contract.ts'
import { type FaultLink, faultLink, type LinkFaults } from '../../src/link/fault-link.ts'
import { NO_FAULTS, REORDER_HOLD_US } from '../../src/link/packet-fault.ts'
import { simLinkKind } from '../../src/link/sim-link.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { describeLink, listen } from './contract.ts'
import { echoProbe } from './probes.ts'
import { FIRST_HOST, HOSTS, smallWorld, VANTAGE } from './small-world.ts'
import { batchOf } from './target-batch.ts'

const innerLink = async (): Promise<Link> => {
  const kind = simLinkKind(smallWorld(), { sourceAddress: VANTAGE })
  return kind.open(await kind.resolve({}), { mayBlock: true })
}

/** The same link as one that lets the event loop run: every answer is a promise. */
const asynchronous = (link: Link): Link => ({
  ...link,
  openTransmitter(options) {
    const inner = link.openTransmitter(options)
    return { ...inner, send: async (targets, count) => await inner.send(targets, count) }
  },
  openReceiver(options) {
    const inner = link.openReceiver(options)
    return { ...inner, poll: async (handler, timeoutMs) => await inner.poll(handler, timeoutMs) }
  },
})

describeLink('fault-link without faults', async () => ({
  link: faultLink(await innerLink(), NO_FAULTS, 'none'),
  hosts: HOSTS,
}))

describeLink('fault-link without faults, over a link of promises', async () => ({
  link: faultLink(asynchronous(await innerLink()), NO_FAULTS, 'none'),
  hosts: HOSTS,
}))

describeLink('fault-link with delay', async () => ({
  link: faultLink(await innerLink(), { ...NO_FAULTS, delayMs: 3, jitterMs: 2 }, 'slow'),
  hosts: HOSTS,
}))

interface Outcome {
  link: FaultLink
  sequences: number[]
  packets: string[]
  timesUs: number[]
}

/** 512 echo probes in batches of 64, all answers heard. */
const run = async (faults: Partial<LinkFaults>, seed: string): Promise<Outcome> => {
  const link = faultLink(await innerLink(), { ...NO_FAULTS, ...faults }, seed)
  const receiver = link.openReceiver({ filter: { destinations: [VANTAGE], protocols: ['icmp'] }, snapBytes: 128 })
  const transmitter = link.openTransmitter({ slotBytes: 64, slots: 64 })
  const startUs = link.clock.nowUs()
  for (let batch = 0; batch < 8; batch += 1) {
    for (const [slot, host] of HOSTS.entries()) {
      const probe = echoProbe({ source: VANTAGE, destination: host }, 7, batch * 64 + slot)
      transmitter.memory.set(probe, slot * 64)
      transmitter.lengths[slot] = probe.length
    }
    expect(await transmitter.send(batchOf(HOSTS), 64)).toBe(64)
  }
  const heard = await listen(link, receiver, Number.POSITIVE_INFINITY, () => true, 500)
  return {
    link,
    sequences: heard.map(({ bytes }) => readIcmp(bytes, 20, bytes.length - 20)?.sequence ?? -1),
    packets: heard.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
    timesUs: heard.map(({ timeUs }) => timeUs - startUs),
  }
}

describe('fault-link', () => {
  it('does the same again for the same seed, and something else for another', async () => {
    const faults = { loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1, truncate: 0.1, delayMs: 1, jitterMs: 3 }
    const first = await run(faults, 'one')
    const again = await run(faults, 'one')
    const other = await run(faults, 'two')
    expect(again.packets).toEqual(first.packets)
    expect(again.timesUs).toEqual(first.timesUs)
    expect(again.link.faultCounters()).toEqual(first.link.faultCounters())
    expect(other.packets).not.toEqual(first.packets)
  })

  it('loses the given share in each direction, and counts it', async () => {
    const { link, sequences } = await run({ loss: 0.2 }, 'loss')
    const { transmit, receive } = link.faultCounters()
    expect(transmit.lost / 512).toBeCloseTo(0.2, 1)
    expect(receive.lost / (512 - transmit.lost)).toBeCloseTo(0.2, 1)
    expect(sequences.length).toBe(512 - transmit.lost - receive.lost)
    expect(new Set(sequences).size).toBe(sequences.length)
  })

  it('loses everything, and nothing', async () => {
    expect((await run({ loss: 1 }, 'all')).sequences).toEqual([])
    expect((await run({}, 'none')).sequences.length).toBe(512)
  })

  it('duplicates', async () => {
    const { link, sequences } = await run({ duplicate: 0.25 }, 'duplicate')
    const { transmit, receive } = link.faultCounters()
    expect(transmit.duplicated).toBeGreaterThan(80)
    expect(sequences.length).toBe(512 + transmit.duplicated + receive.duplicated)
    expect(new Set(sequences).size).toBe(512)
  })

  it('holds packets back behind later ones', async () => {
    const { link, sequences, timesUs } = await run({ reorder: 0.1 }, 'reorder')
    const { transmit, receive } = link.faultCounters()
    expect(transmit.reordered).toBeGreaterThan(20)
    expect(timesUs.filter((timeUs) => timeUs === 10_000 + REORDER_HOLD_US).length).toBe(receive.reordered)
    expect(sequences).not.toEqual([...sequences].sort((a, b) => a - b))
    expect(new Set(sequences).size).toBe(512)
  })

  it('flips single bits', async () => {
    const { link, packets } = await run({ corrupt: 0.3 }, 'corrupt')
    const { transmit, receive } = link.faultCounters()
    // What was damaged on the way out fails a checksum at the far end.
    expect(packets.length).toBe(512 - transmit.corrupted)
    const clean = new Set((await run({}, 'none')).packets)
    const damaged = packets.filter((packet) => !clean.has(packet))
    expect(damaged.length).toBe(receive.corrupted)
    expect(receive.corrupted).toBeGreaterThan(60)
  })

  it('cuts packets short', async () => {
    const { link, packets } = await run({ truncate: 0.3 }, 'truncate')
    const { transmit, receive } = link.faultCounters()
    expect(packets.length).toBe(512 - transmit.truncated)
    expect(packets.filter((packet) => packet.length < 88).length).toBe(receive.truncated)
    expect(receive.truncated).toBeGreaterThan(60)
  })

  it('delays by twice the one-way delay, spread by the jitter', async () => {
    const { timesUs } = await run({ delayMs: 10, jitterMs: 4 }, 'delay')
    const roundTripUs = 10_000
    expect(Math.min(...timesUs)).toBeGreaterThanOrEqual(roundTripUs + 20_000)
    expect(Math.max(...timesUs)).toBeLessThanOrEqual(roundTripUs + 28_000)
    expect(Math.max(...timesUs) - Math.min(...timesUs)).toBeGreaterThan(6000)
  })

  it('refuses shares that are none', async () => {
    const link = await innerLink()
    expect(() => faultLink(link, { ...NO_FAULTS, loss: 1.5 }, 'x')).toThrow(/out of range/)
    expect(() => faultLink(link, { ...NO_FAULTS, delayMs: -1 }, 'x')).toThrow(/out of range/)
  })

  it('gives a transmitter’s target check before anything is drawn', async () => {
    const link = faultLink(await innerLink(), { ...NO_FAULTS, loss: 1 }, 'check')
    const transmitter = link.openTransmitter({ slotBytes: 64, slots: 1 })
    const probe = echoProbe({ source: VANTAGE, destination: FIRST_HOST }, 7, 1)
    transmitter.memory.set(probe)
    transmitter.lengths[0] = probe.length
    expect(() => transmitter.send(batchOf([FIRST_HOST + 1]), 1)).toThrow(/addressed to/)
    expect(link.faultCounters().transmit.lost).toBe(0)
  })
})
