/** A hop as a row of the table `hops`, and back. */

import { formatIp, parseIp } from '../core/ip.ts'
import type { HopExtensions, InterfaceInformation, TraceHop } from '../core/trace.ts'
import { type AddressValue, addressFrom, addressValue } from './address-value.ts'

const icmpOf = (hop: TraceHop): number | null =>
  hop.icmpType === null ? null : hop.icmpType * 256 + (hop.icmpCode ?? 0)

const TRANSLATED = 1

/** First the trace's number, then hopValues. */
export const INSERT_HOP = `INSERT INTO hops (trace, ttl, attempt, address, rtt_us, icmp, reply_ttl, sent_us, flags, tcp_flags, flow,
   quoted_ttl, mtu, extensions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Addresses as people write them: JSON knows no bigint. */
const extensionsText = ({ mpls, interfaces }: HopExtensions): string =>
  JSON.stringify({
    ...(mpls === undefined ? {} : { mpls }),
    ...(interfaces === undefined
      ? {}
      : {
          interfaces: interfaces.map(({ address, ...facts }) => ({
            ...facts,
            ...(address === undefined ? {} : { address: formatIp(address) }),
          })),
        }),
  })

const extensionsFrom = (text: string): HopExtensions => {
  const { mpls, interfaces } = JSON.parse(text) as {
    mpls?: HopExtensions['mpls']
    interfaces?: (Omit<InterfaceInformation, 'address'> & { address?: string })[]
  }
  return {
    ...(mpls === undefined ? {} : { mpls }),
    ...(interfaces === undefined
      ? {}
      : {
          interfaces: interfaces.map(({ address, ...facts }) => {
            const parsed = address === undefined ? null : parseIp(address)
            return { ...facts, ...(parsed === null ? {} : { address: parsed }) }
          }),
        }),
  }
}

export const hopValues = (hop: TraceHop, startedUs: number): unknown[] => [
  hop.ttl,
  hop.attempt,
  hop.address === null ? null : addressValue(hop.address),
  hop.rttUs === null ? null : Math.round(hop.rttUs),
  icmpOf(hop),
  hop.replyTtl,
  hop.sentUs === undefined ? null : Math.round(hop.sentUs - startedUs),
  hop.translated === true ? TRANSLATED : null,
  hop.tcpFlags ?? null,
  hop.flow ?? null,
  hop.quotedTtl === undefined || hop.quotedTtl === 1 ? null : hop.quotedTtl,
  hop.mtu ?? null,
  hop.extensions === undefined ? null : extensionsText(hop.extensions),
]

export interface HopRow {
  ttl: number
  attempt: number
  address: AddressValue | null
  rttUs: number | null
  icmp: number | null
  replyTtl: number | null
  sentUs: number | null
  flags: number | null
  tcpFlags: number | null
  flow: number | null
  quotedTtl: number | null
  mtu: number | null
  extensions: string | null
}

/** What a HopRow is read from: `h` are the hops, `t` the traces. */
export const HOP_COLUMNS = `h.ttl, h.attempt, h.address, h.rtt_us AS rttUs, h.icmp, h.reply_ttl AS replyTtl,
  t.started_us + h.sent_us AS sentUs, h.flags, h.tcp_flags AS tcpFlags, h.flow, h.quoted_ttl AS quotedTtl, h.mtu, h.extensions`

export const hopFrom = (row: HopRow): TraceHop => ({
  ttl: row.ttl,
  attempt: row.attempt,
  address: row.address === null ? null : addressFrom(row.address),
  rttUs: row.rttUs,
  icmpType: row.icmp === null ? null : row.icmp >> 8,
  icmpCode: row.icmp === null ? null : row.icmp & 255,
  replyTtl: row.replyTtl,
  ...(row.sentUs === null ? {} : { sentUs: row.sentUs }),
  ...(row.tcpFlags === null ? {} : { tcpFlags: row.tcpFlags }),
  ...(row.flow === null ? {} : { flow: row.flow }),
  ...(row.quotedTtl === null ? {} : { quotedTtl: row.quotedTtl }),
  ...(row.mtu === null ? {} : { mtu: row.mtu }),
  ...(((row.flags ?? 0) & TRANSLATED) === 0 ? {} : { translated: true }),
  ...(row.extensions === null ? {} : { extensions: extensionsFrom(row.extensions) }),
})
