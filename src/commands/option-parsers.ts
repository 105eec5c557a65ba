/** Parsers for option values: each names what it wants when it gets something else. */

import { InterplotError } from '../core/errors.ts'
import { type Ipv4, parseIpv4 } from '../core/ip.ts'
import { parseBandwidth, parseCount, parseDurationUs } from '../core/units.ts'

const refuse = (option: string, text: string, wanted: string): never => {
  throw new InterplotError('ERR_USAGE', `${option} wants ${wanted}, not "${text}"`, {
    advice: 'See the command with --help.',
  })
}

export const integerOption =
  (option: string, min: number, max: number) =>
  (text: string): number => {
    const value = parseCount(text)
    if (value === null || !Number.isInteger(value) || value < min || value > max) {
      return refuse(option, text, `a whole number from ${min} to ${max}`)
    }
    return value
  }

export const rateOption =
  (option: string) =>
  (text: string): number => {
    const value = parseCount(text)
    return value === null || value <= 0 ? refuse(option, text, 'packets a second, like 10000 or 10k') : value
  }

export const bandwidthOption =
  (option: string) =>
  (text: string): number =>
    parseBandwidth(text) ?? refuse(option, text, 'bits a second, like 20M')

export const durationOption =
  (option: string) =>
  (text: string): number =>
    parseDurationUs(text) ?? refuse(option, text, 'a time, like 8, 500ms or 2m')

export const addressOption =
  (option: string) =>
  (text: string): Ipv4 =>
    parseIpv4(text) ?? refuse(option, text, 'an IPv4 address')

/** `40000` or `40000-41000` → inclusive range. */
export const portRangeOption =
  (option: string) =>
  (text: string): { first: number; last: number } => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? match?.[1])
    if (match === null || first < 1 || last > 65535 || first > last) {
      return refuse(option, text, 'a port or a range of ports, like 40000-50000')
    }
    return { first, last }
  }

/** `1000` or `0.5%` of the targets → a function of their number. */
export const shareOption =
  (option: string) =>
  (text: string): ((all: number) => number) => {
    if (text.endsWith('%')) {
      const percent = Number(text.slice(0, -1))
      if (text.length > 1 && percent > 0 && percent <= 100) return (all) => Math.ceil((all * percent) / 100)
    } else {
      const count = parseCount(text)
      if (count !== null && Number.isInteger(count) && count > 0) return () => count
    }
    return refuse(option, text, 'a number of targets or a percentage, like 1000 or 0.5%')
  }

/** For options that may be given several times or with commas. */
export const collectList = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
]

/** A width and height like 4096x2048. */
export const sizeOption =
  (option: string) =>
  (text: string): { width: number; height: number } => {
    const match = /^(\d{1,6})[x×](\d{1,6})$/.exec(text)
    return match === null
      ? refuse(option, text, 'a width and a height, like 4096x2048')
      : { width: Number(match[1]), height: Number(match[2]) }
  }
