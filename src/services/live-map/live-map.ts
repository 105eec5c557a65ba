/** The live map: a page in the browser of this machine, and what is fed to it. Nobody else can reach it (loopback alone). */

import type { Clock } from '../../core/clock.ts'
import { LiveState } from './live-state.ts'
import type { LiveBanEvent } from './live-values.ts'
import { listenOnLoopback } from './loopback-server.ts'
import { loadPageFiles } from './page-files.ts'
import { eventBytes, PageStreams } from './page-streams.ts'
import {
  BEAT_EVENT,
  BEAT_MS,
  type LiveBanTotals,
  type LiveConnection,
  type LiveHome,
  type LiveTotals,
} from './protocol.ts'
import { webApp } from './web-app.ts'

/** Pages hear of changes four times a second at most, and when another page opens. */
const CHANGES_MS = 250

export interface LiveMapOptions {
  readonly title: string
  /** What is watched, in words: `eth0`, `fail2ban.log`. */
  readonly sources: readonly string[]
  /** Null: there are no arcs. */
  readonly home: LiveHome | null
  /** Of the databases that places come from. */
  readonly attributions: readonly string[]
  /** Exactly this one; null: 8017, or the next that is free. */
  readonly port: number | null
  readonly clock: Clock
}

export interface LiveMap {
  /** `http://127.0.0.1:8017/` */
  readonly url: string
  /** @param changed whole, also where only counts changed. @param ended ids. */
  connections(changed: readonly LiveConnection[], ended: readonly number[], totals: LiveTotals): void
  bans(events: readonly LiveBanEvent[], totals: LiveBanTotals): void
  setHome(home: LiveHome | null): void
  close(): Promise<void>
}

/** @throws InterplotError ERR_LISTEN when the port cannot be had, ERR_INPUT_FILE when the page is not there. */
export const openLiveMap = async (options: LiveMapOptions): Promise<LiveMap> => {
  const { title, sources, attributions, clock } = options
  const state = new LiveState({ title, sources, attributions, sinceUs: clock.nowUs() }, options.home)
  const streams = new PageStreams()
  const files = await loadPageFiles()
  /** Tells the pages that are there what has changed. @returns whether anything had. */
  const sendChanges = (): boolean => {
    const changes = state.take(clock.nowUs())
    if (changes !== null && streams.size > 0) streams.send(eventBytes('changes', changes))
    return changes !== null
  }
  const app = webApp({
    ...{ files, streams },
    snapshot: () => state.snapshot(clock.nowUs()),
    firstSnapshot() {
      // What is in the snapshot of a new page must not come to it again as a change.
      sendChanges()
      return state.snapshot(clock.nowUs())
    },
  })
  const server = await listenOnLoopback(app.fetch, options.port)
  // Most browsers will ask for it; a failure is told to the one that does.
  files['/ground-dark']?.content().catch(() => undefined)
  let silentMs = 0
  const timer = setInterval(() => {
    silentMs = sendChanges() ? 0 : silentMs + CHANGES_MS
    if (silentMs > 0 && silentMs % BEAT_MS === 0 && streams.size > 0) streams.send(eventBytes(BEAT_EVENT, {}))
  }, CHANGES_MS)
  // What keeps the program alive is the server, until it is closed.
  timer.unref()
  return {
    url: server.url,
    connections: (changed, ended, totals) => state.connections(changed, ended, totals),
    bans: (events, totals) => state.bans(events, totals),
    setHome: (home) => state.setHome(home),
    async close() {
      clearInterval(timer)
      streams.close()
      await server.close()
    },
  }
}
