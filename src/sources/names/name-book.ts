/**
 * Which name an address goes by, as DNS answers told those who asked. Two clients can have asked for different names at one address (a CDN's), so what a client was told comes
 * first and what anybody was told second. The newest answer wins, whatever its time to live: connections outlive it.
 */

import type { IpAddress } from '../../core/ip.ts'
import { readDnsAnswerNames, readDnsStreamNames } from '../../wire/dns-answer-names.ts'

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

/** @param capacity names for pairs of client and address, and as many for addresses; the longest unused go. */
export const makeNameBook = ({ capacity }: { capacity: number }): NameBook => {
  const byPair = new Map<string, string>()
  const byAddress = new Map<string, string>()
  let displaced = 0

  const put = (book: Map<string, string>, key: string, name: string): void => {
    book.delete(key)
    book.set(key, name)
    if (book.size <= capacity) return
    book.delete(book.keys().next().value!)
    displaced += 1
  }

  const find = (book: Map<string, string>, key: string): string | null => {
    const name = book.get(key)
    if (name === undefined) return null
    book.delete(key)
    book.set(key, name)
    return name
  }

  const learn = (found: ReturnType<typeof readDnsAnswerNames>, client: IpAddress | null): number => {
    if (found === null) return 0
    for (const { address, name } of found) {
      const key = keyOf(address)
      put(byAddress, key, name)
      if (client !== null) put(byPair, `${keyOf(client)}>${key}`, name)
    }
    return found.length
  }

  return {
    learnDns: (bytes, offset, length, client) => learn(readDnsAnswerNames(bytes, offset, length), client),
    learnDnsStream: (bytes, offset, length, client) => learn(readDnsStreamNames(bytes, offset, length), client),
    nameOf(client, remote) {
      const key = keyOf(remote)
      const own = client === null ? null : find(byPair, `${keyOf(client)}>${key}`)
      return own ?? find(byAddress, key)
    },
    get size() {
      return byPair.size + byAddress.size
    },
    get displaced() {
      return displaced
    },
  }
}
