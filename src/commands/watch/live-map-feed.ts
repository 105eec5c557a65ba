/** Feeds the live map in the browser with what is watched. */

import type { Clock } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import { openLiveMap } from '../../services/live-map/live-map.ts'
import { liveConnection, livePlace } from '../../services/live-map/live-values.ts'
import { serviceOf } from './connection-words.ts'
import type { WatchedConnection, WatchTotals } from './watch-model.ts'

export interface LiveMapFeed {
  readonly url: string
  send(changed: readonly WatchedConnection[], gone: readonly number[], totals: WatchTotals, unlocated: number): void
  setHome(home: { point: Point; label: string } | null): void
  close(): Promise<void>
}

export interface LiveMapFeedOptions {
  title: string
  sources: readonly string[]
  attributions: readonly string[]
  /** Exactly this one; null = a free one. */
  port: number | null
  /** The time of what is watched. */
  clock: Clock
}

/** @throws InterplotError when the port cannot be had. */
export const openLiveMapFeed = async (options: LiveMapFeedOptions): Promise<LiveMapFeed> => {
  const map = await openLiveMap({ ...options, home: null })
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
    setHome: (home) => map.setHome(home === null ? null : { ...home.point, label: home.label }),
    close: () => map.close(),
  }
}
