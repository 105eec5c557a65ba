import { describe, expect, it } from 'vitest'
import { makeRamp, RAMP_STEPS, rampColours } from '../../src/render/colour-ramp.ts'
import { makeTextMeasure } from '../../src/render/font.ts'
import { shorten, wrap } from '../../src/render/text-fit.ts'
import { formatAmount, ticksOf, toneOf } from '../../src/render/tone-scale.ts'

describe('ticks', () => {
  it.each([
    [{ low: 1, high: 1000, lightest: 1 }, '1 10 100 1k'],
    [{ low: 1, high: 60, lightest: 1 }, '1 3 10 30'],
    [{ low: 0.13, high: 4, lightest: 1 }, '1 2 3 4'],
    [{ low: 700, high: 23000, lightest: 7900 }, '8k 9k 10k 20k'],
    [{ low: 1, high: 2e9, lightest: 1 }, '1 100 10k 1M 100M'],
  ])('%o', (scale, expected) => {
    const ticks = ticksOf(scale)
    expect(ticks.map(({ label }) => label).join(' ')).toBe(expected)
    for (const { value } of ticks) expect(toneOf(scale, value)).toBeLessThanOrEqual(1.01)
  })

  it.each([
    [1, '1'],
    [999, '1k'],
    [1500, '1.5k'],
    [0.02, '0.02'],
    [1e6, '1M'],
    [1000, '1k'],
  ])('%d is written %s', (value, text) => {
    expect(formatAmount(value)).toBe(text)
  })
})

describe('colour ramp', () => {
  const ramp = makeRamp(
    [
      { lightness: 0.4, chroma: 0.15, hueDegrees: 0 },
      { lightness: 0.7, chroma: 0.15, hueDegrees: 50 },
      { lightness: 1, chroma: 0, hueDegrees: 90 },
    ],
    1.3,
  )

  it('grows lighter with every step, so that its order does not depend on hues', () => {
    const luminance = Array.from({ length: RAMP_STEPS }, (_, i) => {
      const [r, g, b] = [0, 1, 2].map((channel) => (ramp.rgb[i * 3 + channel]! / 255) ** 2.2)
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
    })
    for (let i = 1; i < RAMP_STEPS; i += 1) expect(luminance[i]!).toBeGreaterThan(luminance[i - 1]!)
  })

  it('knows white and black (OKLab of sRGB white is 1, 0, 0)', () => {
    expect(rampColours(ramp, 2)[1]).toBe('#ffffff')
    const grey = makeRamp(
      [
        { lightness: 0, chroma: 0, hueDegrees: 0 },
        { lightness: 1, chroma: 0, hueDegrees: 0 },
      ],
      1,
    )
    expect(rampColours(grey, 2)).toEqual(['#000000', '#ffffff'])
  })
})

describe('text', () => {
  const measure = makeTextMeasure()
  const style = { size: 20, weight: 400 }

  it('is shortened with an ellipsis, or to nothing', () => {
    const cut = shorten('a rather long title', style, 100, measure)
    expect(cut).toMatch(/^a rath?.*…$/)
    expect(measure(cut, style)).toBeLessThanOrEqual(100)
    expect(shorten('short', style, 500, measure)).toBe('short')
    expect(shorten('short', style, 2, measure)).toBe('')
  })

  it('wraps at spaces into no more lines than it may', () => {
    expect(wrap('one two', style, 500, 3, measure)).toEqual(['one two'])
    const lines = wrap('one two three four five six seven eight nine ten', style, 120, 2, measure)
    expect(lines.length).toBe(2)
    expect(lines[1]).toMatch(/…$/)
    for (const line of lines) expect(measure(line, style)).toBeLessThanOrEqual(120)
  })

  it('is measured with the typeface of the package: a bold word is wider', () => {
    expect(measure('Internet', { size: 20, weight: 700 })).toBeGreaterThan(measure('Internet', style))
  })
})
