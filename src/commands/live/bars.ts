/** Bars of a line of values: eight heights of one cell. */

const BARS = [...'▁▂▃▄▅▆▇█']
const PLAIN_BARS = [...'_.,-~+*#']

/** From a share of the whole height, 0 … 1, to a height 0 … 7. */
export const barLevel = (share: number): number =>
  Math.max(0, Math.min(BARS.length - 1, Math.floor(share * BARS.length)))

/** @param plain only ASCII. */
export const barOf = (level: number, plain: boolean): string => (plain ? PLAIN_BARS : BARS)[level]!
