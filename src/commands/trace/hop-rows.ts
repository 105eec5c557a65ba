/** Hops of a mass trace as rows of an output file. */

import { isoTime } from '../../core/clock.ts'
import { HOP_ENDS, type HopBatch, NO_ICMP } from '../../core/hop-batch.ts'
import { formatIpv4 } from '../../core/ip.ts'
import type { Value } from '../../core/reply-field.ts'
import { openSink } from '../../output/sink.ts'
import { outputFormatFor } from '../scan/scan-output.ts'

const FIELDS = ['target', 'ttl', 'address', 'rtt_us', 'icmp_type', 'icmp_code', 'reply_ttl', 'ends', 'time'] as const

const rowOf = (batch: HopBatch, row: number): Value[] => {
  const icmp = batch.icmp[row]!
  return [
    formatIpv4(batch.target[row]!),
    batch.ttl[row]!,
    formatIpv4(batch.address[row]!),
    batch.rttUs[row]!,
    icmp === NO_ICMP ? null : icmp >>> 8,
    icmp === NO_ICMP ? null : icmp & 255,
    batch.replyTtl[row]!,
    (batch.flags[row]! & HOP_ENDS) !== 0,
    isoTime(batch.timeUs[row]!),
  ]
}

export interface HopOutput {
  write(batch: HopBatch): Promise<void>
  /** True once whoever read the output has gone. */
  consumerGone(): boolean
  close(): Promise<void>
}

/** @throws InterplotError ERR_OUTPUT_FILE, ERR_UNKNOWN_NAME. */
export const openHopOutput = async (path: string, format?: string): Promise<HopOutput> => {
  const sink = await openSink(path)
  const writer = outputFormatFor(path, format ?? (path === '-' ? 'csv' : undefined)).open(FIELDS)
  await sink.write(writer.header())
  return {
    async write(batch) {
      let text = ''
      for (let row = 0; row < batch.count; row += 1) text += writer.row(rowOf(batch, row))
      await sink.write(text)
      await sink.flush()
    },
    consumerGone: () => sink.consumerGone,
    async close() {
      await sink.write(writer.end())
      await sink.close()
    },
  }
}
