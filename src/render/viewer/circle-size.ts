/** Radius of the circle of a single place, CSS pixels: it grows by the same for every tenfold amount. */
export const circleRadius = (amount: number): number => Math.min(22, 2.7 + 2.4 * Math.log10(Math.max(1, amount)))
