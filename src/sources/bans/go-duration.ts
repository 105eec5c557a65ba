/** Durations as Go prints them (`3h59m45.1s`, `-12m3s`, `1m48.7ms`) and nftables, ipset and fail2ban shorten them (`1d2h`, `600`). */

const UNIT_US: Readonly<Record<string, number>> = {
  w: 604_800e6,
  d: 86_400e6,
  h: 3_600e6,
  m: 60e6,
  s: 1e6,
  ms: 1e3,
  us: 1,
  µs: 1,
  ns: 1e-3,
}
const WHOLE = /^-?(?:\d{1,12}(?:\.\d{1,12})?(?:ms|us|µs|ns|[wdhms])){1,9}$/
const PART = /(\d+(?:\.\d+)?)(ms|us|µs|ns|[wdhms])/g

/** Microseconds; a number alone is seconds. Null for anything else. */
export const parseDurationUs = (text: string): number | null => {
  if (/^-?\d{1,12}$/.test(text)) return Number(text) * 1e6
  if (!WHOLE.test(text)) return null
  let sum = 0
  for (const [, value, unit] of text.matchAll(PART)) sum += Number(value) * UNIT_US[unit!]!
  return Math.round(text.startsWith('-') ? -sum : sum)
}
