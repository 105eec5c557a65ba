/** Feeds the live map in the browser with bans: first the last ones of the results file, then each as it happens. */

import type { BanEvent } from '../../core/ban.ts'
import { systemClock } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import { isIpv4 } from '../../core/ip.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { BANS_MAX } from '../../services/live-map/live-state.ts'
import { liveBan, livePlace } from '../../services/live-map/live-values.ts'
import type { Ban } from '../../store/ban-reader.ts'
import type { Store } from '../../store/store.ts'
import { openServedMap } from '../live-map/served-map.ts'
import { readBanPlaces } from './ban-places.ts'
import type { FollowedBan } from './followed-ban.ts'

export interface BanMapFeed {
  readonly url: string
  /** Before anything new: the bans of the last day, the latest of them one by one. */
  begin(store: Store, provider: OpenProvider | null): Promise<void>
  take(batch: readonly FollowedBan[]): void
  close(): Promise<void>
}

export interface BanMapFeedOptions {
  sources: readonly string[]
  attributions: readonly string[]
  port: number | null
  home: Point | null
}

const BEGINNING_US = 86_400_000_000

const eventOf = ({ address, prefixBits, jail, host, beganUs, restored, increased }: Ban): BanEvent => ({
  ...{ act: 'ban', address, jail, host, timeUs: beganUs },
  ...(prefixBits === (isIpv4(address) ? 32 : 128) ? {} : { prefixLength: prefixBits }),
  ...(restored ? { again: 'restored' } : increased ? { again: 'increased' } : {}),
})

/** @throws InterplotError when the port cannot be had. */
export const openBanMapFeed = async ({ home, ...options }: BanMapFeedOptions): Promise<BanMapFeed> => {
  const map = await openServedMap({ ...options, title: 'Bans' })
  if (home !== null) map.setHome({ point: home, label: 'home' })
  const counts = { ban: 0, unban: 0, attempt: 0 }
  let unlocated = 0
  const send = (batch: readonly FollowedBan[]): void => {
    const events = batch.map(({ event, host, place }) => liveBan({ ...event, host }, livePlace(place)))
    for (const { act, place } of events) {
      counts[act] += 1
      if (place === null || place.latitude === null) unlocated += 1
    }
    const { ban: bans, unban: unbans, attempt: attempts } = counts
    // Pages keep the latest only.
    map.bans(events.slice(-BANS_MAX), { bans, unbans, attempts, unlocated })
  }
  // What the page is of shows before the first ban.
  send([])
  return {
    url: map.url,
    async begin(store, provider) {
      const bans = store.bans({ sinceUs: systemClock.nowUs() - BEGINNING_US })
      const { placeOf } = await readBanPlaces(store, bans, provider)
      send(bans.map((ban) => ({ event: eventOf(ban), host: ban.host, place: placeOf(ban) ?? null })))
    },
    take: send,
    close: map.close,
  }
}
