/** Numbers with units as people write and read them. Parsers return null for anything that they do not fully understand. */

const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** `10k` → 10000, `1.5M` → 1500000 (decimal, either case). */
export const parseCount = (text: string): number | null => {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text.trim())
  if (match === null) return null
  const value = Number(match[1]) * SCALE[match[2]!.toLowerCase()]!
  return Number.isSafeInteger(Math.round(value)) ? value : null
}

/** `20M` → 20000000 bits a second; `20Mbit/s`, `20Mbps` mean the same. */
export const parseBandwidth = (text: string): number | null => {
  const value = parseCount(text.trim().replace(/(?:bit\/s|bits|bps|bit|b)$/i, ''))
  return value !== null && value > 0 ? value : null
}

const DURATION_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86400e6,
  w: 604800e6,
}

/** `500ms`, `8`, `8s`, `1h30m` → microseconds; a bare number counts seconds. */
export const parseDurationUs = (text: string): number | null => {
  const trimmed = text.trim()
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1e6
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d|w))+$/.test(trimmed)) return null
  let total = 0
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w)/g)) {
    total += Number(amount) * DURATION_US[unit!]!
  }
  return total
}

/** 1234567 → `1,234,567` */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US')

/** 1, `trace` → `1 trace`; 2, `trace` → `2 traces`; with a plural of its own where an s does not make it. */
export const countOf = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${Math.round(value) === 1 ? one : many}`

const shorten = (value: number, units: readonly string[], base: number): string => {
  let index = 0
  let rest = value
  while (rest >= base && index < units.length - 1) {
    rest /= base
    index += 1
  }
  // Whole things have no fractions, but a rate below ten may be half a packet a second.
  const whole = index === 0 && (rest >= 10 || Number.isInteger(rest))
  const digits = whole || rest >= 100 ? 0 : rest >= 10 ? 1 : 2
  return `${rest.toFixed(digits)} ${units[index]}`
}

/** 20000000 → `20.0 Mbit/s` */
export const formatBandwidth = (bitsPerSecond: number): string =>
  shorten(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], 1000)

/** 31234 → `31.2 kpps` */
export const formatPacketRate = (packetsPerSecond: number): string =>
  shorten(packetsPerSecond, ['pps', 'kpps', 'Mpps', 'Gpps'], 1000)

/** 64342092 → `61.4 MiB` */
export const formatBytes = (bytes: number): string => shorten(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024)

/** 1234567 µs → `1.23 s`; 5025000000 → `1h 23m 45s` */
export const formatDuration = (us: number): string => {
  if (us < 1000) return `${us.toFixed(0)} µs`
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 2 : us < 1e5 ? 1 : 0)} ms`
  if (us < 60e6) return `${(us / 1e6).toFixed(2)} s`
  const seconds = Math.round(us / 1e6)
  const parts: string[] = []
  if (seconds >= 86400) parts.push(`${Math.floor(seconds / 86400)}d`)
  if (seconds >= 3600) parts.push(`${Math.floor((seconds % 86400) / 3600)}h`)
  parts.push(`${Math.floor((seconds % 3600) / 60)}m`, `${seconds % 60}s`)
  return parts.join(' ')
}
