/** Dates and times of day out of the groups of a regular expression: year, month, day, hour, minute, second. */

/** As if the clock stood at UTC, milliseconds; null for what no clock shows (a leap second is shown). */
export const wallClockMs = (groups: readonly (string | undefined)[]): number | null => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = groups.map(Number)
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
