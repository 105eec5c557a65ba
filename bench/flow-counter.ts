/** All that `interplot watch` does with frames but to keep and show what comes of it. */

import { FlowMeter } from '../src/sources/flows/flow-meter.ts'
import { LocalNetworks, privateNetworks } from '../src/sources/flows/local-networks.ts'

export const flowCounter = (maxFlows = 1 << 18): { meter: FlowMeter; rows(): number } => {
  let rows = 0
  const meter = new FlowMeter({
    ...{ local: new LocalNetworks(privateNetworks()), maxFlows, hashSeed: 1, names: true },
    deviceName: () => null,
    onBatch(batch) {
      rows += batch.count
      batch.count = 0
      return batch
    },
  })
  return { meter, rows: () => rows }
}
