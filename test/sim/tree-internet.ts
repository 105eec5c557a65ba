/**
 * An internet of 65,536 networks (/24) behind a tree of routers, made for tracing all of it: nothing is stored, every
 * router and every path follows from the seed by hashing, so that the truth is known for any probe.
 *
 * Paths go through a chain near the vantage point, a core (16 groups of networks), regions (256), areas (4096), access (16,384)
 * and, for some, a router of their own; they are 8 to 24 hops long with the target. A part of the areas hangs on a region
 * elsewhere, as allocations do. Routers answer from the interface that the probe came in by, where they are not of the kind
 * that has one address for all. Diamonds: some routers stand two to four times in parallel, chosen by what routers hash
 * (addresses, protocol, first four bytes behind the header), all behind one of them joined by the next router. Some routers are
 * silent, some limit their ICMP messages, some networks answer with "host unreachable" or lead into a loop; most targets are silent.
 */

import { addWord, deriveKey, hashWord, mix32 } from '../../src/lab/keyed-hash.ts'
import type { SimNetwork } from '../../src/link/sim-link.ts'
import { readUint16, readUint32, writeUint16 } from '../../src/wire/bytes.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { writeIcmpError } from '../../src/wire/icmp.ts'
import { writeIpv4Header } from '../../src/wire/ipv4.ts'
import { writeTcp } from '../../src/wire/tcp.ts'

export interface TreeInternetOptions {
  seed: string
  /** Shares, 0 … 1. */
  silentRouters: number
  silentTargets: number
  limitedRouters: number
  /** ICMP messages a second of a router that limits them. */
  limitPps: number
  diamonds: number
  unreachable: number
  loops: number
  loss: number
  duplicates: number
  /** Bytes of the probe's transport that errors quote. */
  quotedBytes: number
}

export const TYPICAL_INTERNET: Omit<TreeInternetOptions, 'seed'> = {
  silentRouters: 0.15,
  silentTargets: 0.7,
  limitedRouters: 0.3,
  limitPps: 500,
  diamonds: 0.2,
  unreachable: 0.05,
  loops: 0.01,
  loss: 0.01,
  duplicates: 0.002,
  quotedBytes: 8,
}

/** The networks: 20.0.0.0/8. */
export const TREE_BASE = 20 * 2 ** 24
export const TREE_SOURCE = 251 * 2 ** 24 + 1
/** Addresses of routers: 128.0.0.0/2, by hash. */
const ROUTER_BASE = 0x80000000
const MAX_ROUTER_BITS = 0x3fffffff

/** Each level: bits of the network's number that its routers are shared by, least and most routers in a row. */
const LEVELS = [
  { shift: 16, least: 3, most: 3 },
  { shift: 12, least: 1, most: 5 },
  { shift: 8, least: 1, most: 5 },
  { shift: 4, least: 1, most: 5 },
  { shift: 2, least: 1, most: 3 },
] as const
const OWN_ROUTER = 0.1
const ELSEWHERE = 0.25
const FIXED_ADDRESS = 0.2

/** What stands at a hop. */
export interface TreeHop {
  /** 0: a router that never answers, or nothing. */
  address: number
  kind: 'router' | 'target' | 'nothing' | 'unreachable'
  /** Identifies the router, for its limit. */
  router: number
}

export interface TreeInternet extends SimNetwork {
  /** Hops to the target, with itself. */
  distance(target: number): number
  /** What stands at this hop of the path that a probe's flow takes. */
  hop(target: number, flow: number, ttl: number): TreeHop
  targetAnswers(target: number): boolean
  probes(): number
}

/** What routers hash: the protocol and the first four bytes behind the header. */
export const flowOf = (packet: Uint8Array, offset: number): number =>
  mix32((readUint32(packet, offset + 20) ^ (packet[offset + 9]! << 24)) >>> 0)

const below = (hash: number, share: number): boolean => hash < share * 2 ** 32

