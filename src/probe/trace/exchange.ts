/**
 * Probes and their answers over one link: who wants something known hands in a probe order and is called back once, with the
 * answer or with none. Everything that traces (a traceroute, multipath discovery, path MTU, the live view) stands on this and
 * knows neither packets nor time.
 *
 * One loop does all: it sends what the rate allows, hands over what has arrived, and gives up what has waited too long. Time is
 * the link's, so that over a simulated link a trace takes no time at all.
 */

import type { Clock } from '../../core/clock.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { TargetBatch } from '../../core/target-batch.ts'
import type { Link, Receiver, ReceiverCounters, Transmitter } from '../../link/contract.ts'
import { type CookieKey, cookieKey } from '../cookie.ts'
import { answerOf, type ProbeAnswer } from './answer.ts'
import { makeDeadlineQueue } from './deadline-queue.ts'
import type { ProbeSettings, TraceKind } from './kinds/contract.ts'
import { defaultPacketBytes, type PacketOptions, slotBytesFor, writeTracePacket } from './packet.ts'
import { readTraceReply, type TraceReply } from './reply.ts'
import { makeTracedTargets, type TracedTarget } from './traced-target.ts'

export interface ExchangeOptions {
  link: Link
  kind: TraceKind
  settings: ProbeSettings
  /** Makes the batch of one that lets a probe out. @throws InterplotError ERR_TARGET_BLOCKED */
  mint(target: IpAddress): TargetBatch
  /** Cookies follow from it. */
  seed: string
  ratePps: number
  /** Bytes of IP packet; absent: 60 for IPv4 and 80 for IPv6 (TCP: headers alone). */
  packetBytes?: number
  /** Type of service or traffic class. */
  tos?: number
  dontFragment?: boolean
  /** The index of a target's first probe is one more; tests begin near the end. */
  firstIndex?: number
}

export interface ProbeOrder {
  target: IpAddress
  /** 1 … 255 */
  ttl: number
  timeoutUs: number
  /** 0 when absent. */
  flow?: number
  /** Instead of the exchange's. */
  packetBytes?: number
  dontFragment?: boolean
}

export interface ProbeResult {
  /** When it left. */
  sentUs: number
  /** Null: nobody answered in time. */
  answer: ProbeAnswer | null
  /** The link would not take it: too big for the interface, refused by a firewall of this machine. */
  unsent: boolean
}

export interface ProbeTicket {
  /** Takes back an order that has not left yet; it is never settled. @returns false when it is out. */
  cancel(): boolean
  /** Waits no longer than until then for the answer. */
  shorten(timeUs: number): void
}

export interface ExchangeCounters {
  sent: number
  unsent: number
  received: number
  answered: number
  /** Answers to probes that were given up, or that had been answered. */
  late: number
  /** Packets that answer no probe of ours, by reason. */
  rejected: { malformed: number; fragment: number; checksum: number; unrelated: number; cookie: number }
}

export interface Exchange {
  readonly clock: Clock
  /** The link's own address. */
  readonly source: IpAddress
  readonly mtu: number
  readonly kind: TraceKind
  /** @param onSent called when it leaves. */
  submit(order: ProbeOrder, settle: (result: ProbeResult) => void, onSent?: (sentUs: number) => void): ProbeTicket
  /** Calls back at that time of the link's clock. */
  at(timeUs: number, action: () => void): void
  /**
   * Works until `done`, or until nothing is left to do.
   * @throws InterplotError ERR_LINK_SEND when the link is gone, ERR_TARGET_BLOCKED.
   */
  run(done?: () => boolean): Promise<void>
  counters(): ExchangeCounters
  receiverCounters(): ReceiverCounters
  close(): Promise<void>
}

/**
 * An ICMP error quotes at most what fits in the least MTU of IPv6 (RFC 4443 section 2.4); an echo reply is as long as its request,
 * which `--mtu` makes as long as the interface takes.
 */
const SNAP_BYTES = 1536
/** The longest wait without a look at what the person wants. */
const LONGEST_WAIT_US = 100_000
/** What a stall holds up is caught up with as one burst no longer than this. */
const MAX_DEBT_US = 5000

