/** Feeds the live map in the browser with what is watched. */

import { systemClock } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import { serviceName } from '../../core/service-names.ts'
import { openLiveMap } from '../../services/live-map/live-map.ts'
import { liveConnection, livePlace } from '../../services/live-map/live-values.ts'
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
}

/** What a connection is for: by the port of the end that was called; where nobody knows that, by the lower one. */
export const serviceOf = ({
  protocol,
  initiator,
  localPort,
  remotePort,
}: Pick<WatchedConnection, 'protocol' | 'initiator' | 'localPort' | 'remotePort'>): string | null => {
  if (initiator === 'local') return serviceName(protocol, remotePort)
  if (initiator === 'remote') return serviceName(protocol, localPort)
  const [lower, upper] = [Math.min(localPort, remotePort), Math.max(localPort, remotePort)]
  return serviceName(protocol, lower) ?? serviceName(protocol, upper)
}

/** @throws InterplotError when the port cannot be had. */
export const openLiveMapFeed = async (options: LiveMapFeedOptions): Promise<LiveMapFeed> => {
  const map = await openLiveMap({ ...options, home: null, clock: systemClock })
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
