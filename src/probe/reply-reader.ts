/**
 * The receiving side of a scan: each arrived packet is checked (shape, cookie, checksums), told apart (answer, or ICMP error
 * with our probe quoted), deduplicated and written as one row of the current batch. Everything that is not a reply to
 * this run's probes is counted by its reason. A fragment is none, the first one neither: its checksum is over bytes that are not there.
 */

import {
  CLASSIFICATIONS,
  REPLY_COOLDOWN,
  REPLY_QUESTION_SHIFT,
  REPLY_REPEAT,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../core/reply-batch.ts'
import type { PacketHandler } from '../link/contract.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { checksum } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE, isIcmpError } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes, ipv4PayloadOffset, isFragment } from '../wire/ipv4.ts'
import { verifiesTransportChecksum } from '../wire/transport-checksum.ts'
import type { CanaryTable } from './canary-table.ts'
import { type EarlierReplies, makeDedup, rememberEarlier } from './dedup.ts'
import type { PacketSpan, Rejection, Verdict } from './modules/contract.ts'
import { probeModules } from './modules/index.ts'
import type { ScanControl } from './scan-control.ts'
import { newReplyBatch, prepareProbe, type ScanPlan } from './scan-plan.ts'

const PROTOCOL = { icmp: IP_PROTOCOL.icmp, tcp: IP_PROTOCOL.tcp, udp: IP_PROTOCOL.udp } as const
const UNREACHABLE = CLASSIFICATIONS.indexOf('unreachable')
const TIME_EXCEEDED = CLASSIFICATIONS.indexOf('time-exceeded')
const ICMP_OTHER = CLASSIFICATIONS.indexOf('icmp-other')
const MIN_QUOTED_BYTES = 8
/** Headers and an ICMP quotation fit. */
const SNAP_BYTES = 128

/** What has to be captured of each packet; of a longer one the rest is not looked at. */
export const snapBytesFor = ({ module }: ScanPlan): number => SNAP_BYTES + probeModules.get(module).keepsBytes

export interface ReplyReader {
  readonly onPacket: PacketHandler
  /** Hands the rows so far to `onBatch`, if there are any, and publishes the counters. */
  flush(): void
}

export interface ReplyReaderOptions {
  plan: ScanPlan
  /** Counted as repeats when they come again. */
  earlier?: EarlierReplies
  control: ScanControl
  /** Extra probes whose answers are no rows. */
  canaries?: CanaryTable
  /** Takes the batch over, buffer and all. */
  onBatch: (batch: ReplyBatch) => void
  /** The buffer of a batch that was dealt with, for the next one; without any, memory grows until it is collected. */
  usedBuffer?: () => ArrayBuffer | undefined
}

export const makeReplyReader = (options: ReplyReaderOptions): ReplyReader => {
  const { plan, earlier, control, canaries, onBatch } = options
  const probe = prepareProbe(plan)
  const module = probeModules.get(plan.module)
  const snapBytes = snapBytesFor(plan)
  const protocol = PROTOCOL[module.protocol]
  const probeProtocol = module.probeProtocol ?? protocol
  const [onlySource] = plan.sourceAddresses.length === 1 ? plan.sourceAddresses : []
  const sources: ReadonlySet<number> = new Set(plan.sourceAddresses)
  const isOurs = (address: number): boolean =>
    onlySource === undefined ? sources.has(address) : address === onlySource
  const dedup = makeDedup(plan.dedup, plan.dedupWindow)
  if (earlier !== undefined) rememberEarlier(dedup, earlier)
  const rejected: Record<Rejection, number> = { malformed: 0, fragment: 0, checksum: 0, unrelated: 0, cookie: 0 }
  const counts = { received: 0, accepted: 0, success: 0, repeats: 0 }
  const noBytes = new Uint8Array(0)
  const span: PacketSpan = { bytes: noBytes, offset: 0, payload: 0, end: 0, cut: false, timeUs: 0, question: 0 }
  const quoted: PacketSpan = { ...span, cut: true }
  let batch = newReplyBatch(plan)
  let row = 0

  const readIcmpError = (): Verdict => {
    const { bytes, payload, end } = span
    const type = bytes[payload]!
    if (!isIcmpError(type)) return 'unrelated'
    const inner = payload + ICMP_OFFSET.quoted
    const innerPayload = ipv4PayloadOffset(bytes, inner, end - inner)
    if (innerPayload < 0 || end - innerPayload < MIN_QUOTED_BYTES) return 'malformed'
    if (bytes[inner + IPV4_OFFSET.protocol] !== probeProtocol) return 'unrelated'
    if (!isOurs(readUint32(bytes, inner + IPV4_OFFSET.source))) return 'unrelated'
    const target = readUint32(bytes, inner + IPV4_OFFSET.destination)
    quoted.bytes = bytes
    quoted.offset = inner
    quoted.payload = innerPayload
    quoted.end = end
    const verdict = probe.readQuoted(quoted, target, batch, row)
    if (verdict !== 'accepted') return verdict
    if (!span.cut && checksum(bytes, payload, end - payload) !== 0) return 'checksum'
    batch.target[row] = target
    batch.classification[row] =
      type === ICMP_TYPE.unreachable ? UNREACHABLE : type === ICMP_TYPE.timeExceeded ? TIME_EXCEEDED : ICMP_OTHER
    batch.icmpType[row] = type
    batch.icmpCode[row] = bytes[payload + ICMP_OFFSET.code]!
    return 'accepted'
  }

  const clearRow = (): void => {
    batch.flags[row] = 0
    batch.port[row] = 0
    batch.localPort[row] = 0
    batch.sequence[row] = 0
    batch.acknowledgement[row] = 0
    batch.rttUs[row] = 0
    batch.window[row] = 0
    batch.icmpSequence[row] = 0
    batch.icmpType[row] = 0
    batch.icmpCode[row] = 0
    batch.tcpFlags[row] = 0
    batch.dataOffset[row] = 0
    batch.dataLength[row] = 0
  }

  const read = (source: number): Verdict => {
    const { bytes, offset, payload, end } = span
    const packetProtocol = bytes[offset + IPV4_OFFSET.protocol]!
    clearRow()
    if (packetProtocol === IP_PROTOCOL.icmp) {
      if (end - payload < ICMP_HEADER_BYTES) return 'malformed'
      if (protocol !== IP_PROTOCOL.icmp || isIcmpError(bytes[payload]!)) return readIcmpError()
    } else if (packetProtocol !== protocol) {
      return 'unrelated'
    }
    batch.target[row] = source
    return probe.readReply(span, source, batch, row)
  }

  /** Notes where the packet lies. @returns why it cannot be an answer, or null. */
  const enter = (bytes: Uint8Array, offset: number, length: number, unsummed: boolean): Rejection | null => {
    const headerBytes = ipv4HeaderBytes(bytes, offset, length)
    if (headerBytes < 0) return 'malformed'
    const totalLength = readUint16(bytes, offset + IPV4_OFFSET.totalLength)
    span.cut = totalLength > length
    // Only the capture may cut: otherwise less has arrived than the header says.
    if (span.cut && length < snapBytes) return 'malformed'
    if (!unsummed && checksum(bytes, offset, headerBytes) !== 0) return 'checksum'
    if (isFragment(bytes, offset)) return 'fragment'
    span.bytes = bytes
    span.offset = offset
    span.payload = offset + headerBytes
    span.end = offset + Math.min(length, totalLength)
    return isOurs(readUint32(bytes, offset + IPV4_OFFSET.destination)) ? null : 'unrelated'
  }

  const reject = (reason: Rejection): void => {
    rejected[reason] += 1
  }

  const flush = (): void => {
    control.setReceiver('received', counts.received)
    control.setReceiver('accepted', counts.accepted)
    control.setReceiver('success', counts.success)
    control.setReceiver('repeats', counts.repeats)
    for (const reason of Object.keys(rejected) as Rejection[]) control.setReceiver(reason, rejected[reason])
    if (row === 0) return
    batch.count = row
    const full = batch
    batch = newReplyBatch(plan, options.usedBuffer?.())
    row = 0
    onBatch(full)
  }

  const onPacket: PacketHandler = (bytes, offset, length, timeUs, unsummed = false) => {
    counts.received += 1
    const refusal = enter(bytes, offset, length, unsummed)
    if (refusal !== null) {
      reject(refusal)
      return
    }
    span.timeUs = timeUs
    span.question = 0
    const source = readUint32(bytes, offset + IPV4_OFFSET.source)
    const { heapUsed } = batch
    const verdict = read(source)
    if (verdict !== 'accepted') {
      reject(verdict)
      return
    }
    if (!unsummed && !span.cut && !verifiesTransportChecksum(bytes, offset, span.payload, span.end)) {
      batch.heapUsed = heapUsed
      reject('checksum')
      return
    }
    const success = (batch.flags[row]! & REPLY_SUCCESS) !== 0
    if (canaries?.answered(batch.target[row]!, batch.port[row]!, timeUs, success) === true) {
      batch.heapUsed = heapUsed
      return
    }
    counts.accepted += 1
    const first = dedup.isFirst(batch.target[row]!, batch.port[row]!, success, span.question)
    if (!first) {
      counts.repeats += 1
      if (!plan.keepRepeats) {
        // Its payload goes with it: repeats must not use up the room of first replies.
        batch.heapUsed = heapUsed
        return
      }
      batch.flags[row] = batch.flags[row]! | REPLY_REPEAT
    } else if (success) counts.success += 1
    // Sending is marked as stopped when the last probe is out, too.
    const late = control.sendingStopped() ? REPLY_COOLDOWN : 0
    batch.flags[row] = batch.flags[row]! | late | (span.question << REPLY_QUESTION_SHIFT)
    batch.timeUs[row] = timeUs
    batch.address[row] = source
    batch.ttl[row] = bytes[offset + IPV4_OFFSET.ttl]!
    batch.ipId[row] = readUint16(bytes, offset + IPV4_OFFSET.id)
    row += 1
    const heapFull = batch.heap.length > 0 && batch.heap.length - batch.heapUsed < module.keepsBytes
    // A batch is handed on before its heap could be too small for one more answer.
    if (row === batch.capacity || heapFull) flush()
  }
  return { onPacket, flush }
}
