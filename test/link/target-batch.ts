/** Targets for tests of links. Outside tests only the target set may make a batch, after its lists have been asked. */

import type { Ipv6 } from '../../src/core/ip.ts'
import type { TargetBatch } from '../../src/core/target-batch.ts'

export const batchOf = (addresses: readonly number[], ports: readonly number[] = []): TargetBatch =>
  ({
    addresses: Uint32Array.from(addresses),
    ports: Uint16Array.from(addresses, (_, index) => ports[index] ?? 0),
    count: addresses.length,
  }) as unknown as TargetBatch

export const batchOf6 = (addresses6: readonly Ipv6[]): TargetBatch =>
  ({
    addresses: new Uint32Array(addresses6.length),
    addresses6,
    ports: new Uint16Array(addresses6.length),
    count: addresses6.length,
  }) as unknown as TargetBatch
