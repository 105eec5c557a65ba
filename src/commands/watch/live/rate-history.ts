/** What was transferred in the last minutes, a bar for some seconds each. */

import { barLevel, barOf } from '../../live/bars.ts'

const BAR_US = 5e6
const MOST_BARS = 60

interface Bar {
  at: number
  mean: number
  count: number
}

export interface RateLine {
  /** The newest at the right, the highest as high as can be. */
  bars(cells: number, plain: boolean): string
  /** So long do so many bars look back. */
  spanUs(cells: number): number
}

export interface RateHistory {
  add(timeUs: number, bytesPerS: number): void
  /** As it is now. */
  line(): RateLine
}

const lineOf = (bars: readonly Bar[]): RateLine => {
  const shown = (cells: number): readonly Bar[] => {
    const last = bars.at(-1)?.at ?? 0
    return bars.filter(({ at }) => at > last - cells)
  }
  return {
    bars(cells, plain) {
      const some = shown(cells)
      const most = Math.max(...some.map(({ mean }) => mean), 1)
      const [first, last] = [some[0]?.at ?? 0, some.at(-1)?.at ?? -1]
      const line = new Array<string>(last - first + 1).fill(' ')
      for (const { at, mean } of some) line[at - first] = barOf(barLevel(mean / most), plain)
      return line.join('')
    },
    spanUs(cells) {
      const some = shown(cells)
      return some.length === 0 ? 0 : (some.at(-1)!.at - some[0]!.at + 1) * BAR_US
    },
  }
}

export const makeRateHistory = (): RateHistory => {
  let bars: readonly Bar[] = []
  return {
    line: () => lineOf(bars),
    add(timeUs, bytesPerS) {
      const at = Math.floor(timeUs / BAR_US)
      const last = bars.at(-1)
      if (last === undefined || last.at < at) bars = [...bars.slice(1 - MOST_BARS), { at, mean: bytesPerS, count: 1 }]
      else {
        const count = last.count + 1
        bars = [...bars.slice(0, -1), { at: last.at, mean: last.mean + (bytesPerS - last.mean) / count, count }]
      }
    },
  }
}
