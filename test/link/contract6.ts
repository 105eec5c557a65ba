/**
 * What a link that was resolved for IPv6 must do, beside the contract in contract.ts: run with a network behind it whose hosts
 * answer ICMPv6 echo and have no UDP port open.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ipv6, ipv4, ipv6FromBytes } from '../../src/core/ip.ts'
import type { CaptureFilter, Link, Receiver, Transmitter } from '../../src/link/contract.ts'
import { checksum, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { readIcmpv6 } from '../../src/wire/icmpv6.ts'
import { readIpv6 } from '../../src/wire/ipv6.ts'
import { type Heard, listen } from './contract.ts'
import { echoProbe, udpProbe } from './probes.ts'
import { echoProbe6, udpProbe6 } from './probes6.ts'
import { batchOf, batchOf6 } from './target-batch.ts'

export interface Link6UnderTest {
  link: Link
  /** At least three. The last has its address as its own: a kernel sends errors from no address of an AnyIP prefix. */
  hosts: readonly Ipv6[]
  /** Of a reply as it arrives; 0 where the link does not know. */
  replyHopLimit: number
}

const SLOT_BYTES = 128
const ECHO_ID = 0x4c36
const QUIET_MS = 200

/** Source, ICMPv6 type and code, sequence number, hop limit of one that was heard. */
const readAnswer = ({ bytes }: Heard) => {
  const header = readIpv6(bytes, 0, bytes.length)
  if (header?.protocol !== 58) return null
  const message = readIcmpv6(bytes, header.payloadOffset, header.payloadBytes)
  if (message === null) return null
  const pseudo = pseudoHeaderSum6(header.source, header.destination, 58, header.payloadBytes)
  const { source, hopLimit } = header
  const sound = checksum(bytes, header.payloadOffset, header.payloadBytes, pseudo) === 0
  return { source, hopLimit, kind: `${message.type}/${message.code}`, sequence: message.sequence, sound, message }
}

