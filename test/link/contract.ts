/**
 * What every link must do, whatever is below it: run by each link's tests with a network behind it that answers ICMP echo
 * and TCP. Times are taken from the link's own clock, so the same rows hold in virtual and in real time.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InterplotError } from '../../src/core/errors.ts'
import { ipv4 } from '../../src/core/ip.ts'
import type { CaptureFilter, Link, Receiver, Transmitter } from '../../src/link/contract.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { readIpv4 } from '../../src/wire/ipv4.ts'
import { readTcp, TCP_FLAG } from '../../src/wire/tcp.ts'
import { echoProbe, tcpProbe } from './probes.ts'
import { batchOf } from './target-batch.ts'

export interface LinkUnderTest {
  link: Link
  /** At least eight addresses that answer ICMP echo, and every TCP SYN with a SYN-ACK or a RST. */
  hosts: readonly number[]
  /** Removes what the test made, after the link was closed. */
  dispose?: () => void | Promise<void>
}

/** Longest wait for answers, on the link's clock. */
const PATIENCE_MS = 3000
const SLOT_BYTES = 128
const SLOTS = 16
const ECHO_ID = 0x4c49

export interface Heard {
  bytes: Uint8Array
  timeUs: number
}

/** Polls until `count` packets that satisfy `matches` have come, or the patience is over. */
export const listen = async (
  link: Link,
  receiver: Receiver,
  count: number,
  matches: (bytes: Uint8Array) => boolean = () => true,
  patienceMs = PATIENCE_MS,
): Promise<Heard[]> => {
  const heard: Heard[] = []
  const deadlineUs = link.clock.nowUs() + patienceMs * 1000
  while (heard.length < count && link.clock.nowUs() < deadlineUs) {
    await receiver.poll((bytes, offset, length, timeUs) => {
      const copy = bytes.slice(offset, offset + length)
      if (matches(copy)) heard.push({ bytes: copy, timeUs })
    }, 50)
  }
  return heard
}

const isEchoReply = (bytes: Uint8Array): boolean => {
  const header = readIpv4(bytes, 0, bytes.length)
  if (header?.protocol !== 1) return false
  const message = readIcmp(bytes, header.payloadOffset, header.payloadBytes)
  return message?.type === 0 && message.id === ECHO_ID
}

const fillSlot = (transmitter: Transmitter, slot: number, packet: Uint8Array): void => {
  transmitter.memory.set(packet, slot * SLOT_BYTES)
  transmitter.lengths[slot] = packet.length
}

const echoFilter = (link: Link): CaptureFilter => ({ destinations: [link.spec.sourceAddress], protocols: ['icmp'] })

