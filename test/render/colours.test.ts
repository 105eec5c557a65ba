import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { colourMaps } from '../../src/render/colour-maps.ts'
import { RAMP_STEPS, rampOnMap } from '../../src/render/colour-ramp.ts'
import { MOST_GROUPS } from '../../src/render/map-data.ts'
import { blendColours, hexToRgb, oklabToRgb, rgbToHex, rgbToOklab } from '../../src/render/oklab.ts'
import { styles } from '../../src/render/styles/index.ts'

const byte = fc.integer({ min: 0, max: 255 })

describe('OKLab', () => {
  it('comes back to the same colour', () => {
    fc.assert(
      fc.property(byte, byte, byte, (r, g, b) => {
        const back = oklabToRgb(...rgbToOklab([r, g, b]))
        return rgbToHex(back) === rgbToHex([r, g, b])
      }),
    )
  })

  it('mixes from one end to the other', () => {
    const mixed = blendColours('#102030', '#f0e0d0', 5)
    expect([mixed[0], mixed.at(-1)]).toEqual(['#102030', '#f0e0d0'])
    expect(mixed.length).toBe(5)
  })
})

const lightnessOf = (rgb: Float32Array): number[] =>
  Array.from({ length: RAMP_STEPS }, (_, i) => rgbToOklab([rgb[i * 3]!, rgb[i * 3 + 1]!, rgb[i * 3 + 2]!])[0])

describe.each(colourMaps.entries)('colour map $name', ({ ramp }) => {
  it('grows lighter all the way, so that everybody reads it in the right order', () => {
    const lightness = lightnessOf(ramp.rgb)
    for (let i = 1; i < RAMP_STEPS; i += 1) expect(lightness[i]!).toBeGreaterThan(lightness[i - 1]! - 0.004)
  })

  it.each([true, false])('can be told from the map below it (dark: %s)', (isDark) => {
    const lightness = lightnessOf(rampOnMap(ramp, isDark).rgb)
    expect(isDark ? lightness[0]! : 1 - lightness[0]!).toBeGreaterThan(isDark ? 0.4 : 0.13)
    expect(isDark ? lightness.at(-1)! > lightness[0]! : lightness.at(-1)! < lightness[0]!).toBe(true)
  })
})

/** How far two colours are apart for people who have no red or no green cones (Machado, Oliveira and Fernandes, 2009, severity 1). */
const DEFICIENCIES = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
} as const

const seenBy = (hex: string, matrix: readonly number[]): [number, number, number] => {
  const linear = hexToRgb(hex).map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4)
  const seen = [0, 3, 6].map((row) =>
    Math.max(
      0,
      linear.reduce((sum, value, i) => sum + matrix[row + i]! * value, 0),
    ),
  )
  return rgbToOklab(seen.map((value) => 255 * (1.055 * value ** (1 / 2.4) - 0.055)) as [number, number, number])
}

describe.each(styles.entries)('style $name', ({ theme }) => {
  it('has a colour for each group, and the first five differ for everybody', () => {
    expect(theme.groups.length).toBe(MOST_GROUPS)
    for (const matrix of Object.values(DEFICIENCIES)) {
      const seen = theme.groups.slice(0, 5).map((hex) => seenBy(hex, matrix))
      for (const [i, one] of seen.entries()) {
        for (const other of seen.slice(i + 1)) {
          const distance = Math.hypot(...one.map((value, axis) => value - other[axis]!))
          expect(distance).toBeGreaterThan(0.05)
        }
      }
    }
  })

  it('has words that can be read on its ground (WCAG 2, 4.5 to 1; 3 to 1 for what is less important)', () => {
    const luminance = (hex: string): number => {
      const [r, g, b] = hexToRgb(hex).map((value) => {
        const share = value / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
    }
    const contrast = (one: string, other: string): number => {
      const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x)
      return (a! + 0.05) / (b! + 0.05)
    }
    expect(contrast(theme.title, theme.background)).toBeGreaterThan(7)
    expect(contrast(theme.text, theme.background)).toBeGreaterThan(4.5)
    expect(contrast(theme.faintText, theme.background)).toBeGreaterThan(3)
  })
})