export const describeLink6 = (name: string, makeLink: () => Link6UnderTest | Promise<Link6UnderTest>): void => {
  describe(`${name} carries IPv6`, () => {
    let tested: Link6UnderTest
    let link: Link
    let source: Ipv6
    let transmitter: Transmitter
    let receivers: Receiver[] = []

    beforeEach(async () => {
      tested = await makeLink()
      link = tested.link
      source = link.spec.sourceAddress6!
      transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: 8 })
    })
    afterEach(async () => {
      for (const receiver of receivers) await receiver.close()
      receivers = []
      await transmitter.close()
      await link.close()
    })

    const filter = (protocols: CaptureFilter['protocols'], destination: Ipv6 = source): CaptureFilter => ({
      destinations: [],
      destinations6: [destination],
      protocols,
    })
    const open = (asked: CaptureFilter, snapBytes = 256): Receiver => {
      const receiver = link.openReceiver({ filter: asked, snapBytes })
      receivers.push(receiver)
      return receiver
    }
    const fill = (packets: readonly Uint8Array[]): void => {
      for (const [slot, packet] of packets.entries()) {
        transmitter.memory.set(packet, slot * SLOT_BYTES)
        transmitter.lengths[slot] = packet.length
      }
    }
    const sendEchoes = async (hosts: readonly Ipv6[]): Promise<number> => {
      fill(hosts.map((destination, sequence) => echoProbe6({ source, destination }, ECHO_ID, sequence)))
      return await transmitter.send(batchOf6(hosts), hosts.length)
    }
    const isReply = (bytes: Uint8Array): boolean => readAnswer({ bytes, timeUs: 0 })?.kind === '129/0'

    it('says so in its spec', () => {
      expect(link.spec).toMatchObject({ sourceAddress: 0, sourceAddress6: source })
      expect(typeof source).toBe('bigint')
    })

    it('brings the answer of every host exactly once, with its hop limit, on time', async () => {
      const receiver = open(filter(['icmp']))
      const beforeUs = link.clock.nowUs()
      expect(await sendEchoes(tested.hosts)).toBe(tested.hosts.length)
      const heard = await listen(link, receiver, tested.hosts.length, isReply)
      expect(await listen(link, receiver, 1, isReply, QUIET_MS)).toEqual([])
      const answers = heard.map(readAnswer).sort((a, b) => a!.sequence - b!.sequence)
      const { replyHopLimit: hopLimit } = tested
      expect(answers).toMatchObject(
        tested.hosts.map((host, sequence) => ({ source: host, sequence, hopLimit, sound: true })),
      )
      for (const { timeUs } of heard) expect(timeUs).toBeGreaterThanOrEqual(beforeUs - 5000)
      expect(transmitter.counters()).toMatchObject({ sent: tested.hosts.length, failed: 0 })
    })

    it('brings the ICMPv6 error for a closed port, with what it quotes', async () => {
      const destination = tested.hosts.at(-1)
      const receiver = open(filter(['icmp']))
      const probe = udpProbe6({ source, destination: destination! }, 40_000, 33_434, new Uint8Array(8).fill(7))
      fill([probe])
      expect(await transmitter.send(batchOf6([destination!]), 1)).toBe(1)
      const [heard] = await listen(link, receiver, 1, (bytes) => readAnswer({ bytes, timeUs: 0 })?.kind === '1/4')
      const answer = readAnswer(heard!)!
      expect(answer.source).toBe(destination)
      const { payloadOffset } = answer.message
      expect(ipv6FromBytes(heard!.bytes, payloadOffset + 24)).toBe(destination)
      expect(heard!.bytes.subarray(payloadOffset + 40, payloadOffset + 48)).toEqual(probe.subarray(40, 48))
    })

    it('lets through only the protocols and the destination of the filter', async () => {
      const strangers = [open(filter(['udp'])), open(filter(['icmp'], tested.hosts[0]!))]
      const receiver = open(filter(['icmp']))
      await sendEchoes(tested.hosts.slice(0, 1))
      expect((await listen(link, receiver, 1, isReply)).length).toBe(1)
      for (const stranger of strangers) expect(await listen(link, stranger, 1, isReply, QUIET_MS)).toEqual([])
    })

    it('cuts packets to the snap length', async () => {
      const receiver = open(filter(['icmp']), 48)
      await sendEchoes(tested.hosts.slice(0, 1))
      expect((await listen(link, receiver, 1, isReply))[0]?.bytes.length).toBe(48)
    })

    it('sends nothing of a batch in which a packet is addressed to another than its target', async () => {
      const [first, second, third] = tested.hosts
      fill([first, second].map((destination) => echoProbe6({ source, destination: destination! }, ECHO_ID, 0)))
      const attempt = async (): Promise<number> => await transmitter.send(batchOf6([first!, third!]), 2)
      await expect(attempt()).rejects.toMatchObject({ code: 'ERR_INTERNAL', message: expect.stringMatching(/slot 1/) })
      expect(transmitter.counters().sent).toBe(0)
    })

    it('refuses IPv4 packets, IPv4 targets and IPv4 filters', async () => {
      const [host] = tested.hosts
      const old = { source: ipv4(0x0a000001), destination: ipv4(0x0a000002) }
      const attempts = [
        [echoProbe(old, 1, 1), batchOf6([host!])],
        [udpProbe(old, 1, 1, new Uint8Array(40)), batchOf6([host!])],
        [echoProbe(old, 1, 1), batchOf([old.destination])],
      ] as const
      for (const [packet, targets] of attempts) {
        fill([packet])
        const attempt = async (): Promise<number> => await transmitter.send(targets, 1)
        await expect(attempt()).rejects.toMatchObject({ code: 'ERR_INTERNAL' })
      }
      const wrong: CaptureFilter = { destinations: [old.source], protocols: ['icmp'] }
      expect(() => open(wrong)).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }))
    })
  })
}
