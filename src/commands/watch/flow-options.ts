/** How flows are made of packets, as plain data: what the thread of a live capture gets, too. */

import { randomBytes } from 'node:crypto'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { FlowCounters, FlowMeterOptions } from '../../sources/flows/flow-meter.ts'
import { LocalNetworks, type Network, parseNetwork, privateNetworks } from '../../sources/flows/local-networks.ts'
import type { SourceStanding } from './connection-source.ts'

export interface FlowPlan {
  /** Networks whose ends are the local ones. */
  local: readonly Network[]
  /** Connections of these addresses are left out. */
  without: readonly IpAddress[]
  maxFlows: number
  names: boolean
}

export interface FlowWords {
  subnet?: readonly string[]
  /** Whether this machine's own connections count; they do when it is absent. */
  includeSelf?: boolean
  maxFlows?: number
  names?: boolean
}

export const DEFAULT_MAX_FLOWS = 1 << 18

const single = (address: IpAddress): Network => parseNetwork(formatIp(address))

/** @param own the machine's addresses; none where others' traffic is read. */
export const flowPlan = (words: FlowWords, own: readonly IpAddress[]): FlowPlan => ({
  local: [...(words.subnet?.map(parseNetwork) ?? privateNetworks()), ...own.map(single)],
  without: words.includeSelf === false ? own : [],
  maxFlows: words.maxFlows ?? DEFAULT_MAX_FLOWS,
  names: words.names !== false,
})

export const meterOptions = ({
  local,
  without,
  maxFlows,
  names,
}: FlowPlan): Omit<FlowMeterOptions, 'deviceName' | 'onBatch'> => ({
  local: new LocalNetworks(local),
  ...(without.length === 0 ? {} : { without: new LocalNetworks(without.map(single)) }),
  maxFlows,
  names,
  hashSeed: randomBytes(4).readUInt32LE(),
})

export const standingOf = (
  { packets, bytes, flows, evicted, duplicates, notIp, unknownLink, malformed }: FlowCounters,
  rest: { nowUs: number; underWay: number; droppedByKernel: number | null; notKept: number },
): SourceStanding => ({
  nowUs: rest.nowUs,
  totals: {
    ...{ packets, bytes, evicted, duplicates, malformed, seen: flows, flows: rest.underWay },
    ...{ notIp: notIp + unknownLink, droppedByKernel: rest.droppedByKernel, notKept: rest.notKept },
  },
})

/** Networks as texts, and addresses. */
export const networksOf = (networks: readonly string[], addresses: readonly IpAddress[]): Network[] => [
  ...networks.map(parseNetwork),
  ...addresses.map(single),
]
