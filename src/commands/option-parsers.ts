/** Parsers for option values: each names what it wants when it gets something else. */

import { InterplotError } from '../core/errors.ts'
import { type Point, parsePoint } from '../core/great-circle.ts'
import { type IpAddress, type Ipv4, ipv4, parseIp, parseIpv4 } from '../core/ip.ts'
import { parseBandwidth, parseCount, parseDurationUs } from '../core/units.ts'
import { formatMac, parseMac } from '../wire/ethernet.ts'

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

/** `0.95` or `95%`. */
export const confidenceOption =
  (option: string) =>
  (text: string): number => {
    const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
    return text.trim() !== '' && value >= 0.5 && value <= 0.9999
      ? value
      : refuse(option, text, 'a probability from 0.5 to 0.9999, like 0.99 or 99%')
  }

/** Packets a second, or `auto`. */
export const rateOption =
  (option: string) =>
  (text: string): number | 'auto' => {
    if (text === 'auto') return 'auto'
    const value = parseCount(text)
    return value === null || value <= 0 ? refuse(option, text, 'packets a second, like 10000 or 10k, or auto') : value
  }

/** Packets a second, where there is no finding out by itself. */
export const packetRateOption =
  (option: string) =>
  (text: string): number => {
    const value = parseCount(text)
    return value === null || value <= 0 ? refuse(option, text, 'packets a second, like 10000 or 10k') : value
  }

/** `/24` → the length of a prefix, `1h` → microseconds: what `every` means depends on what it is of. */
export const everyOption =
  (option: string) =>
  (text: string): { prefixBits: number } | { intervalUs: number } => {
    const prefixBits = /^\/\d{1,2}$/.test(text) ? Number(text.slice(1)) : 0
    if (prefixBits > 0 && prefixBits <= 32) return { prefixBits }
    const intervalUs = parseDurationUs(text)
    return intervalUs === null
      ? refuse(option, text, 'a time like 1h, or the length of a prefix, like /24')
      : { intervalUs }
  }

export const bandwidthOption =
  (option: string) =>
  (text: string): number =>
    parseBandwidth(text) ?? refuse(option, text, 'bits a second, like 20M')

export const durationOption =
  (option: string) =>
  (text: string): number =>
    parseDurationUs(text) ?? refuse(option, text, 'a time, like 8, 500ms or 2m')

/** Shorter ones flood routers, longer ones are nobody's live view. */
const LEAST_INTERVAL_US = 10_000
const MOST_INTERVAL_US = 3_600_000_000

export const intervalOption =
  (option: string) =>
  (text: string): number => {
    const us = parseDurationUs(text)
    return us === null || us < LEAST_INTERVAL_US || us > MOST_INTERVAL_US
      ? refuse(option, text, 'a time from 10ms to 1h, like 500ms or 2s')
      : us
  }

const MAX_SOURCE_ADDRESSES = 4096
/** 4095 is reserved (IEEE 802.1Q). */
const MAX_VLAN = 4094

/** `192.0.2.1`, `192.0.2.1-192.0.2.9`, or several with commas → distinct addresses in that order. */
export const addressesOption =
  (option: string) =>
  (text: string): Ipv4[] => {
    const wanted = `an IPv4 address, a range like 192.0.2.1-192.0.2.9, or a list, ${MAX_SOURCE_ADDRESSES} at most`
    const found = new Set<Ipv4>()
    for (const part of text.split(',')) {
      const [first, last, ...rest] = part.split('-').map((each) => parseIpv4(each.trim()))
      const end = last === undefined ? first : last
      if (first == null || end == null || rest.length > 0 || end < first) return refuse(option, text, wanted)
      if (found.size + end - first + 1 > MAX_SOURCE_ADDRESSES) return refuse(option, text, wanted)
      for (let address: number = first; address <= end; address += 1) found.add(ipv4(address))
    }
    return [...found]
  }

/** One address of either family. */
export const addressOption =
  (option: string) =>
  (text: string): IpAddress =>
    parseIp(text) ?? refuse(option, text, 'an address, like 192.0.2.1 or 2001:db8::1')

export const macOption =
  (option: string) =>
  (text: string): string => {
    const bytes = parseMac(text)
    return bytes === null ? refuse(option, text, 'a MAC address, like 02:00:00:00:00:0b') : formatMac(bytes)
  }

/** `5` or `5:3` → identifier and priority of an 802.1Q tag. */
export const vlanOption =
  (option: string) =>
  (text: string): { id: number; priority: number } => {
    const match = /^(\d{1,4})(?::([0-7]))?$/.exec(text)
    const id = Number(match?.[1])
    if (match === null || id > MAX_VLAN) {
      return refuse(option, text, `a VLAN from 0 to ${MAX_VLAN}, or with a priority from 0 to 7 like 5:3`)
    }
    return { id, priority: Number(match[2] ?? 0) }
  }

