/** Addresses as the file holds them: an IPv4 address an integer, an IPv6 address sixteen bytes. */

import { type IpAddress, ipv4, ipv6Bytes, ipv6FromBytes, isIpv4 } from '../core/ip.ts'

export type AddressValue = number | Uint8Array

export const addressValue = (address: IpAddress): AddressValue => (isIpv4(address) ? address : ipv6Bytes(address))

export const addressFrom = (value: AddressValue): IpAddress =>
  typeof value === 'number' ? ipv4(value) : ipv6FromBytes(value)
