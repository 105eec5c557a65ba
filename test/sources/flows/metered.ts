/** A flow meter that keeps what it hands over. */

import type { Connection } from '../../../src/core/connection.ts'
import { connectionOf } from '../../../src/core/connection-batch.ts'
import { FlowMeter, type FlowMeterOptions } from '../../../src/sources/flows/flow-meter.ts'
import { LocalNetworks, privateNetworks } from '../../../src/sources/flows/local-networks.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'
import { ipPacket, type PacketFacts } from './link-frames.ts'

export const START_US = 1_760_000_000e6

export interface Metered {
  meter: FlowMeter
  /** A packet `afterUs` after the beginning. */
  see(facts: PacketFacts, afterUs?: number, device?: number): void
  /** Rows in the order in which they were handed over, with how they ended. */
  rows: { connection: Connection; ended: number }[]
  /** Hands over, and what is known of each connection at last, by number. */
  connections(): Connection[]
}

export const metered = (options: Partial<FlowMeterOptions> = {}): Metered => {
  const rows: Metered['rows'] = []
  const meter = new FlowMeter({
    local: new LocalNetworks(privateNetworks()),
    ...{ maxFlows: 1 << 16, hashSeed: 0x1234_5678, names: true },
    deviceName: (device) => `eth${device}`,
    onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        rows.push({ connection: connectionOf(batch, row), ended: batch.ended[row]! })
      }
      batch.count = 0
      return batch
    },
    ...options,
  })
  return {
    ...{ meter, rows },
    see(facts, afterUs = 0, device = 0) {
      const packet = ipPacket(facts)
      meter.onFrame(packet, 0, packet.length, packet.length, START_US + afterUs, LINK_TYPE.raw, device)
    },
    connections() {
      meter.flush()
      const last = new Map(rows.map(({ connection }) => [connection.id, connection]))
      return [...last.values()].sort((one, other) => one.id - other.id)
    },
  }
}
