/**
 * Sending in batches with sendmmsg, from slots that the kernel reads in place, through whatever socket and to whatever
 * addresses the message table was made for. Source: sendmmsg(2).
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatIp, ipv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import type { LinkSpec, Transmitter, TransmitterCounters, TransmitterOptions } from './contract.ts'
import { MSG_DONTWAIT } from './kernel-constants.ts'
import { libc } from './libc.ts'
import type { MessageTable } from './message-table.ts'
import { DEFAULT_RETRIES, interfaceGone, waitUs } from './send-retry.ts'
import { checkSlots } from './slot-check.ts'

const { EAGAIN, EINTR, ENETDOWN, ENETUNREACH, ENOBUFS, ENODEV, ENXIO } = constants.errno

const goneError = (spec: LinkSpec, errno: number, { addresses, addresses6 }: TargetBatch, slot: number) => {
  if (errno !== ENETUNREACH) return interfaceGone(spec, errno)
  const target = formatIp(addresses6?.[slot] ?? ipv4(addresses[slot]!))
  return new InterplotError('ERR_LINK_SEND', `no route to ${target} through ${spec.interfaceName} any more`, {
    advice: `Look at: ip route get ${target}`,
  })
}

/** One call of sendmmsg: packets accepted, or what to do about the first of them. */
type Outcome = { sent: number } | 'later' | 'skip'

const makeSendOnce =
  (spec: LinkSpec, fd: number, table: MessageTable) =>
  (from: number, count: number, targets: TargetBatch): Outcome => {
    const sent = libc().sendmmsg(fd, table.headerAt(from), count - from, MSG_DONTWAIT)
    if (sent >= 0) return { sent }
    const errno = libc().errno()
    if (errno === ENOBUFS || errno === EAGAIN || errno === EINTR) return 'later'
    if (errno === ENETDOWN || errno === ENXIO || errno === ENODEV || errno === ENETUNREACH) {
      throw goneError(spec, errno, targets, from)
    }
    // A refusal of this one packet (a firewall, a target the kernel calls unreachable, a size over the MTU).
    return 'skip'
  }

/** Where a batch stands between two calls. */
interface Batch {
  targets: TargetBatch
  count: number
  next: number
  sent: number
  tries: number
}

/** Sends on until the batch is done (true) or the kernel wants a pause (false). */
const makeAdvance =
  (sendOnce: ReturnType<typeof makeSendOnce>, counters: TransmitterCounters, retries: number) =>
  (batch: Batch): boolean => {
    while (batch.next < batch.count) {
      const outcome = sendOnce(batch.next, batch.count, batch.targets)
      if (outcome === 'later') {
        counters.backoffs += 1
        batch.tries += 1
        if (batch.tries <= retries) return false
        counters.failed += batch.count - batch.next
        return true
      }
      const sent = outcome === 'skip' ? 0 : outcome.sent
      counters.sent += sent
      counters.failed += outcome === 'skip' ? 1 : 0
      batch.sent += sent
      batch.next += outcome === 'skip' ? 1 : sent
      batch.tries = 0
    }
    return true
  }

export interface MessageTransmitterOptions {
  spec: LinkSpec
  options: TransmitterOptions
  mayBlock: boolean
}

/** @param socket is closed with the transmitter. */
export const openMessageTransmitter = (
  socket: number,
  table: MessageTable,
  { spec, options, mayBlock }: MessageTransmitterOptions,
): Transmitter => {
  let fd = socket
  const { memory, lengths } = table
  const sendOnce = makeSendOnce(spec, fd, table)
  const counters: TransmitterCounters = { sent: 0, backoffs: 0, failed: 0 }

  const advance = makeAdvance(sendOnce, counters, options.retries ?? DEFAULT_RETRIES)

  const finishLater = async (batch: Batch): Promise<number> => {
    do {
      await new Promise((resolve) => setTimeout(resolve, waitUs(batch.tries) / 1000))
    } while (!advance(batch))
    return batch.sent
  }

  return {
    memory,
    lengths,
    send(targets, count) {
      if (fd < 0) throw new InterplotError('ERR_INTERNAL', 'send on a closed transmitter')
      checkSlots(memory, lengths, options, targets, count, spec)
      table.applyLengths(count)
      table.applyDestinations(count)
      const batch: Batch = { targets, count, next: 0, sent: 0, tries: 0 }
      while (!advance(batch)) {
        if (!mayBlock) return finishLater(batch)
        libc().usleep(waitUs(batch.tries))
      }
      return batch.sent
    },
    counters: () => ({ ...counters }),
    close() {
      if (fd < 0) return
      libc().close(fd)
      fd = -1
    },
  }
}
