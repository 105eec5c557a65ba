/** A scan plan for tests: everything said, so that a test names only what it is about. */

import { type Ipv4, parseIpv4 } from '../../src/core/ip.ts'
import type { ScanPlan } from '../../src/probe/scan-plan.ts'
import type { TargetSet } from '../../src/targets/target-set.ts'

export const TEST_SOURCE = parseIpv4('10.77.0.1') as Ipv4

export const testPlan = (targets: TargetSet, more: Partial<ScanPlan> = {}): ScanPlan => ({
  targets,
  seed: 'seed',
  shard: 0,
  shards: 1,
  module: 'icmp-echo',
  probeArgs: null,
  copies: 1,
  probeTtl: 64,
  sourceAddresses: [TEST_SOURCE],
  validatesPort: true,
  contact: null,
  sourcePorts: { first: 32768, last: 61000 },
  mtu: 1500,
  ratePps: 100_000,
  cooldownUs: 2_000_000,
  dedup: 'full',
  dedupWindow: 1000,
  keepRepeats: false,
  senders: 1,
  ...more,
})
