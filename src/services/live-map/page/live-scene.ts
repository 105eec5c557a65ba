/** What is on the map now, and how strong: places by their categories, the strongest with arcs. */

import type { MapView, Viewport } from '../../../render/viewer/map-view.ts'
import { ArcLines, type ScreenLine } from './arc-lines.ts'
import type { Colouring } from './colouring.ts'
import { FADE_MS, type LiveModel } from './live-model.ts'
import type { Spot } from './spot.ts'

/** Arcs beyond that would be a carpet, and cost more than a frame. */
const ARCS_MAX = 1_000
/** Bits a second from which an arc is one step stronger. */
const STRONGER_FROM = [1, 20_000, 200_000, 2_000_000] as const

export interface Share {
  readonly category: number
  count: number
  /** Bytes a second. */
  rate: number
  /** Connections that began there, less those that began here. */
  inward: number
}

export interface SpotLook {
  readonly spot: Spot
  /** The strongest first. */
  readonly shares: readonly Share[]
  readonly count: number
  readonly rate: number
  /** 0 … 4. */
  readonly strength: number
  /** 1, or less of what everybody left. */
  readonly alpha: number
  lines: readonly ScreenLine[]
}

export const strengthOf = (bytesPerSecond: number): number =>
  STRONGER_FROM.filter((bits) => bytesPerSecond * 8 >= bits).length

const sharesOf = (spot: Spot, colouring: Colouring): Share[] => {
  const shares = new Map<number, Share>()
  for (const row of spot.rows) {
    const category = colouring.categoryOf(row)
    const share = shares.get(category) ?? { category, count: 0, rate: 0, inward: 0 }
    share.count += 1
    share.rate += row.rate
    const { initiator } = row.connection
    share.inward += initiator === 'remote' ? 1 : initiator === 'local' ? -1 : 0
    shares.set(category, share)
  }
  return [...shares.values()].sort((a, b) => b.rate - a.rate || b.count - a.count)
}

const lookOf = (spot: Spot, colouring: Colouring, nowMs: number): SpotLook => {
  const shares = sharesOf(spot, colouring)
  if (shares[0] !== undefined) spot.lastCategory = shares[0].category
  const rate = shares.reduce((sum, share) => sum + share.rate, 0)
  const alpha = spot.leftAtMs === null ? 1 : Math.max(0, 1 - (nowMs - spot.leftAtMs) / FADE_MS)
  return { spot, shares, count: spot.rows.size, rate, strength: strengthOf(rate), alpha, lines: [] }
}

export class LiveScene {
  readonly #model: LiveModel
  readonly #colouring: Colouring
  readonly #arcs = new ArcLines()
  /** The strongest first. */
  looks: readonly SpotLook[] = []

  constructor(model: LiveModel, colouring: Colouring) {
    this.#model = model
    this.#colouring = colouring
  }

  /** After changes of the model. */
  update(nowMs: number): void {
    this.looks = [...this.#model.spots.values()]
      .map((spot) => lookOf(spot, this.#colouring, nowMs))
      .sort((a, b) => b.rate - a.rate || b.count - a.count)
  }

  /** After an update, and after a move of the map. */
  lay(view: MapView, viewport: Viewport): void {
    const { home } = this.#model
    this.#arcs.prepare(home, view.size)
    let left = home === null ? 0 : ARCS_MAX
    for (const look of this.looks) {
      // Bans alone have no traffic: a mark is enough.
      const has = left > 0 && (look.count > 0 || look.spot.bans.size === 0)
      look.lines = has ? this.#arcs.screenLines(look.spot, view, viewport) : []
      if (has) left -= 1
    }
  }
}
