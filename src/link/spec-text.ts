/** A LinkSpec on one line, for logs; JSON alone has no word for the bigint of an IPv6 address. */

import { formatIpv6 } from '../core/ip.ts'
import type { LinkSpec } from './contract.ts'

export const specText = (specs: readonly LinkSpec[]): string =>
  JSON.stringify(specs, (_name, value: unknown) => (typeof value === 'bigint' ? formatIpv6(value) : value))
