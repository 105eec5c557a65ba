/**
 * Outlines as path data (Scalable Vector Graphics 2, section 9.3), short: coordinates are whole hundredths of a pixel,
 * each point is written as its step from the one before (rounded absolutely, so that errors do not add up), and what
 * parses without a space has none.
 */

import type { Outline } from '../scene.ts'

/** Hundredths. Beyond that there is no picture. */
const FARTHEST = 1e7
/** An outline of more points has one decimal: a tenth of a pixel is not seen, and coasts are most of the file. */
const COARSE_FROM_POINTS = 4000

/** Hundredths as a decimal number: 150 → `1.5`, -5 → `-.05`. */
const decimal = (hundredths: number): string => {
  const sign = hundredths < 0 ? '-' : ''
  const size = Math.abs(hundredths)
  const whole = Math.floor(size / 100)
  const part = size % 100
  if (part === 0) return whole === 0 ? '0' : `${sign}${whole}`
  const digits = part % 10 === 0 ? String(part / 10) : String(part).padStart(2, '0')
  return `${sign}${whole === 0 ? '' : whole}.${digits}`
}

const toHundredths = (value: number): number =>
  Number.isFinite(value) ? Math.round(Math.min(FARTHEST, Math.max(-FARTHEST, value * 100))) : 0

/** A number with at most two decimals and without an exponent. */
export const numberText = (value: number): string => decimal(toHundredths(value))

/** Two numbers after a letter, with no more between them than a reader needs. */
const pair = (x: number, y: number): string => {
  const first = decimal(x)
  const second = decimal(y)
  const joined = second.startsWith('-') || (second.startsWith('.') && first.includes('.'))
  return joined ? first + second : `${first} ${second}`
}

const step = (dx: number, dy: number): string => {
  if (dy === 0) return `h${decimal(dx)}`
  return dx === 0 ? `v${decimal(dy)}` : `l${pair(dx, dy)}`
}

/** Path data of the outline; points that are no numbers are left out. */
export const pathData = ({ coordinates, starts, closed }: Outline): string => {
  const parts: string[] = []
  const grain = coordinates.length / 2 > COARSE_FROM_POINTS ? 10 : 1
  const grid = (value: number): number => Math.round(toHundredths(value) / grain) * grain
  let letter = ''
  for (let line = 0; line < starts.length; line += 1) {
    const end = starts[line + 1] ?? coordinates.length / 2
    let begun = false
    let steps = 0
    let lastX = 0
    let lastY = 0
    for (let i = starts[line]!; i < end; i += 1) {
      if (!Number.isFinite(coordinates[i * 2]!) || !Number.isFinite(coordinates[i * 2 + 1]!)) continue
      const x = grid(coordinates[i * 2]!)
      const y = grid(coordinates[i * 2 + 1]!)
      if (begun && x === lastX && y === lastY) continue
      if (begun) {
        const text = step(x - lastX, y - lastY)
        // A letter is not repeated.
        if (text[0] !== letter) parts.push(text)
        else parts.push(/^[-]/.test(text.slice(1)) ? text.slice(1) : ` ${text.slice(1)}`)
        letter = text[0]!
        steps += 1
      } else {
        parts.push(`M${pair(x, y)}`)
        letter = 'M'
        begun = true
      }
      lastX = x
      lastY = y
    }
    // A line of one point is a dot where line ends are round.
    if (begun && steps === 0) parts.push('h0')
    if (begun && closed) parts.push('z')
    letter = ''
  }
  return parts.join('')
}

/** x, y, x, y, … as whole hundredths, without those that are no numbers, and each place once where `distinct`. */
export const places = (positions: Float32Array, distinct: boolean): number[] => {
  const found: number[] = []
  const seen = new Set<number>()
  // From the last to the first: of two in one place the later covers the earlier.
  for (let i = positions.length - 2; i >= 0; i -= 2) {
    const [px, py] = [positions[i]!, positions[i + 1]!]
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue
    const grain = positions.length > 2 * COARSE_FROM_POINTS ? 10 : 1
    const x = Math.round(toHundredths(px) / grain) * grain
    const y = Math.round(toHundredths(py) / grain) * grain
    if (distinct) {
      const key = x * (4 * FARTHEST) + y
      if (seen.has(key)) continue
      seen.add(key)
    }
    found.push(y, x)
  }
  return found.reverse()
}

/** Path data that visits each place and does there what `mark` says, a command that ends where it begins. */
export const placesData = (at: readonly number[], mark: string): string => {
  const parts: string[] = []
  let lastX = 0
  let lastY = 0
  for (let i = 0; i < at.length; i += 2) {
    const [x, y] = [at[i]!, at[i + 1]!]
    parts.push(i === 0 ? 'M' : 'm', pair(x - lastX, y - lastY), mark)
    lastX = x
    lastY = y
  }
  return parts.join('')
}

/** Path data through the places: only what stands at its corners is shown. */
export const cornersData = (at: readonly number[]): string => {
  const parts: string[] = []
  let lastX = 0
  let lastY = 0
  for (let i = 0; i < at.length; i += 2) {
    const [x, y] = [at[i]!, at[i + 1]!]
    const text = pair(x - lastX, y - lastY)
    parts.push(i === 0 ? `M${text}` : i === 2 ? `l${text}` : text.startsWith('-') ? text : ` ${text}`)
    lastX = x
    lastY = y
  }
  return parts.join('')
}
