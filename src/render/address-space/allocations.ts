/**
 * To whom the blocks of 2^24 IPv4 addresses were given: the IANA IPv4 Address Space Registry. Legacy blocks stand under the
 * registry that administers them now, with their holder where the registry names one.
 */

export const REGISTRIES = { A: 'ARIN', F: 'AFRINIC', L: 'LACNIC', P: 'APNIC', R: 'RIPE NCC' } as const

export type Registry = keyof typeof REGISTRIES

/** A letter for each /8 from 0/8 on; `-` is reserved. */
const BLOCKS = [
  '-PRAARAAAA-AAAPA',
  'AAAAAAAAARAPAAAR',
  'AAAAPRAPAFPPAARA',
  'APARARAAARPPPPRA',
  'AAAAAAAAAAAAARRR',
  'RRRRRRRRRRRRRRRR',
  'AAAAAPFPAFPAARPP',
  'PPPPPPPPPPPPPPP-',
  'AAAAAPAAAAAAARAA',
  'ARAAAAPRAPFAAAAA',
  'AAAPAAAAAAAPAAAP',
  'RLRLPLPPARLLRLLL',
  'ARRRFFAALLPPAAAA',
  'AAPPRRAAARPPPPPP',
  '----------------',
  '----------------',
].join('')

const HOLDERS: Readonly<Record<number, string>> = {
  6: 'US Army',
  11: 'US DoD',
  12: 'AT&T',
  17: 'Apple',
  19: 'Ford',
  21: 'US DoD',
  22: 'US DoD',
  26: 'US DoD',
  28: 'US DoD',
  29: 'US DoD',
  30: 'US DoD',
  33: 'US DoD',
  38: 'PSINet',
  48: 'Prudential',
  53: 'Daimler',
  55: 'US DoD',
  56: 'US Post',
  214: 'US DoD',
  215: 'US DoD',
}

/** @param block the first byte of an address. @returns null for what is reserved. */
export const registryOf = (block: number): Registry | null => {
  const letter = BLOCKS[block]
  return letter === undefined || letter === '-' ? null : (letter as Registry)
}

/** What the block is called on a map; null for what is reserved. */
export const allocationName = (block: number): string | null => {
  const registry = registryOf(block)
  return registry === null ? null : (HOLDERS[block] ?? REGISTRIES[registry])
}
