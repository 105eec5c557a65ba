import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COLOUR_KEYS, type ColourableRows, colourPoints } from '../../../src/commands/render/point-colouring.ts'
import { MOST_GROUPS } from '../../../src/render/map-data.ts'

const rowsOf = (
  rows: readonly { weight: number; country?: string; asn?: number; name?: string; key?: number }[],
): ColourableRows => ({
  weight: Float64Array.from(rows, ({ weight }) => weight),
  details: {
    country: rows.map(({ country }) => country ?? null),
    countryCode: rows.map(() => null),
    asn: Uint32Array.from(rows, ({ asn }) => asn ?? 0),
    asOrganization: rows.map(({ name }) => name ?? null),
  },
  key: Float64Array.from(rows, ({ key }) => key ?? Number.NaN),
})

describe('colours by group', () => {
  it('go from the largest, ties by name, and grey stands for what is not known', () => {
    const { colour, colouring } = colourPoints(
      rowsOf([
        { weight: 1, country: 'Austria' },
        { weight: 5, country: 'Chile' },
        { weight: 2 },
        { weight: 1, country: 'Zambia' },
        { weight: 3, country: 'Chile' },
      ]),
      'country',
    )
    expect(colouring).toEqual({
      kind: 'groups',
      title: 'Country',
      groups: [
        { label: 'Chile', count: 8 },
        { label: 'Austria', count: 1 },
        { label: 'Zambia', count: 1 },
        { label: 'unknown', count: 2, rest: true },
      ],
    })
    expect([...colour]).toEqual([1, 0, 3, 2, 0])
  })

  it('are at most eight, the last for all others', () => {
    const { colouring } = colourPoints(
      rowsOf(Array.from({ length: 20 }, (_, i) => ({ weight: 20 - i, key: 8000 + i }))),
      'port',
    )
    if (colouring.kind !== 'groups') throw new Error('groups were expected')
    expect(colouring.groups.length).toBe(MOST_GROUPS)
    expect(colouring.groups.at(-1)).toEqual({ label: 'others', count: 91, rest: true })
    expect(colouring.groups.at(0)).toEqual({ label: '8000', count: 20 })
  })

  it.each([
    [0, 'no port'],
    [443, '443 https'],
    [22, '22 ssh'],
    [4711, '4711'],
  ])('know port %i', (key, label) => {
    const { colouring } = colourPoints(rowsOf([{ weight: 1, key }]), 'port')
    expect(colouring).toMatchObject({ groups: [{ label }] })
  })

  it('name networks by number and holder', () => {
    const { colouring } = colourPoints(
      rowsOf([
        { weight: 3, asn: 64500, name: 'Example' },
        { weight: 2, asn: 64501 },
        { weight: 1, name: 'Nameless' },
      ]),
      'asn',
    )
    expect(colouring).toMatchObject({
      groups: [{ label: 'AS64500 Example' }, { label: 'AS64501' }, { label: 'Nameless' }],
    })
  })
})

describe('colours along a scale', () => {
  it('leave out stragglers, and rows without a value', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ weight: 1, key: 1000 + i * 1000 }))
    const { colour, without, colouring } = colourPoints(
      rowsOf([...rows, { weight: 1, key: 9e9 }, { weight: 4 }]),
      'rtt',
    )
    expect(colour[0]).toBe(0)
    expect(colour[199]).toBeGreaterThan(250)
    expect(colour[200]).toBe(255)
    expect(without[201]).toBe(1)
    expect([...without].filter((each) => each === 1).length).toBe(1)
    if (colouring.kind !== 'scale') throw new Error('a scale was expected')
    expect(colouring.ticks.length).toBeGreaterThan(2)
    for (const { at } of colouring.ticks) expect(at >= 0 && at <= 1).toBe(true)
  })

  it.each([
    [21_000, 41_000, ['21 ms', '42 ms']],
    [20, 70, ['0.02 ms', '0.07 ms']],
    [9_000, 45_000, ['10 ms', '20 ms']],
  ])('from %d to %d µs it has words', (lowUs, highUs, labels) => {
    const { colouring } = colourPoints(
      rowsOf([
        { weight: 1, key: lowUs },
        { weight: 1, key: highUs },
      ]),
      'rtt',
    )
    expect(colouring).toMatchObject({ kind: 'scale', ticks: labels.map((label) => ({ label })) })
  })

  it.each([
    [1e6, '10:00:00.0'],
    [3600e6 * 2, '10:00'],
    [86400e6, '11-20 10:00'],
    [86400e6 * 30, '2026-11-20'],
  ])('say times as exactly as %d µs ask for', (rangeUs, label) => {
    const startUs = Date.parse('2026-11-20T10:00:00Z') * 1000
    const { colouring } = colourPoints(
      rowsOf([
        { weight: 1, key: startUs },
        { weight: 1, key: startUs + rangeUs },
      ]),
      'first-seen',
    )
    expect(colouring).toMatchObject({ kind: 'scale', ticks: [{ at: 0, label }, { at: 0.5 }, { at: 1 }] })
  })
})

it('any rows have colours that the colouring explains', () => {
  const row = fc.record({
    weight: fc.integer({ min: 1, max: 1000 }),
    country: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J'),
    asn: fc.nat({ max: 20 }),
    key: fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max: 1e15, noNaN: true })),
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), fc.constantFrom(...COLOUR_KEYS), (rows, by) => {
      const source = rowsOf(rows)
      const { colour, colouring } = colourPoints(source, by)
      expect(colour.length).toBe(rows.length)
      if (colouring.kind === 'scale') return
      expect(colouring.groups.length).toBeLessThanOrEqual(MOST_GROUPS)
      const counts = colouring.groups.map(() => 0)
      for (const [i, number] of colour.entries()) counts[number]! += source.weight[i]!
      expect(counts).toEqual(colouring.groups.map(({ count }) => count))
    }),
  )
})
