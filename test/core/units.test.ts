import { describe, expect, it } from 'vitest'
import {
  formatBandwidth,
  formatBytes,
  formatCount,
  formatDuration,
  parseBandwidth,
  parseCount,
  parseDurationUs,
} from '../../src/core/units.ts'

describe('units', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['10k', 10_000],
    ['1.5M', 1_500_000],
    ['2G', 2e9],
    ['', null],
    ['k', null],
    ['-1', null],
    ['1e3', null],
    ['10 k', null],
    ['999999T', null],
  ])('count %j is %j', (text, value) => {
    expect(parseCount(text)).toBe(value)
  })

  it.each([
    ['20M', 20e6],
    ['20Mbit/s', 20e6],
    ['20mbps', 20e6],
    ['500k', 500e3],
    ['1G', 1e9],
    ['0', null],
    ['fast', null],
  ])('bandwidth %j is %j bits a second', (text, value) => {
    expect(parseBandwidth(text)).toBe(value)
  })

  it.each([
    ['8', 8e6],
    ['0.5', 5e5],
    ['500ms', 5e5],
    ['1h30m', 5400e6],
    ['2m', 120e6],
    ['1w', 604_800e6],
    ['250us', 250],
    ['', null],
    ['1x', null],
    ['m', null],
  ])('duration %j is %j µs', (text, value) => {
    expect(parseDurationUs(text)).toBe(value)
  })

  it('are printed for people', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567')
    expect(formatBandwidth(20e6)).toBe('20.0 Mbit/s')
    expect(formatBytes(64_342_092)).toBe('61.4 MiB')
    expect([12, 3500, 45_000, 617_000, 1_230_000, 5_025e6, 200_000e6].map(formatDuration)).toEqual([
      '12 µs',
      '3.50 ms',
      '45.0 ms',
      '617 ms',
      '1.23 s',
      '1h 23m 45s',
      '2d 7h 33m 20s',
    ])
  })
})
