/**
 * The IPv4 networks of a database, flattened for lookups without a tree. One bit for each of the 2^24 networks of length
 * 24: does another answer begin there? The bits below an address, counted with a running sum every 32 of them, number
 * its answer. A /24 that is divided further has a short list of its own. An address costs two or three reads in a few
 * megabytes, which stay in the processor's caches, where a table of the 2^24 itself would not.
 */

import { uint8Column, uint32Column } from '../core/growing-column.ts'
import { type Answer, answerOf, bitsOfAnswer, lastOfNetwork, placeOfAnswer } from './answer.ts'

const SLASH24 = 2 ** 24
/** In place of a prefix length: the place number is that of a list. */
const DIVIDED = 255

export interface Ipv4Ranges {
  /** For each 32 networks of length 24: their bits, and how many bits are set before. */
  readonly marks: Uint32Array
  /** One for each bit set. */
  readonly answers: Uint32Array
  /** Where each list begins in the two columns that follow, and where the last ends. */
  readonly listStarts: Uint32Array
  /** Last byte of the address at which the entry begins. */
  readonly listBytes: Uint8Array
  readonly listAnswers: Uint32Array
}

/** Bits set in 32 bits (Warren, Hacker's Delight, section 5-1). */
const populationCount = (word: number): number => {
  let x = word - ((word >>> 1) & 0x5555_5555)
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333)
  x = (x + (x >>> 4)) & 0x0f0f_0f0f
  return Math.imul(x, 0x0101_0101) >>> 24
}

export interface Ipv4RangesBuilder {
  /** Networks in order of address, without gaps and without overlap. */
  add(first: number, bits: number, place: number): void
  build(): Ipv4Ranges
}

export const makeIpv4RangesBuilder = (): Ipv4RangesBuilder => {
  const marks = new Uint32Array(SLASH24 / 16)
  const answers = uint32Column()
  const listStarts = uint32Column()
  const listBytes = uint8Column()
  const listAnswers = uint32Column()
  let divided = -1
  const mark = (slash24: number): void => {
    marks[(slash24 >>> 5) * 2]! |= 1 << (slash24 & 31)
  }
  return {
    add(first, bits, place) {
      const slash24 = first >>> 8
      if (bits <= 24) {
        mark(slash24)
        answers.push(answerOf(place, bits))
        return
      }
      if (slash24 !== divided) {
        divided = slash24
        mark(slash24)
        answers.push(answerOf(listStarts.length, DIVIDED))
        listStarts.push(listBytes.length)
      }
      listBytes.push(first & 255)
      listAnswers.push(answerOf(place, bits))
    },
    build() {
      let before = 0
      for (let i = 0; i < marks.length; i += 2) {
        marks[i + 1] = before
        before += populationCount(marks[i]!)
      }
      listStarts.push(listBytes.length)
      // Copies of the right length: an index stays in memory.
      return {
        marks,
        answers: answers.take().slice(),
        listStarts: listStarts.take().slice(),
        listBytes: listBytes.take().slice(),
        listAnswers: listAnswers.take().slice(),
      }
    },
  }
}

/** Networks that have an answer of their own. */
export const ipv4RangeCount = ({ answers, listStarts, listAnswers }: Ipv4Ranges): number =>
  answers.length - (listStarts.length - 1) + listAnswers.length

export interface Ipv4Finder {
  find(address: number): Answer
  /** For addresses in any order. */
  findAll(addresses: Uint32Array, answers: Uint32Array): void
  /** For ascending ones. */
  findSorted(addresses: Uint32Array, answers: Uint32Array): void
  /** Each network in order of address. */
  forEach(visit: (first: number, bits: number, place: number) => void): void
}

export const makeIpv4Finder = ({ marks, answers, listStarts, listBytes, listAnswers }: Ipv4Ranges): Ipv4Finder => {
  const inList = (list: number, byte: number): Answer => {
    let low = listStarts[list]!
    let high = listStarts[list + 1]! - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (listBytes[middle]! <= byte) low = middle
      else high = middle - 1
    }
    return listAnswers[low]!
  }
  const find = (address: number): Answer => {
    const slash24 = address >>> 8
    const at = (slash24 >>> 5) << 1
    const below = marks[at]! & ((2 << (slash24 & 31)) - 1)
    const answer = answers[marks[at + 1]! + populationCount(below) - 1]!
    return (answer & 255) === DIVIDED ? inList(answer >>> 8, address & 255) : answer
  }
  return {
    find,
    // Loops of their own, so that the engine puts the lookup into them.
    findAll(addresses, found) {
      for (let i = 0; i < addresses.length; i += 1) found[i] = find(addresses[i]!)
    },
    findSorted(addresses, found) {
      let last = -1
      let answer = 0
      for (let i = 0; i < addresses.length; i += 1) {
        const address = addresses[i]!
        if (address > last) {
          answer = find(address)
          last = lastOfNetwork(address, answer & 255)
        }
        found[i] = answer
      }
    },
    forEach(visit) {
      for (let first = 0; first < 2 ** 32; ) {
        const answer = find(first)
        const bits = bitsOfAnswer(answer)
        visit(first, bits, placeOfAnswer(answer))
        first += 2 ** (32 - bits)
      }
    },
  }
}
