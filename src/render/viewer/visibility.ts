/** Which records the map shows now: those of the groups that are switched on, and of the frame. */

import type { MapFrames } from '../map-data.ts'
import type { PointStore } from './point-store.ts'

type Test = (record: number) => boolean

export class Visibility {
  readonly frames: MapFrames | null
  readonly #store: PointStore
  #groups: Test | null = null
  #frame: number

  constructor(store: PointStore, frames: MapFrames | undefined) {
    this.#store = store
    this.frames = frames ?? null
    // All that ever appears, or the beginning.
    this.#frame = frames?.cumulative === true ? frames.count - 1 : 0
  }

  get frame(): number {
    return this.#frame
  }

  showFrame(frame: number): void {
    this.#frame = frame
  }

  showGroups(visible: readonly boolean[]): void {
    const { colour } = this.#store
    this.#groups = colour.length === 0 || visible.every(Boolean) ? null : (i) => visible[colour[i]!] !== false
  }

  /** Of the groups alone; null where all are shown. */
  get ofGroups(): Test | null {
    return this.#groups
  }

  /** Null where all are shown. */
  get test(): Test | null {
    const { frame } = this.#store
    const [groups, now, frames] = [this.#groups, this.#frame, this.frames]
    if (frames === null || frame.length === 0 || (frames.cumulative && now >= frames.count - 1)) return groups
    const inTime: Test = frames.cumulative ? (i) => frame[i]! <= now : (i) => frame[i] === now
    return groups === null ? inTime : (i) => inTime(i) && groups(i)
  }
}

/** What is shown in each frame, whatever the groups. */
export const amountsByFrame = ({ weight, frame }: PointStore, { count, cumulative }: MapFrames): number[] => {
  const sums = new Array<number>(count).fill(0)
  for (let i = 0; i < weight.length; i += 1) {
    const at = frame[i]!
    if (at < count) sums[at]! += weight[i]!
  }
  if (cumulative) for (let i = 1; i < count; i += 1) sums[i]! += sums[i - 1]!
  return sums
}
