/** Hilbert: not the Earth but the IPv4 address space, every network in its place along Hilbert's curve. */

import type { AddressProjection } from './contract.ts'

export const hilbert: AddressProjection = {
  space: 'ipv4',
  name: 'hilbert',
  aliases: ['ipv4'],
  help: 'the IPv4 address space itself; --prefix looks into a part of it',
}