export const makeTreeInternet = (options: TreeInternetOptions): TreeInternet => {
  const keys = Object.fromEntries(
    ['length', 'router', 'target', 'fate', 'delay', 'elsewhere', 'width', 'branch'].map((purpose) => [
      purpose,
      deriveKey(options.seed, purpose),
    ]),
  ) as Record<string, number>
  const limits = new Map<number, { timeUs: number; tokens: number }>()
  let probes = 0

  /** The number that stands for the network's group at a level. */
  const groupAt = (network: number, level: number): number => {
    const { shift } = LEVELS[level]!
    const area = network >>> 4
    const strays = level > 0 && level < 3 && below(hashWord(keys['elsewhere']!, area), ELSEWHERE)
    return (strays ? hashWord(keys['elsewhere']!, area + 1e6) & 0xffff : network) >>> shift
  }
  const lengthAt = (level: number, group: number): number => {
    const { least, most } = LEVELS[level]!
    return least + (hashWord(keys['length']!, level * 2 ** 20 + group) % (most - least + 1))
  }
  /** Routers of a path as numbers, from the vantage point on; 16 bits of group, level and place. */
  const routersOf = (network: number): number[] => {
    const routers: number[] = []
    for (let level = 0; level < LEVELS.length; level += 1) {
      const group = groupAt(network, level)
      const length = lengthAt(level, group)
      for (let place = 0; place < length; place += 1) routers.push(((level + 1) << 24) | (place << 20) | group)
    }
    if (below(hashWord(keys['length']!, network + 2 ** 24), OWN_ROUTER)) routers.push((9 << 24) | network)
    while (routers.length < 7) routers.push((10 << 24) | (routers.length << 16) | (network >>> 2))
    return routers.slice(0, 23)
  }
  const cache = new Map<number, number[]>()
  const pathOf = (network: number): number[] => {
    let path = cache.get(network)
    if (path === undefined) {
      path = routersOf(network)
      cache.set(network, path)
    }
    return path
  }
  const widthOf = (router: number): number => {
    const hash = hashWord(keys['width']!, router)
    // Neither near the vantage point nor at the very end.
    if (router >>> 24 === 1 || router >>> 24 >= 5 || !below(hash, options.diamonds)) return 1
    return 2 + (mix32(hash) % 3)
  }
  const branchOf = (router: number, target: number, flow: number): number => {
    const width = widthOf(router)
    return width === 1 ? 0 : mix32(addWord(addWord(hashWord(keys['branch']!, router), target), flow)) % width
  }
  const routerHop = (path: readonly number[], at: number, target: number, flow: number): TreeHop => {
    const router = path[at]!
    const own = branchOf(router, target, flow)
    const hash = hashWord(keys['router']!, router * 4 + own)
    const fixed = below(mix32(hash + 1), FIXED_ADDRESS)
    const before = at === 0 || fixed ? 0 : branchOf(path[at - 1]!, target, flow)
    const address = ROUTER_BASE + (hashWord(hash, before) & MAX_ROUTER_BITS)
    const silent = at > 0 && below(mix32(hash + 2), options.silentRouters)
    return { address: silent ? 0 : address >>> 0, kind: 'router', router: hash }
  }
  const targetAnswers = (target: number): boolean => !below(hashWord(keys['target']!, target), options.silentTargets)
  const ending = (network: number): 'target' | 'unreachable' | 'loop' => {
    const hash = hashWord(keys['fate']!, network)
    if (below(hash, options.unreachable)) return 'unreachable'
    return below(hash, options.unreachable + options.loops) ? 'loop' : 'target'
  }

  const hop = (target: number, flow: number, ttl: number): TreeHop => {
    const network = (target - TREE_BASE) >>> 8
    const path = pathOf(network)
    if (ttl <= path.length) return routerHop(path, ttl - 1, target, flow)
    const end = ending(network)
    // Between the last two routers, for ever.
    if (end === 'loop') return routerHop(path, path.length - 1 - ((ttl - path.length) & 1), target, flow)
    if (end === 'unreachable') return { ...routerHop(path, path.length - 1, target, flow), kind: 'unreachable' }
    return targetAnswers(target)
      ? { address: target, kind: 'target', router: 0 }
      : { address: 0, kind: 'nothing', router: 0 }
  }

  /** A token bucket, a tenth of a second deep. */
  const mayAnswer = (router: number, timeUs: number): boolean => {
    if (!below(mix32(router + 3), options.limitedRouters)) return true
    const { limitPps } = options
    const bucket = limits.get(router) ?? { timeUs, tokens: limitPps / 10 }
    const earned = ((timeUs - bucket.timeUs) * limitPps) / 1e6
    bucket.tokens = Math.min(limitPps / 10, bucket.tokens + Math.max(0, earned))
    bucket.timeUs = timeUs
    limits.set(router, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
  const error = (
    packet: Uint8Array,
    offset: number,
    from: TreeHop,
    at: number,
    type: number,
    code: number,
    left: number,
  ): Uint8Array => {
    const quoted = packet.slice(offset, offset + 20 + options.quotedBytes)
    quoted[8] = left
    writeUint16(quoted, 10, 0)
    writeUint16(quoted, 10, checksum(quoted, 0, 20))
    const answer = new Uint8Array(28 + quoted.length)
    writeIcmpError(answer, 20, { type, code, quoted })
    const [source, destination] = [from.address, readUint32(packet, offset + 12)]
    writeIpv4Header(answer, 0, { source, destination, protocol: 1, totalLength: answer.length, ttl: 255 - at })
    return answer
  }
  const echoReply = (packet: Uint8Array, offset: number, length: number, at: number): Uint8Array => {
    const answer = packet.slice(offset, offset + length)
    answer[20] = 0
    writeUint16(answer, 22, 0)
    writeUint16(answer, 22, checksum(answer, 20, length - 20))
    const [source, destination] = [readUint32(packet, offset + 16), readUint32(packet, offset + 12)]
    writeIpv4Header(answer, 0, { source, destination, protocol: 1, totalLength: length, ttl: 64 - at })
    return answer
  }
  const reset = (packet: Uint8Array, offset: number, at: number): Uint8Array => {
    const answer = new Uint8Array(40)
    const [source, destination] = [readUint32(packet, offset + 16), readUint32(packet, offset + 12)]
    writeIpv4Header(answer, 0, { source, destination, protocol: 6, totalLength: 40, ttl: 64 - at })
    const ports = { sourcePort: readUint16(packet, offset + 22), destinationPort: readUint16(packet, offset + 20) }
    const acknowledgement = (readUint32(packet, offset + 24) + 1) >>> 0
    writeTcp(answer, 20, { source, destination, ...ports, sequence: 0, acknowledgement, flags: 20, window: 0 })
    return answer
  }
  const answerOf = (
    packet: Uint8Array,
    offset: number,
    length: number,
    timeUs: number,
  ): [Uint8Array, number] | null => {
    const target = readUint32(packet, offset + 16)
    const ttl = packet[offset + 8]!
    const network = (target - TREE_BASE) >>> 8
    if (target < TREE_BASE || network > 0xffff) return null
    const distance = pathOf(network).length + 1
    const found = hop(target, flowOf(packet, offset), ttl)
    if (found.address === 0) return null
    if (found.kind === 'target') {
      const left = ttl - distance + 1
      const protocol = packet[offset + 9]!
      if (protocol === 1) return [echoReply(packet, offset, length, distance), distance]
      if (protocol === 6) return [reset(packet, offset, distance), distance]
      return [error(packet, offset, found, distance, 3, 3, left), distance]
    }
    if (!mayAnswer(found.router, timeUs)) return null
    // The last router says that there is no such host: what is left of the TTL is what reached it.
    if (found.kind === 'unreachable') {
      return [error(packet, offset, found, distance - 1, 3, 1, ttl - distance + 2), distance - 1]
    }
    return [error(packet, offset, found, ttl, 11, 0, 1), Math.min(ttl, distance)]
  }

  return {
    distance: (target) => pathOf((target - TREE_BASE) >>> 8).length + 1,
    hop,
    targetAnswers,
    probes: () => probes,
    inject(packet, offset, length, timeUs, answer) {
      probes += 1
      const luck = hashWord(keys['fate']!, probes + 2 ** 25)
      if (below(luck, options.loss)) return
      const found = answerOf(packet, offset, length, timeUs)
      if (found === null) return
      const [bytes, at] = found
      const network = (readUint32(packet, offset + 16) - TREE_BASE) >>> 8
      const delayUs = 500 + at * (1000 + (hashWord(keys['delay']!, network) % 9000)) + (mix32(luck) % 500)
      answer(bytes, timeUs + delayUs)
      if (below(mix32(luck + 1), options.duplicates)) answer(bytes, timeUs + delayUs + 50)
    },
  }
}
