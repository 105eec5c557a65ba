/**
 * Facts about bans as rows (migrations/0010-bans.ts says what they mean). A batch is sorted by address before it is written, which
 * is the order of the table: a million rows take a third of what they take as they come.
 */

import type { BanEvent } from '../core/ban.ts'
import { type IpAddress, ipv4, isIpv4 } from '../core/ip.ts'
import { type AddressValue, addressValue } from './address-value.ts'

/** In `ends_us`: a ban without end. Above all times, so that the latest end of several is the greatest. */
export const NEVER_US = Number.MAX_SAFE_INTEGER

export const FACT_KINDS = { unban: 0, own: 1, logged: 2, restored: 3, increased: 4, listed: 5 } as const
export type FactKind = (typeof FACT_KINDS)[keyof typeof FACT_KINDS]

export interface BanFact {
  address: AddressValue
  prefixBits: number
  jail: number
  timeUs: number
  kind: FactKind
  endsUs: number | null
  failures: number | null
}

/**
 * A log's line for a ban says neither its end nor its failures; who says one of them is the guard itself, whose time is
 * the ban's own.
 */
const kindOf = ({ act, again, timeUs, endsUs, failures }: BanEvent): FactKind => {
  if (act === 'unban') return FACT_KINDS.unban
  if (again !== undefined) return FACT_KINDS[again]
  if (timeUs === null) return FACT_KINDS.listed
  return endsUs !== undefined || failures !== undefined ? FACT_KINDS.own : FACT_KINDS.logged
}

/** The network's first address. */
const maskOf = (address: IpAddress, bits: number): AddressValue => {
  if (isIpv4(address)) return bits === 0 ? 0 : addressValue(ipv4(address & (-1 << (32 - bits))))
  const host = BigInt(128 - bits)
  return addressValue(((address >> host) << host) as IpAddress)
}

/** @param seenUs when it was read: the time of what has none. */
export const factOf = (event: BanEvent, jail: number, seenUs: number): BanFact => {
  const { address, prefixLength, timeUs, endsUs, failures } = event
  const most = isIpv4(address) ? 32 : 128
  const bits = prefixLength === undefined || !(prefixLength >= 0 && prefixLength < most) ? most : prefixLength
  return {
    address: bits === most ? addressValue(address) : maskOf(address, bits),
    prefixBits: bits,
    jail,
    timeUs: Math.round(timeUs ?? seenUs),
    kind: kindOf(event),
    endsUs: endsUs === undefined ? null : endsUs === null ? NEVER_US : Math.round(endsUs),
    failures: failures ?? null,
  }
}

/** Address and place in the batch in one number, exact for a million: sorted, they are the order of the table. */
const SLOTS = 2 ** 20

/** As they lie in the table, as far as it matters to its writer: by IPv4 address, then all others. */
export const inTableOrder = (facts: readonly BanFact[]): BanFact[] => {
  const sorted = new Array<BanFact>(facts.length)
  for (let from = 0; from < facts.length; from += SLOTS) {
    const keys = new Float64Array(Math.min(SLOTS, facts.length - from))
    for (let i = 0; i < keys.length; i += 1) {
      const { address } = facts[from + i]!
      keys[i] = typeof address === 'number' ? address * SLOTS + i : 2 ** 52 + i
    }
    keys.sort()
    for (let i = 0; i < keys.length; i += 1) sorted[from + i] = facts[from + (keys[i]! % SLOTS)]!
  }
  return sorted
}
