/** Which end of a connection is this side's: its address lies in one of the local networks, or is one of this machine's own. */

import { InterplotError } from '../../core/errors.ts'
import { type IpAddress, ipWords, isIpv4, parseIp } from '../../core/ip.ts'

export interface Network {
  readonly address: IpAddress
  readonly prefixLength: number
}

/** RFC 1918, 6598, 3927, 1122; RFC 4193, 4291. */
const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]

/** `192.0.2.0/24`, or one address. @throws InterplotError ERR_USAGE */
export const parseNetwork = (text: string): Network => {
  const slash = text.indexOf('/')
  const address = parseIp(slash < 0 ? text : text.slice(0, slash))
  const most = address !== null && isIpv4(address) ? 32 : 128
  const length = slash < 0 ? most : /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1
  if (address === null || length < 0 || length > most) {
    throw new InterplotError('ERR_USAGE', `--subnet wants a network, not "${text}"`, {
      advice: 'Like 192.0.2.0/24 or 2001:db8::/32.',
    })
  }
  return { address, prefixLength: length }
}

export const privateNetworks = (): Network[] => PRIVATE_NETWORKS.map(parseNetwork)

const maskOf = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0)

/** Tests addresses as words (packet-tuple.ts). It is asked once for each new connection. */
export class LocalNetworks {
  /** Word and mask in turn: two numbers a network for IPv4, eight for IPv6. */
  readonly #networks4: Uint32Array
  readonly #networks6: Uint32Array

  constructor(networks: readonly Network[]) {
    const flat = (family: 4 | 6): Uint32Array =>
      Uint32Array.from(
        networks
          .filter(({ address }) => isIpv4(address) === (family === 4))
          .flatMap(({ address, prefixLength }) =>
            ipWords(address).flatMap((word, i) => {
              const mask = maskOf(prefixLength - 32 * i)
              return [(word & mask) >>> 0, mask]
            }),
          ),
      )
    this.#networks4 = flat(4)
    this.#networks6 = flat(6)
  }

  /** Whether the address whose words begin at `at` is local. */
  has(words: Uint32Array, at: number, family: 4 | 6): boolean {
    const networks = family === 4 ? this.#networks4 : this.#networks6
    const size = family === 4 ? 1 : 4
    for (let network = 0; network < networks.length; network += size * 2) {
      let word = 0
      while (
        word < size &&
        (words[at + word]! & networks[network + word * 2 + 1]!) >>> 0 === networks[network + word * 2]!
      ) {
        word += 1
      }
      if (word === size) return true
    }
    return false
  }

  hasAddress(address: IpAddress): boolean {
    return this.has(Uint32Array.from(ipWords(address)), 0, isIpv4(address) ? 4 : 6)
  }
}
