/**
 * What a database says of an address, as one number: which of its places, and how long the prefix of the network is for
 * which it says so. Place 0 = the database knows nothing of that network.
 */

/** Place number and prefix length. */
export type Answer = number

/** In place of a place: the IPv4 network in the bits that follow the prefix answers (see mmdb-walk.ts). */
export const ALIAS_PLACE = 2 ** 24 - 1
/** More distinct places than any database has. */
export const PLACES_MAX = ALIAS_PLACE - 1

export const answerOf = (place: number, prefixBits: number): Answer => place * 256 + prefixBits
export const placeOfAnswer = (answer: Answer): number => answer >>> 8
export const bitsOfAnswer = (answer: Answer): number => answer & 255

/** The last IPv4 address of the network of `bits` in which `address` lies. */
export const lastOfNetwork = (address: number, bits: number): number =>
  // A shift by 32 would be one by 0.
  bits === 0 ? 0xffff_ffff : (address | (0x7fff_ffff >>> (bits - 1))) >>> 0

/** Answers for addresses in any order. @param answers is filled. */
export const findEach = (find: (address: number) => Answer, addresses: Uint32Array, answers: Uint32Array): void => {
  for (let i = 0; i < addresses.length; i += 1) answers[i] = find(addresses[i]!)
}

/** Answers for ascending addresses: one lookup for each network. @param answers is filled. */
export const findEachSorted = (
  find: (address: number) => Answer,
  addresses: Uint32Array,
  answers: Uint32Array,
): void => {
  let last = -1
  let answer = 0
  for (let i = 0; i < addresses.length; i += 1) {
    const address = addresses[i]!
    if (address > last) {
      answer = find(address)
      last = lastOfNetwork(address, bitsOfAnswer(answer))
    }
    answers[i] = answer
  }
}