/** @param carries `echo`: a link that carries ICMP echo alone must refuse everything else, not lose it. */
export const describeLink = (
  name: string,
  makeLink: () => LinkUnderTest | Promise<LinkUnderTest>,
  carries: 'everything' | 'echo' = 'everything',
): void => {
  describe(`${name} keeps the link contract`, () => {
    let tested: LinkUnderTest
    let link: Link
    let transmitter: Transmitter
    const receivers: Receiver[] = []

    const openReceiver = (filter: CaptureFilter, snapBytes = 256): Receiver => {
      const receiver = link.openReceiver({ filter, snapBytes })
      receivers.push(receiver)
      return receiver
    }
    const echoTo = (host: number, sequence: number): Uint8Array =>
      echoProbe({ source: link.spec.sourceAddress, destination: host }, ECHO_ID, sequence)
    const sendEchoes = async (hosts: readonly number[]): Promise<number> => {
      for (const [slot, host] of hosts.entries()) fillSlot(transmitter, slot, echoTo(host, slot))
      return await transmitter.send(batchOf(hosts), hosts.length)
    }

    beforeEach(async () => {
      tested = await makeLink()
      link = tested.link
      transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: SLOTS })
    })
    afterEach(async () => {
      for (const receiver of receivers.splice(0)) await receiver.close()
      await transmitter.close()
      await link.close()
      await tested.dispose?.()
    })

    it('brings the answer of every host exactly once', async () => {
      const receiver = openReceiver(echoFilter(link))
      const hosts = tested.hosts.slice(0, 8)
      expect(await sendEchoes(hosts)).toBe(8)
      const heard = await listen(link, receiver, 8, isEchoReply)
      const later = await listen(link, receiver, 1, isEchoReply, 200)
      const answered = heard.map(({ bytes }) => readIpv4(bytes, 0, bytes.length)?.source)
      expect(answered.sort()).toEqual([...hosts].sort())
      expect(later).toEqual([])
      expect(transmitter.counters()).toMatchObject({ sent: 8, failed: 0 })
      expect(receiver.counters().received).toBeGreaterThanOrEqual(8)
      expect(receiver.counters().droppedByKernel).toBe(0)
    })

    it('stamps arrivals between the sending and the reading', async () => {
      const receiver = openReceiver(echoFilter(link))
      const beforeUs = link.clock.nowUs()
      await sendEchoes(tested.hosts.slice(0, 4))
      const heard = await listen(link, receiver, 4, isEchoReply)
      const afterUs = link.clock.nowUs()
      expect(heard.length).toBe(4)
      // A kernel's stamps and our clock may differ by the length of a tick.
      for (const { timeUs } of heard) {
        expect(timeUs).toBeGreaterThanOrEqual(beforeUs - 5000)
        expect(timeUs).toBeLessThanOrEqual(afterUs + 5000)
      }
    })

    it('keeps what was written into a slot', async () => {
      const receiver = openReceiver(echoFilter(link))
      const [host = 0] = tested.hosts
      await sendEchoes([host])
      const template = echoTo(host, 0)
      expect(transmitter.memory.slice(0, template.length)).toEqual(template)
      expect(await transmitter.send(batchOf([host]), 1)).toBe(1)
      expect((await listen(link, receiver, 2, isEchoReply)).length).toBe(2)
    })

    it('sends nothing of a batch in which a packet is addressed to another than its target', async () => {
      const [first = 0, second = 0, third = 0] = tested.hosts
      fillSlot(transmitter, 0, echoTo(first, 0))
      fillSlot(transmitter, 1, echoTo(second, 1))
      const receiver = openReceiver(echoFilter(link))
      const attempt = async (): Promise<number> => await transmitter.send(batchOf([first, third]), 2)
      await expect(attempt()).rejects.toThrow(InterplotError)
      await expect(attempt()).rejects.toMatchObject({ code: 'ERR_INTERNAL' })
      expect(transmitter.counters().sent).toBe(0)
      expect(await listen(link, receiver, 1, isEchoReply, 200)).toEqual([])
    })

    it('sends only as many slots as it is told', async () => {
      const receiver = openReceiver(echoFilter(link))
      const hosts = tested.hosts.slice(0, 3)
      for (const [slot, host] of hosts.entries()) fillSlot(transmitter, slot, echoTo(host, slot))
      expect(await transmitter.send(batchOf(hosts), 0)).toBe(0)
      expect(await transmitter.send(batchOf(hosts), 1)).toBe(1)
      expect((await listen(link, receiver, 2, isEchoReply, 300)).length).toBe(1)
    })

    if (carries === 'echo') {
      it.each([
        ['TCP', ['tcp'], 0],
        ['UDP beside ICMP', ['icmp', 'udp'], 0],
        ['ICMP to another address', ['icmp'], 1],
      ] as const)('refuses to hear %s', (_name, protocols, distance) => {
        const destinations = [ipv4(link.spec.sourceAddress + distance)]
        expect(() => openReceiver({ destinations, protocols })).toThrow(InterplotError)
      })

      it('refuses to send TCP, and nothing of its batch leaves', async () => {
        const [host = 0, other = 0] = tested.hosts
        const receiver = openReceiver(echoFilter(link))
        const ends = { source: link.spec.sourceAddress, destination: other }
        fillSlot(transmitter, 0, echoTo(host, 0))
        // In the place of an ICMP type stands 8, echo request.
        fillSlot(transmitter, 1, tcpProbe(ends, { sourcePort: 0x0800, destinationPort: 80 }))
        const attempt = async (): Promise<number> => await transmitter.send(batchOf([host, other], [0, 80]), 2)
        await expect(attempt()).rejects.toMatchObject({ code: 'ERR_INTERNAL' })
        expect(transmitter.counters().sent).toBe(0)
        expect(await listen(link, receiver, 1, isEchoReply, 200)).toEqual([])
      })
    } else {
      it('lets through only the protocols of the filter', async () => {
        const tcpOnly = openReceiver({ destinations: [link.spec.sourceAddress], protocols: ['tcp'] })
        const echoes = openReceiver(echoFilter(link))
        await sendEchoes(tested.hosts.slice(0, 2))
        expect((await listen(link, echoes, 2, isEchoReply)).length).toBe(2)
        expect(await listen(link, tcpOnly, 1, isEchoReply, 100)).toEqual([])
      })

      it('lets through only the ports of the filter', async () => {
        const [host = 0] = tested.hosts
        const ends = { source: link.spec.sourceAddress, destination: host }
        const ports = { first: 41_000, last: 41_001 }
        const receiver = openReceiver({ destinations: [link.spec.sourceAddress], protocols: ['tcp'], ports })
        for (const [slot, sourcePort] of [40_999, 41_000, 41_001, 41_002].entries()) {
          fillSlot(transmitter, slot, tcpProbe(ends, { sourcePort, destinationPort: 80 }))
        }
        expect(await transmitter.send(batchOf([host, host, host, host], [80, 80, 80, 80]), 4)).toBe(4)
        const heard = await listen(link, receiver, 3, () => true, 300)
        const segments = heard.map(({ bytes }) => readTcp(bytes, 20, bytes.length - 20))
        expect(new Set(segments.map((segment) => segment?.destinationPort))).toEqual(new Set([41_000, 41_001]))
        for (const segment of segments) expect((segment?.flags ?? 0) & (TCP_FLAG.syn | TCP_FLAG.rst)).not.toBe(0)
      })

      it('lets through nothing that is for another address', async () => {
        const [other = 0] = tested.hosts
        const stranger = openReceiver({ destinations: [ipv4(other)], protocols: ['icmp'] })
        await sendEchoes(tested.hosts.slice(0, 2))
        expect(await listen(link, stranger, 1, isEchoReply, 100)).toEqual([])
      })
    }

    it('cuts packets to the snap length', async () => {
      const receiver = openReceiver(echoFilter(link), 32)
      await sendEchoes(tested.hosts.slice(0, 1))
      const [heard] = await listen(link, receiver, 1)
      expect(heard?.bytes.length).toBe(32)
    })

    it('returns at once from a poll without patience, and later from one with it', async () => {
      const silent: CaptureFilter = { destinations: [link.spec.sourceAddress], protocols: ['udp'] }
      const receiver = openReceiver(carries === 'echo' ? echoFilter(link) : silent)
      expect(await receiver.poll(() => undefined, 0)).toBe(0)
      const beforeUs = link.clock.nowUs()
      expect(await receiver.poll(() => undefined, 40)).toBe(0)
      expect(link.clock.nowUs() - beforeUs).toBeGreaterThanOrEqual(35_000)
      expect(receiver.underPressure()).toBe(false)
    })

    it('has a clock that sleeps and never goes back', async () => {
      const beforeUs = link.clock.nowUs()
      await link.clock.sleepUntilUs(beforeUs + 20_000)
      const awakeUs = link.clock.nowUs()
      expect(awakeUs).toBeGreaterThanOrEqual(beforeUs + 19_000)
      await link.clock.sleepUntilUs(beforeUs)
      expect(link.clock.nowUs()).toBeGreaterThanOrEqual(awakeUs)
    })
  })
}
