/**
 * Which name an address goes by, as DNS answers told those who asked. Two clients can have asked for different names at one address (a CDN's), so what a client was told comes
 * first and what anybody was told second. The newest answer wins, whatever its time to live: connections outlive it.
 */

import type { IpAddress } from '../../core/ip.ts'
import { readDnsAnswerNames, readDnsStreamNames } from '../../wire/dns-answer-names.ts'
import { makeRecentNames } from './recent-names.ts'

export interface NameBook {
  /**
   * Learns from the payload of a DNS, mDNS or LLMNR packet. @param client whom the answer went to; null for multicast.
   * @returns how many addresses it named.
   */
  learnDns(bytes: Uint8Array, offset: number, length: number, client: IpAddress | null): number
  /** The same for a TCP segment that begins with a message. */
  learnDnsStream(bytes: Uint8Array, offset: number, length: number, client: IpAddress | null): number
  /** @param client null: what anybody was told. */
  nameOf(client: IpAddress | null, remote: IpAddress): string | null
  /** Names in it now, and those that newer ones displaced. */
  readonly size: number
  readonly displaced: number
}

/** Families must not meet: 1 and 1n print alike. */
const keyOf = (address: IpAddress): string => (typeof address === 'bigint' ? `6:${address}` : String(address))

/** @param capacity names for pairs of client and address, and as many for addresses; the longest unused go (recent-names.ts). */
export const makeNameBook = ({ capacity }: { capacity: number }): NameBook => {
  const byPair = makeRecentNames(capacity)
  const byAddress = makeRecentNames(capacity)

  const learn = (found: ReturnType<typeof readDnsAnswerNames>, client: IpAddress | null): number => {
    if (found === null) return 0
    for (const { address, name } of found) {
      const key = keyOf(address)
      byAddress.put(key, name)
      if (client !== null) byPair.put(`${keyOf(client)}>${key}`, name)
    }
    return found.length
  }

  return {
    learnDns: (bytes, offset, length, client) => learn(readDnsAnswerNames(bytes, offset, length), client),
    learnDnsStream: (bytes, offset, length, client) => learn(readDnsStreamNames(bytes, offset, length), client),
    nameOf(client, remote) {
      const key = keyOf(remote)
      const own = client === null ? null : byPair.find(`${keyOf(client)}>${key}`)
      return own ?? byAddress.find(key)
    },
    get size() {
      return byPair.size + byAddress.size
    },
    get displaced() {
      return byPair.displaced + byAddress.displaced
    },
  }
}
