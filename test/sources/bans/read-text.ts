/** Text through the whole reader, for tests. */

import type { BanEvent } from '../../../src/core/ban.ts'
import { formatIp } from '../../../src/core/ip.ts'
import { type BanCounts, type BanReadOptions, readBans } from '../../../src/sources/bans/ban-reader.ts'

/** 2026-03-10 12:00:00 UTC. */
export const NOW_US = Date.UTC(2026, 2, 10, 12) * 1000

export interface ReadText {
  /** `ban sshd 192.0.2.1`, with `/24`, and what else is known behind. */
  said: string[]
  events: BanEvent[]
  counts: Readonly<BanCounts>
}

const date = (us: number): string => new Date(us / 1000).toISOString().replace('.000Z', 'Z')

const sentence = (event: BanEvent): string =>
  [
    event.act,
    event.jail || '-',
    formatIp(event.address) + (event.prefixLength === undefined ? '' : `/${event.prefixLength}`),
    event.timeUs === null ? 'at ?' : `at ${date(event.timeUs)}`,
    ...(event.endsUs === undefined ? [] : [event.endsUs === null ? 'for ever' : `until ${date(event.endsUs)}`]),
    ...(event.failures === undefined ? [] : [`after ${event.failures}`]),
    ...(event.again === undefined ? [] : [event.again]),
    ...(event.host === undefined ? [] : [`on ${event.host}`]),
  ].join(' ')

export async function* chunks(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export const readBytes = async (
  bytes: Uint8Array,
  options: Partial<BanReadOptions> = {},
  chunkSize = Math.max(bytes.length, 1),
): Promise<ReadText> => {
  const stream = readBans(chunks(bytes, chunkSize), 'input', { timeZone: 'UTC', nowUs: () => NOW_US, ...options })
  const events: BanEvent[] = []
  for await (const batch of stream) events.push(...batch)
  return { said: events.map(sentence), events, counts: stream.counts }
}

export const readText = (text: string, options?: Partial<BanReadOptions>, chunkSize?: number): Promise<ReadText> =>
  readBytes(Buffer.from(text), options, chunkSize)