interface Pending {
  order: ProbeOrder
  settle: (result: ProbeResult) => void
  onSent: ((sentUs: number) => void) | undefined
  state: 'queued' | 'out' | 'done'
  traced: TracedTarget
  index: number
  sentUs: number
  deadlineUs: number
  /** The transport checksum as sent. */
  checksum: number
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openExchange = (options: ExchangeOptions): Exchange => {
  const { link, kind, settings } = options
  const { clock, spec } = link
  const source: IpAddress = spec.sourceAddress6 ?? spec.sourceAddress
  const slotBytes = slotBytesFor(spec.mtu)
  const transmitter: Transmitter = link.openTransmitter({ slotBytes, slots: 1 })
  const receiver: Receiver = link.openReceiver({
    filter: {
      destinations: spec.sourceAddress6 === undefined ? [spec.sourceAddress] : [],
      ...(spec.sourceAddress6 === undefined ? {} : { destinations6: [spec.sourceAddress6] }),
      protocols: ['icmp', ...kind.answers],
    },
    snapBytes: Math.max(SNAP_BYTES, spec.mtu),
  })
  const key: CookieKey = cookieKey(options.seed)
  const targets = makeTracedTargets<Pending>(key, options.firstIndex ?? 0)
  const queue: Pending[] = []
  const deadlines = makeDeadlineQueue<{ pending: Pending } | { action: () => void }>()
  const intervalUs = 1e6 / options.ratePps
  const counts: ExchangeCounters = {
    sent: 0,
    unsent: 0,
    received: 0,
    answered: 0,
    late: 0,
    rejected: { malformed: 0, fragment: 0, checksum: 0, unrelated: 0, cookie: 0 },
  }
  let dueUs = clock.nowUs()
  let outstanding = 0
  let actions = 0

  const settle = (pending: Pending, answer: ProbeAnswer | null, unsent = false): void => {
    if (pending.state === 'out') outstanding -= 1
    pending.state = 'done'
    pending.traced.forget(pending.index)
    pending.settle({ sentUs: pending.sentUs, answer, unsent })
  }

  const sendOne = async (pending: Pending): Promise<void> => {
    const { order, traced } = pending
    pending.index = traced.nextIndex(pending)
    const packet: PacketOptions = {
      source,
      target: order.target,
      ttl: order.ttl,
      tos: options.tos ?? 0,
      dontFragment: order.dontFragment ?? options.dontFragment ?? false,
      bytes: order.packetBytes ?? options.packetBytes ?? defaultPacketBytes(kind, order.target),
      index: pending.index,
      flow: order.flow ?? 0,
      cookie: traced.cookie,
      settings,
    }
    const written = writeTracePacket(transmitter.memory, 0, kind, packet)
    pending.checksum = written.checksum
    transmitter.lengths[0] = written.bytes
    pending.sentUs = clock.nowUs()
    pending.state = 'out'
    outstanding += 1
    pending.onSent?.(pending.sentUs)
    const sent = written.bytes > spec.mtu ? 0 : await transmitter.send(traced.batch, 1)
    if (sent === 0) {
      counts.unsent += 1
      settle(pending, null, true)
      return
    }
    counts.sent += 1
    pending.deadlineUs = pending.sentUs + order.timeoutUs
    deadlines.push(pending.deadlineUs, { pending })
  }

  const sendDue = async (): Promise<void> => {
    for (let nowUs = clock.nowUs(); queue.length > 0 && dueUs <= nowUs; nowUs = clock.nowUs()) {
      const pending = queue.shift()!
      if (pending.state !== 'queued') continue
      dueUs = Math.max(dueUs, nowUs - MAX_DEBT_US) + intervalUs
      await sendOne(pending)
    }
  }

  const fireDue = (): void => {
    const nowUs = clock.nowUs()
    for (let due = deadlines.popDue(nowUs); due !== undefined; due = deadlines.popDue(nowUs)) {
      if ('action' in due) {
        actions -= 1
        due.action()
      } else if (due.pending.state === 'out' && due.pending.deadlineUs <= nowUs) settle(due.pending, null)
    }
  }

  const accept = (reply: TraceReply, timeUs: number): void => {
    const traced = targets.find(reply.target)
    const index = traced === undefined ? -1 : kind.indexOf(reply, traced.cookie, settings)
    if (traced === undefined || index < 0) {
      counts.rejected[traced === undefined ? 'unrelated' : 'cookie'] += 1
      return
    }
    const id = reply.quotedId ?? index
    const pending = traced.find(kind.prefersIdentification ? [id, index] : [index, id])
    if (pending === undefined || pending.state !== 'out') {
      counts.late += 1
      return
    }
    counts.answered += 1
    settle(pending, answerOf(reply, { source, sentUs: pending.sentUs, checksum: pending.checksum }, timeUs))
  }

  const onPacket = (bytes: Uint8Array, offset: number, length: number, timeUs: number, unsummed = false): void => {
    counts.received += 1
    const reply = readTraceReply(bytes, offset, length, unsummed)
    if (typeof reply === 'string') counts.rejected[reply] += 1
    else accept(reply, timeUs)
  }

  return {
    clock,
    source,
    mtu: spec.mtu,
    kind,
    submit(order, onSettled, onSent) {
      const traced = targets.get(order.target, () => options.mint(order.target))
      const pending: Pending = {
        order,
        settle: onSettled,
        onSent,
        state: 'queued',
        traced,
        index: -1,
        sentUs: 0,
        deadlineUs: 0,
        checksum: 0,
      }
      queue.push(pending)
      return {
        cancel() {
          if (pending.state !== 'queued') return false
          pending.state = 'done'
          return true
        },
        shorten(timeUs) {
          if (pending.state !== 'out' || timeUs >= pending.deadlineUs) return
          pending.deadlineUs = timeUs
          deadlines.push(timeUs, { pending })
        },
      }
    },
    at(timeUs, action) {
      actions += 1
      deadlines.push(timeUs, { action })
    },
    async run(done = () => false) {
      dueUs = Math.max(dueUs, clock.nowUs() - MAX_DEBT_US)
      for (;;) {
        fireDue()
        if (done()) return
        await sendDue()
        while (queue[0]?.state === 'done') queue.shift()
        if (queue.length + outstanding + actions === 0) return
        const wakeUs = Math.min(deadlines.nextUs(), queue.length > 0 ? dueUs : Number.POSITIVE_INFINITY)
        // Whole microseconds: a smaller step would not move a clock of that many digits.
        const waitUs = Math.min(LONGEST_WAIT_US, Math.max(0, Math.ceil(wakeUs - clock.nowUs())))
        await receiver.poll(onPacket, waitUs / 1000)
      }
    },
    counters: () => ({ ...counts, rejected: { ...counts.rejected } }),
    receiverCounters: () => receiver.counters(),
    async close() {
      await transmitter.close()
      await receiver.close()
    },
  }
}
