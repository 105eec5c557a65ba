import { describe, expect, it } from 'vitest'
import { InterplotError } from '../../src/core/errors.ts'
import type { Link, LinkKind, Receiver } from '../../src/link/contract.ts'
import { type SimNetwork, simLinkKind } from '../../src/link/sim-link.ts'
import { describeLink } from './contract.ts'
import { echoProbe } from './probes.ts'
import { FIRST_HOST, HOSTS, smallWorld, VANTAGE } from './small-world.ts'
import { batchOf } from './target-batch.ts'

const START_US = 1_000_000

const openLink = async (kind: LinkKind): Promise<Link> => kind.open(await kind.resolve({}), { mayBlock: true })

describeLink('sim-link', async () => ({
  link: await openLink(simLinkKind(smallWorld(), { sourceAddress: VANTAGE })),
  hosts: HOSTS,
}))

/** Answers every probe with itself, at the given times after it left. */
const echoingNetwork = (delaysUs: readonly number[]): SimNetwork => ({
  inject(bytes, offset, length, timeUs, answer) {
    for (const [index, delayUs] of delaysUs.entries()) {
      const packet = bytes.slice(offset, offset + length)
      packet[packet.length - 1] = index
      answer(packet, timeUs + delayUs)
    }
  },
})

interface Bench {
  link: Link
  receiver: Receiver
  send(count: number): number | Promise<number>
  poll(timeoutMs: number): Promise<{ last: number; timeUs: number }[]>
}

const openBench = async (network: SimNetwork, bufferPackets?: number): Promise<Bench> => {
  const options = { sourceAddress: FIRST_HOST, startUs: START_US }
  const link = await openLink(
    simLinkKind(network, bufferPackets === undefined ? options : { ...options, bufferPackets }),
  )
  const receiver = link.openReceiver({ filter: { destinations: [FIRST_HOST], protocols: ['icmp'] }, snapBytes: 128 })
  const transmitter = link.openTransmitter({ slotBytes: 64, slots: 1 })
  const probe = echoProbe({ source: VANTAGE, destination: FIRST_HOST }, 1, 1)
  transmitter.memory.set(probe)
  transmitter.lengths[0] = probe.length
  return {
    link,
    receiver,
    async send(count) {
      for (let each = 0; each < count; each += 1) await transmitter.send(batchOf([FIRST_HOST]), 1)
      return count
    },
    async poll(timeoutMs) {
      const heard: { last: number; timeUs: number }[] = []
      await receiver.poll((bytes, offset, length, timeUs) => {
        heard.push({ last: bytes[offset + length - 1]!, timeUs })
      }, timeoutMs)
      return heard
    },
  }
}

describe('virtual time', () => {
  it('stands still while nobody waits, and jumps to the next arrival', async () => {
    const { link, send, poll } = await openBench(echoingNetwork([700, 300]))
    await send(1)
    expect(link.clock.nowUs()).toBe(START_US)
    expect(await poll(0)).toEqual([])
    expect(link.clock.nowUs()).toBe(START_US)
    expect(await poll(1)).toEqual([{ last: 1, timeUs: START_US + 300 }])
    expect(link.clock.nowUs()).toBe(START_US + 300)
    expect(await poll(0.1)).toEqual([])
    expect(link.clock.nowUs()).toBe(START_US + 400)
    expect(await poll(1000)).toEqual([{ last: 0, timeUs: START_US + 700 }])
    expect(await poll(2)).toEqual([])
    expect(link.clock.nowUs()).toBe(START_US + 2700)
  })

  it('delivers in the order of arrival, and equal arrivals in the order of sending', async () => {
    const { link, send, poll } = await openBench(echoingNetwork([900, 100, 500, 100, 500, 100]))
    await send(1)
    expect(link.clock.sleepUntilUs(START_US + 1000)).toBeUndefined()
    expect((await poll(0)).map(({ last }) => last)).toEqual([1, 3, 5, 2, 4, 0])
  })

  it('goes on in the next link of the same kind', async () => {
    const kind = simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE, startUs: START_US })
    const first = await openLink(kind)
    first.clock.sleepUntilUs(START_US + 5)
    expect((await openLink(kind)).clock.nowUs()).toBe(START_US + 5)
  })

  it('returns from an endless poll of a silent network', async () => {
    const { poll } = await openBench(echoingNetwork([]))
    expect(await poll(Number.POSITIVE_INFINITY)).toEqual([])
  })
})

