/**
 * IPv4 addresses that are known by number, which is their place in ascending order: four bytes each, and a table over the upper
 * half, behind which a binary search takes few steps.
 */

export interface AddressTable {
  /** Ascending, distinct. */
  readonly addresses: Uint32Array
  /** The address's number, or -1. */
  indexOf(address: number): number
}

/** @param addresses ascending and distinct. */
export const makeAddressTable = (addresses: Uint32Array): AddressTable => {
  // firsts[h]: how many addresses lie before the /16 number h.
  const firsts = new Uint32Array(0x10001)
  for (const address of addresses) firsts[(address >>> 16) + 1] = firsts[(address >>> 16) + 1]! + 1
  for (let i = 1; i < firsts.length; i += 1) firsts[i] = firsts[i]! + firsts[i - 1]!
  return {
    addresses,
    indexOf(address) {
      let low = firsts[address >>> 16]!
      let high = firsts[(address >>> 16) + 1]!
      while (low < high) {
        const middle = (low + high) >>> 1
        if (addresses[middle]! < address) low = middle + 1
        else high = middle
      }
      return low < addresses.length && addresses[low] === address ? low : -1
    },
  }
}
