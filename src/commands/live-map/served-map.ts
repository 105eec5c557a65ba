/** The live map as commands serve it. */

import { type Clock, systemClock } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import { type LiveMap, openLiveMap } from '../../services/live-map/live-map.ts'
import type { LiveHome } from '../../services/live-map/protocol.ts'

export interface ServedMapOptions {
  title: string
  sources: readonly string[]
  attributions: readonly string[]
  /** Exactly this one; null = a free one. */
  port: number | null
  /** The time of what is shown; absent = now. */
  clock?: Clock
}

export interface MapHome {
  point: Point
  label: string
}

export interface ServedMap extends Omit<LiveMap, 'setHome'> {
  setHome(home: MapHome | null): void
}

const liveHome = (home: MapHome | null): LiveHome | null =>
  home === null ? null : { ...home.point, label: home.label }

/** @throws InterplotError when the port cannot be had. */
export const openServedMap = async (options: ServedMapOptions): Promise<ServedMap> => {
  const map = await openLiveMap({ clock: systemClock, ...options, home: null })
  return { ...map, setHome: (home) => map.setHome(liveHome(home)) }
}
