import { describe, expect, it } from 'vitest'
import { parseFilter } from '../../src/core/filter-syntax.ts'
import { caught } from '../error-code.ts'

const PLAIN = { option: '--output-filter' }
const SIGNED = { option: '--where', signedDecimals: true }

describe('numbers', () => {
  it.each<[string, number]>([
    ['latitude = -0.5', -0.5],
    ['latitude=-12', -12],
    ['latitude <= 12.25', 12.25],
    ['latitude = 0', 0],
    ['latitude = -9007199254740991', -9_007_199_254_740_991],
  ])('with a sign and decimals where rows hold such: %s', (text, value) => {
    expect(parseFilter(text, SIGNED)).toMatchObject({ field: 'latitude', value, option: '--where' })
  })
  it.each([
    ['latitude = -0.5', PLAIN],
    ['latitude = 1.5', PLAIN],
    ['latitude = 1.', SIGNED],
    ['latitude = .5', SIGNED],
    ['latitude = --5', SIGNED],
    ['latitude = 1.2.3', SIGNED],
    ['latitude = -9007199254740993', SIGNED],
  ])('%s is none for %o', (text, dialect) => {
    const error = caught(() => parseFilter(text, dialect))
    expect(error.code).toBe('ERR_USAGE')
    expect(error.message).toMatch(new RegExp(`^${dialect.option}, column 12: `))
  })
})
