/**
 * The IPv6 networks of a database, flattened: their first addresses in ascending order, the upper 64 bits of each or, where
 * a database divides further, all 128, and what is said of them. A lookup is a search by halving.
 */

import type { Ipv6 } from '../core/ip.ts'
import { type Answer, answerOf, bitsOfAnswer, placeOfAnswer } from './answer.ts'

export interface Ipv6Ranges {
  /** `stride` words of 32 bits for each network. */
  readonly firsts: Uint32Array
  /** 2, or 4 when a network is smaller than a /64. */
  readonly stride: 2 | 4
  readonly answers: Uint32Array
}

export interface Ipv6RangesBuilder {
  /** Networks in order of address, without gaps and without overlap. @param words is read during the call. */
  add(words: Uint32Array, bits: number, place: number): void
  build(): Ipv6Ranges
}

export const makeIpv6RangesBuilder = (capacity: number): Ipv6RangesBuilder => {
  let stride: 2 | 4 = 2
  let firsts = new Uint32Array(capacity * 2)
  const answers = new Uint32Array(capacity)
  let count = 0
  const widen = (): void => {
    const wide = new Uint32Array(capacity * 4)
    for (let i = 0; i < count; i += 1) {
      wide[i * 4] = firsts[i * 2]!
      wide[i * 4 + 1] = firsts[i * 2 + 1]!
    }
    firsts = wide
    stride = 4
  }
  return {
    add(words, bits, place) {
      if (bits > 64 && stride === 2) widen()
      for (let word = 0; word < stride; word += 1) firsts[count * stride + word] = words[word]!
      answers[count] = answerOf(place, bits)
      count += 1
    },
    build: () => ({ firsts: firsts.slice(0, count * stride), stride, answers: answers.slice(0, count) }),
  }
}

export interface Ipv6Finder {
  find(address: Ipv6): Answer
  forEach(visit: (first: Ipv6, bits: number, place: number) => void): void
}

const WORD = 0xffff_ffffn

export const makeIpv6Finder = ({ firsts, stride, answers }: Ipv6Ranges): Ipv6Finder => {
  const words = new Uint32Array(4)
  /** True when network `i` begins at or before the address in `words`. */
  const begins = (i: number): boolean => {
    for (let word = 0; word < stride; word += 1) {
      const first = firsts[i * stride + word]!
      const wanted = words[word]!
      if (first !== wanted) return first < wanted
    }
    return true
  }
  return {
    find(address) {
      for (let word = 0; word < 4; word += 1) words[word] = Number((address >> BigInt(96 - word * 32)) & WORD)
      let low = 0
      let high = answers.length - 1
      while (low < high) {
        const middle = (low + high + 1) >>> 1
        if (begins(middle)) low = middle
        else high = middle - 1
      }
      return answers[low]!
    },
    forEach(visit) {
      for (let i = 0; i < answers.length; i += 1) {
        let first = 0n
        for (let word = 0; word < 4; word += 1) {
          first = (first << 32n) | BigInt(word < stride ? firsts[i * stride + word]! : 0)
        }
        visit(first as Ipv6, bitsOfAnswer(answers[i]!), placeOfAnswer(answers[i]!))
      }
    },
  }
}
