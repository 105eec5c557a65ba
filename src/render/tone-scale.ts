/** From amounts to brightness: logarithmic, because addresses are spread over many powers of ten. */

export interface ToneScale {
  /** Amount at the bottom of the ramp: what is below fades away. */
  readonly low: number
  /** Amount at the top of the ramp; what is above looks the same. */
  readonly high: number
  /** Weight of the lightest point: the scale counts from here. */
  readonly lightest: number
}

export interface Tick {
  readonly value: number
  readonly label: string
}

/** 0 at `low`, 1 at `high`; not clamped. */
export const toneOf = (scale: ToneScale, value: number): number =>
  Math.log(value / scale.low) / Math.log(scale.high / scale.low)

const SUFFIXES = ['', 'k', 'M', 'G', 'T']

/** 1500 → `1.5k`; 20 → `20`; 0.02 → `0.02`. */
export const formatAmount = (value: number): string => {
  const index = Math.min(SUFFIXES.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3 + 1e-9)))
  return `${Number((value / 1000 ** index).toPrecision(2))}${SUFFIXES[index]}`
}

const candidates = (scale: ToneScale, multiples: readonly number[]): number[] => {
  const first = Math.floor(Math.log10(scale.low))
  const last = Math.ceil(Math.log10(scale.high))
  const values: number[] = []
  for (let exponent = first; exponent <= last; exponent += 1) {
    for (const multiple of multiples) values.push(multiple * 10 ** exponent)
  }
  return values.filter((value) => value >= Math.max(scale.low, scale.lightest) * 0.999 && value <= scale.high * 1.001)
}

/** From the roundest numbers to the least round ones that still make good labels. */
const MULTIPLES = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]] as const

/** At most seven round numbers within the scale; three or more unless it is very narrow. */
export const ticksOf = (scale: ToneScale): Tick[] => {
  const choices = MULTIPLES.map((multiples) => candidates(scale, multiples))
  const values = choices.find(({ length }) => length >= 3) ?? choices.at(-1) ?? []
  const every = Math.ceil(values.length / 7)
  return values.filter((_, i) => i % every === 0).map((value) => ({ value, label: formatAmount(value) }))
}
