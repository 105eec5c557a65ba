/** A list of networks with their places as a source: where one lies in another, the smaller one answers. */

import { type IpAddress, isIpv4, parseIp } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { type Answer, answerOf, bitsOfAnswer, findEachSorted } from './answer.ts'
import type { PlaceSource } from './place-source.ts'

export interface PlacedNetwork {
  /** Its first address. */
  first: IpAddress
  /** Prefix length. */
  bits: number
  place: Place
}

const widthOf = (address: IpAddress): 32 | 128 => (isIpv4(address) ? 32 : 128)

/** `192.0.2.0/24`, `2001:db8::/32` or an address; null for anything else, bits below the prefix included. */
export const parseNetwork = (text: string): Pick<PlacedNetwork, 'first' | 'bits'> | null => {
  const [base = '', length, ...rest] = text.trim().split('/')
  const first = parseIp(base)
  if (first === null || rest.length > 0) return null
  const width = widthOf(first)
  if (length === undefined) return { first, bits: width }
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (!(bits <= width)) return null
  return BigInt(first) % (1n << BigInt(width - bits)) === 0n ? { first, bits } : null
}

/** Disjoint pieces of one family: where each begins, and whose it is (0 = nobody's). */
interface Pieces {
  firsts: bigint[]
  numbers: number[]
}

const piecesOf = (width: 32 | 128, networks: readonly [first: bigint, bits: number, number: number][]): Pieces => {
  const firsts: bigint[] = [0n]
  const numbers: number[] = [0]
  const begin = (first: bigint, number: number): void => {
    if (firsts.at(-1) === first) numbers[numbers.length - 1] = number
    else if (first < 1n << BigInt(width)) {
      firsts.push(first)
      numbers.push(number)
    }
  }
  const open: { end: bigint; number: number }[] = []
  const closeBefore = (first: bigint): void => {
    for (let inner = open.at(-1); inner !== undefined && inner.end <= first; inner = open.at(-1)) {
      open.pop()
      begin(inner.end, open.at(-1)?.number ?? 0)
    }
  }
  // Larger networks before those inside them; of two equal ones the later in the list counts.
  const sorted = [...networks].sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1))
  for (const [first, bits, number] of sorted) {
    closeBefore(first)
    begin(first, number)
    open.push({ end: first + (1n << BigInt(width - bits)), number })
  }
  closeBefore(1n << BigInt(width))
  return { firsts, numbers }
}

/** The index of the piece in which an address lies. */
const pieceAt = <T extends number | bigint>(firsts: ArrayLike<T>, address: T): number => {
  let low = 0
  let high = firsts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (firsts[middle]! <= address) low = middle
    else high = middle - 1
  }
  return low
}

// An answer's prefix is the shortest around the address that holds neither the last address of the piece before nor the
// first of the one behind.

const makeIpv4PieceFinder = (pieces: Pieces): ((address: number) => Answer) => {
  const firsts = Uint32Array.from(pieces.firsts, Number)
  const numbers = Uint32Array.from(pieces.numbers)
  return (address) => {
    const piece = pieceAt(firsts, address)
    const before = piece === 0 ? 0 : Math.clz32(address ^ (firsts[piece]! - 1)) + 1
    const after = piece + 1 === firsts.length ? 0 : Math.clz32(address ^ firsts[piece + 1]!) + 1
    return answerOf(numbers[piece]!, Math.max(before, after))
  }
}

const DIVIDED = 0xffff_ffff

/** The answer for each network of length 16, or DIVIDED where there is more than one. */
const answersBySlash16 = (find: (address: number) => Answer): Uint32Array =>
  Uint32Array.from({ length: 65_536 }, (_, slash16) => {
    const answer = find(slash16 * 65_536)
    return bitsOfAnswer(answer) <= 16 ? answer : DIVIDED
  })

const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)

const makeIpv6PieceFinder = ({ firsts, numbers }: Pieces): ((address: bigint) => Answer) => {
  const bitsWithout = (address: bigint, other: bigint): number => 128 - bitLength(address ^ other) + 1
  return (address) => {
    const piece = pieceAt(firsts, address)
    const before = piece === 0 ? 0 : bitsWithout(address, firsts[piece]! - 1n)
    const after = piece + 1 === firsts.length ? 0 : bitsWithout(address, firsts[piece + 1]!)
    return answerOf(numbers[piece]!, Math.max(before, after))
  }
}

export const networkListSource = (networks: readonly PlacedNetwork[]): PlaceSource => {
  const places: (Place | null)[] = [null, ...networks.map(({ place }) => place)]
  const pieces = (width: 32 | 128): Pieces => {
    const own = networks.flatMap(({ first, bits }, i): [bigint, number, number][] =>
      widthOf(first) === width ? [[BigInt(first), bits, i + 1]] : [],
    )
    return piecesOf(width, own)
  }
  const findIpv4 = makeIpv4PieceFinder(pieces(32))
  const findIpv6 = makeIpv6PieceFinder(pieces(128))
  let bySlash16: Uint32Array | undefined
  return {
    find: (address) => (isIpv4(address) ? findIpv4(address) : findIpv6(address)),
    findAll(addresses, answers) {
      bySlash16 ??= answersBySlash16(findIpv4)
      for (let i = 0; i < addresses.length; i += 1) {
        const answer = bySlash16[addresses[i]! >>> 16]!
        answers[i] = answer === DIVIDED ? findIpv4(addresses[i]!) : answer
      }
    },
    findSorted: (addresses, answers) => findEachSorted(findIpv4, addresses, answers),
    placeCount: networks.length,
    place: (number) => places[number] ?? null,
  }
}
