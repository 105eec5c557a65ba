/** The banned in words: addresses and networks, places, autonomous systems. */

import { formatIp, formatIpv4, formatIpv6, type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { Ban } from '../../store/ban-reader.ts'

export const networkText = (address: IpAddress, bits: number): string => {
  if (isIpv4(address)) {
    const first = bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0
    return `${formatIpv4(first)}/${bits}`
  }
  const host = BigInt(128 - bits)
  return `${formatIpv6((address >> host) << host)}/${bits}`
}

const isNetwork = ({ address, prefixBits }: Pick<Ban, 'address' | 'prefixBits'>): boolean =>
  prefixBits < (isIpv4(address) ? 32 : 128)

/** An address, or a network with its length. */
export const bannedText = (ban: Pick<Ban, 'address' | 'prefixBits'>): string =>
  isNetwork(ban) ? networkText(ban.address, ban.prefixBits) : formatIp(ban.address)

const NETWORK_BITS = { 4: 24, 6: 48 } as const

export const networkOf = (ban: Ban): string => {
  const bits = isIpv4(ban.address) ? NETWORK_BITS[4] : NETWORK_BITS[6]
  return networkText(ban.address, Math.min(bits, ban.prefixBits))
}

/** Neither private nor anycast, where a country says nothing. */
export const placeWords = (place: Place | null | undefined): string | null => {
  if (place == null) return null
  if (place.state === 'private' || place.state === 'anycast') return place.state
  const country = place.countryCode ?? place.country
  if (place.city !== undefined) return country === undefined ? place.city : `${place.city}, ${country}`
  return place.country ?? place.countryCode ?? null
}

export const asWords = (place: Place | null | undefined): string | null => {
  if (place?.asn === undefined) return place?.state === undefined ? (place?.asOrganization ?? null) : null
  return place.asOrganization === undefined ? `AS${place.asn}` : `AS${place.asn} ${place.asOrganization}`
}