/** `0,2,3` → numbers of processors. */
export const coresOption =
  (option: string) =>
  (text: string): number[] =>
    text.split(',').map((part) => {
      const core = /^\d{1,4}$/.test(part.trim()) ? Number(part) : -1
      return core < 0 ? refuse(option, text, 'numbers of processors, like 0,1') : core
    })

/** One line of printable ASCII, so that it can stand in any payload. */
export const lineOption =
  (option: string) =>
  (text: string): string =>
    /^[ -~]{1,200}$/.test(text) ? text : refuse(option, text.replace(/[^ -~]/g, '?'), 'one line of printable ASCII')

export const percentOption =
  (option: string) =>
  (text: string): number => {
    const percent = /^\d+(?:\.\d+)?%?$/.test(text) ? Number(text.replace('%', '')) : -1
    return percent < 0 || percent > 100 ? refuse(option, text, 'a percentage from 0 to 100') : percent
  }

/** `enable` or `disable`. */
export const switchOption =
  (option: string) =>
  (text: string): boolean => {
    if (text === 'enable' || text === 'disable') return text === 'enable'
    return refuse(option, text, 'enable or disable')
  }

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

/** For options that may be given several times, whose values may hold commas of their own. */
export const collectTexts = (text: string, before: readonly string[] = []): string[] => [...before, text]

/** Pixels, or millimetres of paper. */
export interface PictureSize {
  readonly width: number
  readonly height: number
  readonly unit: 'px' | 'mm'
}

const MM_PER_UNIT: Readonly<Record<string, number>> = { mm: 1, cm: 10, in: 25.4 }

/** A width and height like 4096x2048, or on paper like 297x210mm. */
export const sizeOption =
  (option: string) =>
  (text: string): PictureSize => {
    const match = /^(\d{1,6}(?:\.\d+)?)[x×](\d{1,6}(?:\.\d+)?)(mm|cm|in)?$/.exec(text)
    const [width, height] = [Number(match?.[1]), Number(match?.[2])]
    const mm = MM_PER_UNIT[match?.[3] ?? '']
    if (match === null || (mm === undefined && !(Number.isInteger(width) && Number.isInteger(height)))) {
      return refuse(option, text, 'a width and a height, like 4096x2048 or 297x210mm')
    }
    return mm === undefined ? { width, height, unit: 'px' } : { width: width * mm, height: height * mm, unit: 'mm' }
  }

/** A number between two others. */
export const numberOption =
  (option: string, min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : refuse(option, text, `a number from ${min} to ${max}`)
  }

/** `LAT,LON`, degrees. */
export const pointOption =
  (option: string) =>
  (text: string): Point =>
    parsePoint(text) ?? refuse(option, text, 'degrees north and degrees east, like 52.52,13.40')

/** One of a few words. */
export const choiceOption =
  <T extends string>(option: string, choices: readonly T[]) =>
  (text: string): T =>
    choices.find((choice) => choice === text) ?? refuse(option, text, choices.join(', '))

/** `MAX[,HERE[,NEAR]]` as of traceroute(8): seconds, and two factors. */
export const waitOption =
  (option: string) =>
  (text: string): { maxUs: number; hereFactor: number; nearFactor: number } => {
    const [max = '', here = '3', near = '10', ...rest] = text.split(',')
    const maxUs = parseDurationUs(max)
    const hereFactor = Number(here)
    const nearFactor = Number(near)
    if (maxUs === null || maxUs <= 0 || !(hereFactor >= 1) || !(nearFactor >= 1) || rest.length > 0) {
      return refuse(option, text, 'a time and up to two factors, like 3 or 5,3,10')
    }
    return { maxUs, hereFactor, nearFactor }
  }

/** Type of service as a byte, 0x-form allowed. */
export const tosOption =
  (option: string) =>
  (text: string): number => {
    const value = /^(?:0x[\da-f]{1,2}|\d{1,3})$/i.test(text) ? Number(text) : -1
    return value < 0 || value > 255 ? refuse(option, text, 'a byte, like 184 or 0xb8') : value
  }

/** Differentiated services code points by name (RFC 2474, 2597, 3246, 5865, 8622). */
const CODE_POINTS: Readonly<Record<string, number>> = {
  ...{ be: 0, le: 1, ef: 46, va: 44 },
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((each) => [`cs${each}`, each * 8])),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((type) => [1, 2, 3].map((drop) => [`af${type}${drop}`, type * 8 + drop * 2])),
  ),
}

/** `ef`, `af41`, `cs6` or 0 … 63 → the type-of-service byte. */
export const dscpOption =
  (option: string) =>
  (text: string): number => {
    const value = CODE_POINTS[text.toLowerCase()] ?? (/^\d{1,2}$/.test(text) ? Number(text) : -1)
    return value < 0 || value > 63 ? refuse(option, text, 'a code point from 0 to 63 or its name, like ef') : value * 4
  }
