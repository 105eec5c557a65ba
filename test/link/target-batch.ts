/** Targets for tests of links. Outside tests only the target set may make a batch, after its lists have been asked. */

import type { TargetBatch } from '../../src/core/target-batch.ts'

export const batchOf = (addresses: readonly number[], ports: readonly number[] = []): TargetBatch =>
  ({
    addresses: Uint32Array.from(addresses),
    ports: Uint16Array.from(addresses, (_, index) => ports[index] ?? 0),
    count: addresses.length,
  }) as unknown as TargetBatch
