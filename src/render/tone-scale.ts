/**
 * From amounts to brightness. Logarithmic by default, because addresses are spread over many powers of ten; linear, where
 * only the greatest amounts matter; equalised, where every tone is to be used equally often (a histogram's cumulative
 * distribution as the curve: Gonzalez and Woods, Digital Image Processing, section 3.3).
 */

export const TONES = ['log', 'linear', 'equal'] as const
export type ToneName = (typeof TONES)[number]

/** Resolution of a curve. */
const CURVE_STEPS = 1024

export interface ToneScale {
  /** Amount at the bottom of the ramp: what is below fades away. */
  readonly low: number
  /** Amount at the top of the ramp; what is above looks the same. */
  readonly high: number
  /** Weight of the lightest point: the scale counts from here. */
  readonly lightest: number
  /** Tone at 1025 even steps of the logarithm from `low` to `high`, ascending from 0 to 1; without it, the logarithm itself. */
  readonly curve?: Float32Array
}

export interface Tick {
  readonly value: number
  readonly label: string
}

const throughCurve = (curve: Float32Array, position: number): number => {
  if (position <= 0) return 0
  if (position >= 1) return 1
  const at = position * CURVE_STEPS
  const index = Math.floor(at)
  return curve[index]! + (curve[index + 1]! - curve[index]!) * (at - index)
}

/** 0 at `low`, 1 at `high`; not clamped where the scale is logarithmic. */
export const toneOf = (scale: ToneScale, value: number): number => {
  const position = Math.log(value / scale.low) / Math.log(scale.high / scale.low)
  return scale.curve === undefined ? position : throughCurve(scale.curve, position)
}

/** The same scale with tones in proportion to the amounts. */
const linearScale = (scale: ToneScale): ToneScale => {
  const curve = new Float32Array(CURVE_STEPS + 1)
  const range = Math.log(scale.high / scale.low)
  for (let i = 0; i <= CURVE_STEPS; i += 1) {
    const value = scale.low * Math.exp((i / CURVE_STEPS) * range)
    curve[i] = (value - scale.low) / (scale.high - scale.low)
  }
  return { ...scale, curve }
}

/** The same scale with every tone used equally often by `values`; those below `low` do not count. */
const equalisedScale = (scale: ToneScale, values: Float32Array): ToneScale => {
  const bins = new Float64Array(CURVE_STEPS)
  const perLog = CURVE_STEPS / Math.log(scale.high / scale.low)
  let total = 0
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!
    if (value < scale.low) continue
    bins[Math.min(CURVE_STEPS - 1, Math.floor(Math.log(value / scale.low) * perLog))]! += 1
    total += 1
  }
  if (total === 0) return scale
  const curve = new Float32Array(CURVE_STEPS + 1)
  let below = 0
  for (let i = 0; i < CURVE_STEPS; i += 1) {
    below += bins[i]!
    curve[i + 1] = below / total
  }
  return { ...scale, curve }
}

/** The scale with the tone that was asked for. @param values what is shown, for `equal`; asked for only then. */
export const tonedScale = (scale: ToneScale, tone: ToneName, values: () => Float32Array): ToneScale => {
  if (tone === 'log') return scale
  return tone === 'linear' ? linearScale(scale) : equalisedScale(scale, values())
}

const SUFFIXES = ['', 'k', 'M', 'G', 'T']

/** 1500 → `1.5k`; 20 → `20`; 0.02 → `0.02`. */
export const formatAmount = (value: number): string => {
  const rounded = Number(value.toPrecision(2))
  const index = Math.min(SUFFIXES.length - 1, Math.max(0, Math.floor(Math.log10(rounded) / 3 + 1e-9)))
  return `${Number((rounded / 1000 ** index).toPrecision(2))}${SUFFIXES[index]}`
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
