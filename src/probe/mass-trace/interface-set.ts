/**
 * The interfaces that a mass trace has met: an open-addressing hash table over two typed arrays, five bytes an entry, made
 * twice as large when it is three quarters full. Address 0 stands for an empty place and is never an interface.
 */

const MAX_PATHS = 255
const FIRST_SIZE = 1024

export interface InterfaceSet {
  count(): number
  /** How many paths have shown this interface in backward probing; 0, too, for one that is not there. */
  paths(address: number): number
  /** Adds the address if it is not there, and so many to its paths. */
  add(address: number, paths: number): void
  /** All addresses with their paths, in no order. */
  entries(): { addresses: Uint32Array; paths: Uint8Array }
}

const placeOf = (address: number, mask: number): number => {
  const mixed = Math.imul(address ^ (address >>> 15), 0x9e3779b1)
  return (mixed ^ (mixed >>> 13)) & mask
}

export const makeInterfaceSet = (): InterfaceSet => {
  let addresses = new Uint32Array(FIRST_SIZE)
  let paths = new Uint8Array(FIRST_SIZE)
  let mask = FIRST_SIZE - 1
  let count = 0

  /** Where the address is, or the empty place where it belongs. */
  const find = (address: number): number => {
    let place = placeOf(address, mask)
    while (addresses[place] !== 0 && addresses[place] !== address) place = (place + 1) & mask
    return place
  }
  const grow = (): void => {
    const [oldAddresses, oldPaths] = [addresses, paths]
    mask = mask * 2 + 1
    addresses = new Uint32Array(mask + 1)
    paths = new Uint8Array(mask + 1)
    for (const [i, address] of oldAddresses.entries()) {
      if (address === 0) continue
      const place = find(address)
      addresses[place] = address
      paths[place] = oldPaths[i]!
    }
  }
  return {
    count: () => count,
    paths(address) {
      const place = find(address)
      return addresses[place] === address && address !== 0 ? paths[place]! : 0
    },
    add(address, more) {
      if (address === 0) return
      let place = find(address)
      if (addresses[place] === 0) {
        if (count * 4 >= mask * 3) {
          grow()
          place = find(address)
        }
        addresses[place] = address
        count += 1
      }
      paths[place] = Math.min(MAX_PATHS, paths[place]! + more)
    },
    entries() {
      const found = { addresses: new Uint32Array(count), paths: new Uint8Array(count) }
      let at = 0
      for (const [i, address] of addresses.entries()) {
        if (address === 0) continue
        found.addresses[at] = address
        found.paths[at] = paths[i]!
        at += 1
      }
      return found
    },
  }
}
