/** Tiles from the cache or the server, each asked for once; what came from where is counted. */

import { setTimeout as wait } from 'node:timers/promises'
import type { TileCache } from './tile-cache.ts'
import { checkTile, type TileClient, type TileReply } from './tile-client.ts'
import type { TileAddress } from './tile-template.ts'

export interface TileTally {
  fetched: number
  cached: number
  /** The server has none there. */
  absent: number
  failed: number
  /** Why, and how often. */
  readonly reasons: Map<string, number>
}

export interface TileSource {
  /** Null where there is none. Never throws. */
  get(tile: TileAddress): Promise<Buffer | null>
  /** It could not be drawn after all. */
  spoil(tile: TileAddress): Promise<void>
  readonly tally: TileTally
}

export interface TileSourceOptions {
  readonly cache: TileCache
  readonly client: TileClient
  /** Between the two tries. */
  readonly pauseMs: number
  /** Ends all waiting. */
  readonly cancelSignal: AbortSignal
}

/** A server that fails so often in a row is not asked again. */
const MOST_FAILURES = 8
const DAMAGED = 'damaged pictures'
const GIVEN_UP = 'not asked for after so many failures'

const keyOf = ({ z, x, y }: TileAddress): string => `${z}/${x}/${y}`

export const makeTileSource = ({ cache, client, pauseMs, cancelSignal }: TileSourceOptions): TileSource => {
  const tally: TileTally = { fetched: 0, cached: 0, absent: 0, failed: 0, reasons: new Map() }
  const asked = new Map<string, Promise<Buffer | null>>()
  const origins = new Map<string, 'fetched' | 'cached'>()
  let failuresInRow = 0

  const fail = (reason: string): void => {
    tally.failed += 1
    tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1)
  }

  const count = (tile: TileAddress, origin: 'fetched' | 'cached'): void => {
    tally[origin] += 1
    origins.set(keyOf(tile), origin)
  }

  const ask = async (tile: TileAddress): Promise<TileReply> => {
    if (failuresInRow >= MOST_FAILURES || cancelSignal.aborted) {
      return { kind: 'failure', reason: GIVEN_UP, again: false }
    }
    const first = await client.get(tile, cancelSignal)
    if (first.kind !== 'failure' || !first.again) return first
    await wait(pauseMs, undefined, { signal: cancelSignal }).catch(() => undefined)
    return client.get(tile, cancelSignal)
  }

  const find = async (tile: TileAddress): Promise<Buffer | null> => {
    const kept = await cache.read(tile)
    if (kept !== null && checkTile(kept, null).kind === 'tile') {
      count(tile, 'cached')
      return kept
    }
    const reply = await ask(tile)
    if (reply.kind === 'failure') {
      failuresInRow += 1
      fail(reply.reason)
      return null
    }
    failuresInRow = 0
    if (reply.kind === 'none') {
      tally.absent += 1
      return null
    }
    count(tile, 'fetched')
    await cache.write(tile, reply.body, reply.keepSeconds)
    return reply.body
  }

  return {
    tally,
    get(tile) {
      const key = keyOf(tile)
      const known = asked.get(key)
      if (known !== undefined) return known
      const found = find(tile)
      asked.set(key, found)
      return found
    },
    async spoil(tile) {
      const origin = origins.get(keyOf(tile))
      if (origin === undefined) return
      origins.delete(keyOf(tile))
      tally[origin] -= 1
      fail(DAMAGED)
      await cache.forget(tile)
    },
  }
}
