import { describe, expect, it } from 'vitest'
import { cellAsn, cellNumber, cellTimeUs } from '../../../../src/commands/render/map-input/cell-values.ts'

const NOON_US = Date.UTC(2026, 10, 21, 12) * 1000

describe('what cells mean', () => {
  it.each([
    ['2026-11-21T12:00:00Z', NOON_US],
    ['2026-11-21 12:00', NOON_US],
    ['2026-11-21 12:00:00.000 UTC', NOON_US],
    ['2026-11-21T13:00:00,000+0100', NOON_US],
    ['2026-11-21T10:30:00-01:30', NOON_US],
    ['2026-11-21T13:00+01', NOON_US],
    ['2026-11-21', NOON_US - 43_200e6],
    [NOON_US / 1e6, NOON_US],
    [String(NOON_US / 1e6), NOON_US],
    [NOON_US / 1e3, NOON_US],
    [NOON_US, NOON_US],
    [NOON_US * 1e3, NOON_US],
    [0, 0],
    ['2026-13-01', Number.NaN],
    ['yesterday', Number.NaN],
    ['', Number.NaN],
    [-5, Number.NaN],
    [1e300, Number.NaN],
    [null, Number.NaN],
  ])('the time %j', (cell, expected) => {
    expect(cellTimeUs(cell)).toBe(expected)
  })

  it.each([
    ['1.5', 1.5],
    [' -2 ', -2],
    ['1,5', 1.5],
    ['0', 0],
    ['', null],
    ['  ', null],
    ['Unknown', null],
    [undefined, null],
    [null, null],
    ['1,500,000', Number.NaN],
    ['x', Number.NaN],
    [true, Number.NaN],
    [[5], Number.NaN],
  ])('the number %j', (cell, expected) => {
    expect(cellNumber(cell)).toBe(expected)
  })

  it.each([
    ['AS64500', 64500],
    ['as64500', 64500],
    [64500, 64500],
    ['AS', 0],
    ['-1', 0],
    [4294967296, 0],
    [null, 0],
  ])('the network %j', (cell, expected) => {
    expect(cellAsn(cell)).toBe(expected)
  })
})
