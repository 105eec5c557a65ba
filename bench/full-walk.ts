/**
 * A whole dry run over IPv4: every address that is not special-purpose and not in a random blocklist of a thousand prefixes,
 * in the order of a scan, marked in a bitmap of 512 MB:
 *
 *   node --import tsx bench/full-walk.ts
 *
 * Fails unless each allowed address was visited exactly once and no other. Takes some minutes.
 */

import { formatIpv4, type Ipv4, ipv4 } from '../src/core/ip.ts'
import { randomStream } from '../src/core/random.ts'
import { type AddressRange, contains } from '../src/targets/cidr-set.ts'
import { selectAddresses } from '../src/targets/selection.ts'
import { makeTargetSet, newTargetBatch, walkTargets } from '../src/targets/target-set.ts'

const PREFIXES = 1000
const BATCH = 65_536
const PROGRESS_EVERY = 250_000_000

const random = randomStream('full-walk', 'blocklist')
const blocklist: AddressRange[] = Array.from({ length: PREFIXES }, () => {
  const size = 2 ** (8 + random.nextBelow(9))
  const first = Math.floor(random.nextUint32() / size) * size
  return { first: ipv4(first), last: ipv4(first + size - 1) }
})
const { addresses, leftOut } = selectAddresses({ targets: null, allowlist: null, blocklist, opened: [] })
const set = makeTargetSet(addresses, Uint16Array.of(0))
const walk = walkTargets(set, { seed: 'full-walk', shard: 0, shards: 1 })
const batch = newTargetBatch(BATCH)
const seen = new Uint8Array(2 ** 29)
let visited = 0
const began = performance.now()

const fail = (address: number, what: string): never => {
  throw new Error(`${formatIpv4(address as Ipv4)} ${what}`)
}

while (walk.next(batch, BATCH, 1) > 0) {
  const { addresses: batchAddresses, count } = batch
  for (let i = 0; i < count; i += 1) {
    const address = batchAddresses[i]!
    const bit = 1 << (address & 7)
    const byte = seen[address >>> 3]!
    if ((byte & bit) !== 0) fail(address, 'was visited twice')
    seen[address >>> 3] = byte | bit
  }
  const before = visited
  visited += count
  if (Math.floor(visited / PROGRESS_EVERY) > Math.floor(before / PROGRESS_EVERY)) {
    process.stderr.write(`${visited} of ${set.targetCount}\n`)
  }
}
const seconds = (performance.now() - began) / 1000

if (visited !== set.targetCount) throw new Error(`${visited} visited of ${set.targetCount}`)
// As many as are allowed, none twice: it remains to be seen that none of them is blocked.
for (const { first, last } of blocklist) {
  for (let address = first as number; address <= last; address += 1) {
    if ((seen[address >>> 3]! & (1 << (address & 7))) !== 0) fail(address, 'is blocked and was visited')
  }
}
for (let i = 0; i < 10_000_000; i += 1) {
  const address = random.nextUint32()
  const was = (seen[address >>> 3]! & (1 << (address & 7))) !== 0
  if (was !== contains(addresses, address)) fail(address, was ? 'is not allowed and was visited' : 'was not visited')
}
process.stdout.write(
  `${visited} addresses, each once, in ${seconds.toFixed(0)} s (${(visited / seconds / 1e6).toFixed(1)} million a second, the bitmap included); ` +
    `${leftOut.blocklist} blocked and ${leftOut.specialPurpose} special-purpose ones never\n`,
)
