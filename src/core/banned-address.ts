/**
 * An address or network as guards write it. `::ffff:192.0.2.1` is the IPv4 address inside (RFC 4291, section 2.5.5.2), as fail2ban itself
 * takes it; host bits of a network are dropped.
 */

import { type IpAddress, type Ipv6, ipv4, isIpv4, parseIp, parseIpv4 } from './ip.ts'
import { printableText } from './printable-text.ts'

export interface BannedAddress {
  address: IpAddress
  prefixLength?: number
}

const MAPPED = 0xffffn

const plain = (address: IpAddress): IpAddress =>
  !isIpv4(address) && address >> 32n === MAPPED ? ipv4(Number(address & 0xffff_ffffn)) : address

const network = (text: string, slash: number): BannedAddress | null => {
  const lengthText = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(lengthText)) return null
  const written = parseIp(text.slice(0, slash))
  if (written === null) return null
  const address = plain(written)
  const mapped = isIpv4(address) && !isIpv4(written)
  const prefixLength = Number(lengthText) - (mapped ? 96 : 0)
  const bits = isIpv4(address) ? 32 : 128
  if (prefixLength < 0 || prefixLength > bits) return null
  if (prefixLength === bits) return { address }
  if (isIpv4(address)) {
    return { address: ipv4(prefixLength === 0 ? 0 : address & (-1 << (32 - prefixLength))), prefixLength }
  }
  const hostBits = BigInt(128 - prefixLength)
  return { address: ((address >> hostBits) << hostBits) as Ipv6, prefixLength }
}

/** Null for what is neither an address nor a network. */
export const parseBannedAddress = (text: string): BannedAddress | null => {
  const short = parseIpv4(text)
  if (short !== null) return { address: short }
  // The longest: eight groups, four of them as IPv4, and the length of a prefix.
  if (text.length > 49) return null
  const slash = text.indexOf('/')
  if (slash >= 0) return network(text, slash)
  const address = parseIp(text)
  return address === null ? null : { address: plain(address) }
}

const LENGTH_MAX = 40

/** A stranger's words in a reason: short, and nothing that steers a terminal. */
export const quoted = (text: string): string => `"${printableText(text, LENGTH_MAX)}"`

/** Says of a word why it was refused. */
export const notAnAddress = (text: string): { refused: string } => ({ refused: `${quoted(text)} is not an IP address` })
