/**
 * Targets a second: the permutation alone, and the whole walk (permutation, n-th address, port) as a sender uses it, beside
 * zmap's method, a multiplicative group modulo 2^32 + 15, in the same run. Prints one JSON object; medians of five.
 *
 * npx tsx bench/permutation.ts
 */

import { cidrSet } from '../src/targets/cidr-set.ts'
import { makePermutation } from '../src/targets/permutation.ts'
import { makeTargetSet, newTargetBatch, walkTargets } from '../src/targets/target-set.ts'
import { parsePorts, parseTargetArguments } from '../src/targets/target-syntax.ts'

const COUNT = 5_000_000
const RUNS = 5

/** Keeps the compiler from dropping the work. */
let sink = 0

const medianNs = (work: (count: number) => void): number => {
  work(COUNT / 10)
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const startMs = performance.now()
    work(COUNT)
    times.push(((performance.now() - startMs) * 1e6) / COUNT)
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!
}

const permutation = (size: number) => (count: number) => {
  const { at } = makePermutation(size, 'bench')
  for (let i = 0; i < count; i += 1) sink += at(i)
}

const walk = (targets: string[], ports: string) => (count: number) => {
  const set = makeTargetSet(cidrSet(parseTargetArguments(targets).ranges), parsePorts(ports))
  const walker = walkTargets(set, { seed: 'bench', shard: 0, shards: 1 })
  const batch = newTargetBatch(256)
  for (let done = 0; done < count; done += batch.count) sink += walker.next(batch, 256, 1)
}

const PRIME = 2 ** 32 + 15
const GENERATOR = 1_664_525

const cyclicGroup = (count: number): void => {
  let value = 12_345
  for (let i = 0; i < count; i += 1) {
    const product = value * GENERATOR
    value = product - Math.floor(product / PRIME) * PRIME
    if (value < 0) value += PRIME
    else if (value >= PRIME) value -= PRIME
    sink += value
  }
}

const rows = {
  'permutation of 2^22': medianNs(permutation(2 ** 22)),
  'permutation of 2^32': medianNs(permutation(2 ** 32)),
  'permutation of 3.7e9 x 10': medianNs(permutation(3.7e10)),
  'walk of one /8, one port': medianNs(walk(['1.0.0.0/8'], '80')),
  'walk of three ranges, three ports': medianNs(walk(['1.0.0.0/8', '5.0.0.0/9', '64.0.0.0/2'], '80,443,8080')),
  'cyclic group 2^32+15 (zmap’s method)': medianNs(cyclicGroup),
}
const result = Object.fromEntries(
  Object.entries(rows).map(([name, ns]) => [
    name,
    { nsPerTarget: Number(ns.toFixed(1)), millionPerSecond: Number((1000 / ns).toFixed(1)) },
  ]),
)
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
process.exitCode = Number.isNaN(sink) ? 1 : 0
