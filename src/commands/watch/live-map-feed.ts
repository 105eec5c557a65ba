/** Feeds the live map in the browser with what is watched. */

import { liveConnection, livePlace } from '../../services/live-map/live-values.ts'
import { type MapHome, openServedMap, type ServedMapOptions } from '../live-map/served-map.ts'
import { serviceOf } from './connection-words.ts'
import type { WatchedConnection, WatchTotals } from './watch-model.ts'

export interface LiveMapFeed {
  readonly url: string
  send(changed: readonly WatchedConnection[], gone: readonly number[], totals: WatchTotals, unlocated: number): void
  setHome(home: MapHome | null): void
  close(): Promise<void>
}

/** @throws InterplotError when the port cannot be had. */
export const openLiveMapFeed = async (options: ServedMapOptions): Promise<LiveMapFeed> => {
  const map = await openServedMap(options)
  return {
    url: map.url,
    send(changed, gone, totals, unlocated) {
      map.connections(
        changed.map((each) => liveConnection(each, serviceOf(each), livePlace(each.place))),
        gone,
        {
          packets: totals.packets,
          bytes: totals.bytes,
          packetsPerSecond: totals.packetsPerS,
          bitsPerSecond: totals.bytesPerS * 8,
          flows: totals.flows,
          unlocated,
          evicted: totals.evicted,
          dropped: totals.droppedByKernel ?? 0,
        },
      )
    },
    setHome: map.setHome,
    close: map.close,
  }
}