describe('the receive buffer', () => {
  it('is under pressure above a quarter and drops what exceeds it', async () => {
    const { link, receiver, send, poll } = await openBench(echoingNetwork([10]), 8)
    await send(2)
    link.clock.sleepUntilUs(START_US + 20)
    expect(receiver.underPressure()).toBe(false)
    await send(1)
    expect(receiver.underPressure()).toBe(false)
    link.clock.sleepUntilUs(START_US + 40)
    expect(receiver.underPressure()).toBe(true)
    await send(10)
    link.clock.sleepUntilUs(START_US + 60)
    expect((await poll(0)).length).toBe(8)
    expect(receiver.counters()).toEqual({ received: 8, droppedByKernel: 5 })
    expect(receiver.underPressure()).toBe(false)
  })

  it('lends packets only for the length of the call', async () => {
    const { link, receiver, send } = await openBench(echoingNetwork([10, 20]))
    await send(1)
    link.clock.sleepUntilUs(START_US + 30)
    const kept: Uint8Array[] = []
    await receiver.poll((bytes, offset, length) => kept.push(bytes.subarray(offset, offset + length)), 0)
    expect(kept[0]).toEqual(kept[1])
  })

  it('gets nothing after it was closed', async () => {
    const { link, receiver, send, poll } = await openBench(echoingNetwork([10]))
    await receiver.close()
    await send(1)
    link.clock.sleepUntilUs(START_US + 30)
    expect(await poll(0)).toEqual([])
  })
})

describe('the transmitter', () => {
  it.each([
    ['a slot size that is no multiple of 16', { slotBytes: 60, slots: 1 }],
    ['no slots', { slotBytes: 64, slots: 0 }],
  ])('refuses %s', async (_name, options) => {
    const link = await openLink(simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE }))
    expect(() => link.openTransmitter(options)).toThrow(InterplotError)
  })

  it.each([
    ['nothing written', 0, [FIRST_HOST], 1],
    ['a packet longer than the slot', 65, [FIRST_HOST], 1],
    ['more packets than targets', 44, [FIRST_HOST], 2],
    ['more packets than slots', 44, [FIRST_HOST, FIRST_HOST, FIRST_HOST], 3],
  ])('refuses %s', async (_name, length, targets, count) => {
    const link = await openLink(simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE }))
    const transmitter = link.openTransmitter({ slotBytes: 64, slots: 2 })
    const probe = echoProbe({ source: VANTAGE, destination: FIRST_HOST }, 1, 1)
    for (const slot of [0, 1]) transmitter.memory.set(probe, slot * 64)
    transmitter.lengths.fill(length)
    expect(() => transmitter.send(batchOf(targets), count)).toThrow(/slot/)
    expect(transmitter.counters().sent).toBe(0)
  })

  it('refuses packets beyond the MTU', async () => {
    const link = await openLink(simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE, mtu: 40 }))
    const transmitter = link.openTransmitter({ slotBytes: 64, slots: 1 })
    const probe = echoProbe({ source: VANTAGE, destination: FIRST_HOST }, 1, 1)
    transmitter.memory.set(probe)
    transmitter.lengths[0] = probe.length
    expect(() => transmitter.send(batchOf([FIRST_HOST]), 1)).toThrow(/at most 40/)
  })

  it('says that it is closed', async () => {
    const link = await openLink(simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE }))
    const transmitter = link.openTransmitter({ slotBytes: 64, slots: 1 })
    await transmitter.close()
    expect(() => transmitter.send(batchOf([FIRST_HOST]), 1)).toThrow(/closed/)
  })
})

describe('the kind', () => {
  const kind = simLinkKind(echoingNetwork([]), { sourceAddress: VANTAGE })

  it('takes another source address, and no other interface', async () => {
    expect(await kind.resolve({ sourceAddress: FIRST_HOST })).toMatchObject({
      link: 'sim',
      sourceAddress: FIRST_HOST,
      mtu: 1500,
    })
    expect(() => kind.resolve({ interfaceName: 'eth0' })).toThrow(/no interface "eth0"/)
  })

  it('needs nothing and is always there', () => {
    expect(kind.unavailable()).toBeNull()
    expect(kind.threads).toBe(false)
  })
})
