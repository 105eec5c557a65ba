/** IPv4 prefixes as inclusive ranges. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, ipv4, parseIpv4 } from '../core/ip.ts'

export interface PrefixRange {
  first: Ipv4
  last: Ipv4
  /** 0 … 32. */
  bits: number
}

/**
 * `10.64.0.0/12`, or an address (a /32); host bits are cleared.
 * @throws InterplotError ERR_TARGET for anything else.
 */
export const parsePrefix = (text: string): PrefixRange => {
  const [base = '', bitsText = '32', ...rest] = text.split('/')
  const address = parseIpv4(base)
  if (address === null || rest.length > 0 || !/^(?:[0-9]|[12][0-9]|3[0-2])$/.test(bitsText)) {
    throw new InterplotError('ERR_TARGET', `"${text}" is no IPv4 prefix`, { advice: 'Write it like 10.64.0.0/12.' })
  }
  const bits = Number(bitsText)
  const size = 2 ** (32 - bits)
  const first = Math.floor(address / size) * size
  return { first: ipv4(first), last: ipv4(first + size - 1), bits }
}

export const prefixSize = (range: PrefixRange): number => range.last - range.first + 1

export const formatPrefix = (first: number, bits: number): string => `${formatIpv4(first)}/${bits}`
