/** Radius of the circle of a single place, CSS pixels: it grows by the same for every tenfold amount. */
export const circleRadius = (amount: number): number => Math.min(22, 2.7 + 2.4 * Math.log10(Math.max(1, amount)))

const SMALLEST_MARK = 2.6
const LARGEST_MARK = 23

/** Radius of a marker, CSS pixels: its area is in proportion to the amount, as far as the smallest size lets it. */
export const markRadius = (amount: number, most: number): number =>
  Math.max(SMALLEST_MARK, LARGEST_MARK * Math.sqrt(amount / most))
